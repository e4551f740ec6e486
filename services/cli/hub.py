"""The parts under a hub: its broker and database, found or started, and brought to the present."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, cast

import asyncpg
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from services.cli.errors import CommandFailed
from services.runtime import database, topics
from services.runtime.embedded import (
    EmbeddedKafka,
    EmbeddedPostgres,
    EmbeddedTansu,
    Keeper,
    start_broker,
)
from services.runtime.exceptions import BrokerUnreachable
from services.runtime.recovery import Recovery, purge_worker, recover
from services.runtime.service import Service
from services.runtime.settings import Settings

Say = Callable[[str], None]
OwnBroker = EmbeddedKafka | EmbeddedTansu
_GROUPS_LIMIT_S = 20.0
_TANSU_FETCH_MS = 20  # Tansu answers a fetch only when its wait is over


@dataclass(frozen=True)
class Parts:
    """Settings that lead to a broker and a database, and those of them that we started."""

    settings: Settings
    broker: OwnBroker | None
    postgres: EmbeddedPostgres | None

    def keeper(self, say: Say) -> Keeper:
        """Who starts again what of them we started and what ends."""
        return Keeper([s for s in (self.postgres, self.broker) if s is not None], say)


@dataclass(frozen=True)
class Prepared:
    """Which broker and database are in use, in words, and what bringing them up did."""

    broker: str
    database: str
    migrations: Sequence[str]
    topics: Sequence[str]
    recovery: Recovery


def needs_own(settings: Settings, broker: str) -> bool:
    """Whether the hub must start a broker or a database for itself."""
    return not settings.dsn() or _own_broker(settings, broker) is not None


@contextmanager
def parts(settings: Settings, broker: str, say: Say) -> Iterator[Parts]:
    """The broker and the database of ``settings``; what they do not name runs until the end.

    ``broker`` is auto (the settings decide, else Kafka, else Tansu), kafka or tansu (our own,
    whatever the settings say), or host:port.
    """
    var = settings.var.absolute()
    with ExitStack() as ours:
        update: dict[str, object] = {}
        postgres = None
        if not settings.dsn():
            say("Starting PostgreSQL")
            postgres = ours.enter_context(EmbeddedPostgres(var / "postgres"))
            update["database_url"] = SecretStr(postgres.dsn)
        own = _own_broker(settings, broker)
        started = None
        if own is not None:
            started = _start(own, var / "kafka", say, settings.kafka_port)
            ours.callback(started.stop)
            update["kafka_bootstrap_servers"] = started.bootstrap_servers
            if isinstance(started, EmbeddedTansu):
                update["fetch_wait_ms"] = _TANSU_FETCH_MS
        elif broker != "auto":
            update["kafka_bootstrap_servers"] = broker
        yield Parts(settings.model_copy(update=update), started, postgres)


def _own_broker(settings: Settings, broker: str) -> Literal["auto", "kafka", "tansu"] | None:
    if broker == "auto" and settings.kafka_bootstrap_servers:
        return None
    if broker in ("auto", "kafka", "tansu"):
        return cast(Literal["auto", "kafka", "tansu"], broker)
    return None


def _start(choice: Literal["auto", "kafka", "tansu"], data: Path, say: Say, port: int) -> OwnBroker:
    say("Starting Tansu" if choice == "tansu" else "Starting Apache Kafka")
    return start_broker(choice, data, say, port)


async def prepare(settings: Settings, under: Parts | None = None) -> Prepared:
    """Migrate, create topics, publish again what a new broker lacks. Safe to repeat."""
    servers = settings.kafka_bootstrap_servers or ""
    migrations = await database.migrate(settings.dsn())
    created = await topics.ensure(servers, settings.replication_factor, settings.topic_prefix)
    await _wait_for_groups(servers)
    cluster = await topics.cluster_id(servers)
    done = await recover(settings.dsn(), cluster, created, prefix=settings.topic_prefix)
    broker, store = await describe(settings, under)
    return Prepared(broker, store, migrations, created, done)


async def _wait_for_groups(servers: str) -> None:
    """Let a new Kafka make its topic of offsets now: consumers that start earlier complain."""
    end = time.monotonic() + _GROUPS_LIMIT_S
    admin = await topics.connect(servers)
    try:
        while True:
            try:
                await admin.find_coordinator("jisr")
            except KafkaError as error:
                if time.monotonic() > end:
                    raise BrokerUnreachable(f"{servers} has no coordinator ({error})") from error
                await asyncio.sleep(0.1)
            else:
                return
    finally:
        await admin.close()


async def require_prepared(settings: Settings) -> None:
    """Raise CommandFailed when `jisr migrate` has not yet run here."""
    await database.wait_until_up(settings.dsn())
    connection = await asyncpg.connect(settings.dsn(), timeout=10)
    try:
        tables = await connection.fetchval("SELECT to_regclass('public.jisr_migrations')")
    finally:
        await connection.close()
    admin = await topics.connect(settings.kafka_bootstrap_servers or "")
    try:
        present = set(await admin.list_topics())
    finally:
        await admin.close()
    missing = [t.name for t in topics.all_topics(settings.topic_prefix) if t.name not in present]
    if tables is None or missing:
        what = ", ".join(missing) if missing else "the hub's tables"
        raise CommandFailed(f"Nothing to serve on yet: {what} missing. Run `jisr migrate`.")


async def describe(settings: Settings, under: Parts | None = None) -> tuple[str, str]:
    """The broker and the database in use, in words, without a password."""
    servers = settings.kafka_bootstrap_servers or ""
    if under is not None and under.broker is not None:
        broker = f"{under.broker.name} {under.broker.version} (embedded) at {servers}"
    else:
        broker = f"Kafka cluster {await topics.cluster_id(servers)} at {servers}"
    connection = await asyncpg.connect(settings.dsn(), timeout=10)
    try:
        version = str(await connection.fetchval("SHOW server_version")).split()[0]
    finally:
        await connection.close()
    own = " (embedded)" if under is not None and under.postgres is not None else ""
    return broker, f"PostgreSQL {version}{own} at {database.describe(settings.dsn())}"


def compose(name: str, settings: Settings) -> Service:
    """The service ``name`` as the hub runs it: it also purges its own old rows.

    Loads no other service's code.
    """
    service = importlib.import_module(f"services.{name}.app").create_app(settings)
    assert isinstance(service, Service)
    service.workers = (*service.workers, partial(purge_worker, service.database, settings))
    return service


def tell_what_is_used(
    services: Sequence[Service],
    broker: str,
    store: str,
    under: Parts | None = None,
    keeper: Keeper | None = None,
) -> None:
    """Let /readyz of each service say which broker and database it works with, and what ails
    those ``under`` it that ``keeper`` looks after.
    """
    keeper = keeper or Keeper([], print)
    own_broker, own_store = (under.broker, under.postgres) if under is not None else (None, None)
    for service in services:
        service.checks["broker"] = partial(keeper.told, broker, own_broker)
        service.checks["database_server"] = partial(keeper.told, store, own_store)

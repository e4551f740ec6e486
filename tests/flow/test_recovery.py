"""A broker that lost everything gets it again from Postgres, and nobody works twice."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from schemas.directory import City, DirectoryEntry
from schemas.response import Response
from schemas.topics import DIRECTORY, RESPONSES
from services.runtime import outbox, topics
from services.runtime.consumer import Batch, Subscription
from services.runtime.embedded import BrokerUnavailable, EmbeddedKafka, EmbeddedTansu
from services.runtime.records import Received
from services.runtime.recovery import group_of, recover
from services.runtime.service import Service, create_service
from services.runtime.settings import Settings
from services.runtime.table import Table

pytestmark = pytest.mark.slow

Broker = EmbeddedKafka | EmbeddedTansu


@pytest.fixture(
    params=[
        pytest.param(EmbeddedKafka, marks=pytest.mark.kafka),
        pytest.param(EmbeddedTansu, marks=pytest.mark.tansu),
    ]
)
def losable(request: pytest.FixtureRequest, scratch: Path) -> Iterator[tuple[Broker, Path]]:
    """A broker of the test's own, and the folder that it loses."""
    folder = scratch / f"losable-{request.param.__name__}"
    broker: Broker = request.param(folder)
    try:
        broker.start()
    except BrokerUnavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))
    try:
        yield broker, folder
    finally:
        broker.kill()


@dataclass
class Heard:
    """What the matcher of these tests processed, and what its table holds."""

    answers: list[str] = field(default_factory=list)
    cities: dict[str, int] = field(default_factory=dict)
    read: int = 0

    async def handle(self, batch: Batch) -> None:
        async with batch.transaction() as (_, fresh):
            self.answers += [received.data.response_id for received in fresh]

    async def apply(self, events: Sequence[Received]) -> None:
        for received in events:
            city = received.data.root
            self.cities[city.id] = city.version
            self.read += 1


def settings_for(broker: Broker, database_url: str) -> Settings:
    return Settings(
        _env_file=None,
        kafka_bootstrap_servers=broker.bootstrap_servers,
        database_url=SecretStr(database_url),
        fetch_wait_ms=20,
        heartbeat_ms=300,
        session_timeout_ms=6_000,
        outbox_poll_s=0.2,
    )


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[Service]:
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


def writer(settings: Settings) -> Service:
    return create_service("intake", settings, FastAPI())


def reader(settings: Settings, heard: Heard) -> Service:
    servers = settings.kafka_bootstrap_servers or ""
    return create_service(
        "matcher",
        settings,
        FastAPI(),
        subscriptions=[Subscription(RESPONSES, group_of("matcher"), heard.handle)],
        tables=[Table(DIRECTORY, heard.apply, settings, "matcher", servers)],
    )


def answer(number: int) -> outbox.Outgoing:
    data = Response(
        response_id=f"r{number}",
        match_id="m",
        need_id="n",
        by={"type": "member", "id": "a"},
        answer="accept",
        via="api",
        answered_at=datetime.now(UTC),
    )
    return outbox.Outgoing(RESPONSES, f"need-{number % 3}", "jisr.response.given", data)


def city(identifier: str, version: int) -> outbox.Outgoing:
    data = DirectoryEntry(
        City(id=identifier, names={"fr": identifier}, university="U", country="MA", version=version)
    )
    return outbox.Outgoing(DIRECTORY, f"city:{identifier}", "jisr.directory.changed", data)


async def publish(service: Service, messages: Sequence[outbox.Outgoing]) -> None:
    """Store ``messages`` and wait until the relay has published them all."""
    async with service.database.transaction() as connection:
        await outbox.put(connection, "/jisr/intake", messages)
    await published(service)


async def published(service: Service) -> None:
    async def waiting() -> bool:
        return bool(
            await service.database.pool.fetchval(
                "SELECT count(*) FROM outbox WHERE published_at IS NULL"
            )
        )

    end = time.monotonic() + 30
    while await waiting():
        assert time.monotonic() < end, "the relay does not publish"
        await asyncio.sleep(0.05)


async def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 40
    while not true():
        assert time.monotonic() < end, "it did not come true in 40 s"
        await asyncio.sleep(0.05)


async def meet(broker: Broker, database_url: str) -> int:
    """What every start of the hub does with its broker; the events it publishes again."""
    servers = broker.bootstrap_servers
    created = await topics.ensure(servers)
    return (await recover(database_url, await topics.cluster_id(servers), created)).total


async def test_a_lost_broker_gets_every_state_again_and_only_the_events_nobody_processed(
    losable: tuple[Broker, Path], database_url: str
) -> None:
    broker, folder = losable
    assert await meet(broker, database_url) == 0
    settings = settings_for(broker, database_url)
    before, after = Heard(), Heard()
    async with running(writer(settings)) as intake:
        await publish(intake, [city("fes", 1), city("rabat", 1), city("settat", 1)])
        await publish(intake, [city("fes", 2)])
        async with running(reader(settings, before)):
            await publish(intake, [answer(n) for n in range(4)])
            await until(lambda: len(before.answers) == 4)
        await publish(intake, [answer(4), answer(5)])  # the broker has them, nobody else
    assert await meet(broker, database_url) == 0, "a broker that kept its data lacks nothing"

    await asyncio.to_thread(broker.kill)
    await asyncio.to_thread(shutil.rmtree, folder)
    await asyncio.to_thread(broker.start)

    assert await meet(broker, database_url) == 3 + 2
    async with running(writer(settings)) as intake, running(reader(settings, after)):
        await published(intake)
        await until(lambda: len(after.answers) == 2 and after.read == 3)
        await publish(intake, [answer(6)])
        await until(lambda: "r6" in after.answers)

    assert sorted(after.answers) == ["r4", "r5", "r6"]
    assert after.cities == {"fes": 2, "rabat": 1, "settat": 1}
    assert after.read == 3, "only the newest state of each key is published again"

"""The database and the broker are killed and come back while demands flow (I8).

They are servers of this module's own, so that nobody else is disturbed.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.runtime import topics
from services.runtime.database import migrate
from services.runtime.embedded import EmbeddedKafka, EmbeddedPostgres
from services.runtime.settings import Settings
from tests.flow.matcher_facts import demand, member
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.kafka.test_kafka_rebalance import each_was_decided_once, proposed
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

LIMIT = 60.0
IDS = [f"d-{n}" for n in range(45)]


@pytest.fixture(scope="module")
def own_kafka(scratch: Path) -> Iterator[EmbeddedKafka]:
    """An Apache Kafka that may be killed."""
    with EmbeddedKafka(scratch / "own-kafka") as server:
        yield server


@pytest.fixture(scope="module")
def own_postgres(scratch: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that may be killed, and keeps what it committed."""
    with EmbeddedPostgres(scratch / "own-postgres") as server:
        yield server


@pytest.fixture
async def hub(
    own_kafka: EmbeddedKafka, own_postgres: EmbeddedPostgres
) -> AsyncIterator[MatcherHub]:
    """A hub with two matchers on servers that may be killed."""
    prefix = f"t{secrets.token_hex(4)}."
    await migrate(own_postgres.dsn)
    await topics.ensure(own_kafka.bootstrap_servers, prefix=prefix)
    settings = Settings(
        _env_file=None,
        kafka_bootstrap_servers=own_kafka.bootstrap_servers,
        topic_prefix=prefix,
        database_url=SecretStr(own_postgres.dsn),
        matcher_port=0,
        embedder="lexical",
        fetch_wait_ms=500,
        heartbeat_ms=300,
        session_timeout_ms=6_000,
        outbox_poll_s=0.5,
    )
    async with hub_of(settings, 2) as running:
        await running.database.execute("TRUNCATE needs, supplies, matches, outbox, inbox CASCADE")
        yield running


async def first_third(hub: MatcherHub) -> None:
    """Members and some demands, decided."""
    await hub.tell(*[member(f"m-{n}") for n in range(3)], *[demand(i) for i in IDS[:15]])
    await eventually(lambda: proposed(hub, *IDS[:15]), LIMIT)


async def test_a_database_that_is_killed_and_comes_back_loses_no_demand(
    hub: MatcherHub, own_postgres: EmbeddedPostgres
) -> None:
    await first_third(hub)
    await hub.tell(*[demand(i) for i in IDS[15:30]])
    own_postgres.kill()
    await hub.tell(*[demand(i) for i in IDS[30:]])
    own_postgres.start()
    await hub.connect()
    await eventually(lambda: proposed(hub, *IDS), LIMIT)
    await each_was_decided_once(hub, IDS)


async def test_a_broker_that_is_killed_and_comes_back_loses_no_demand(
    hub: MatcherHub, own_kafka: EmbeddedKafka
) -> None:
    await first_third(hub)
    await hub.tell(*[demand(i) for i in IDS[15:30]])
    own_kafka.kill()
    own_kafka.start()
    await hub.tell(*[demand(i) for i in IDS[30:]])
    await eventually(lambda: proposed(hub, *IDS), LIMIT)
    await each_was_decided_once(hub, IDS)

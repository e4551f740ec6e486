"""I4: events of one key are published in the order in which their facts committed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from schemas.response import Response
from schemas.topics import RESPONSES
from services.runtime import outbox
from services.runtime.database import Connection, Database
from services.runtime.embedded import EmbeddedKafka, EmbeddedTansu
from services.runtime.outbox import Outgoing
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

KEYS = [f"d-{number}" for number in range(4)]
WRITERS, FACTS = 6, 25


@dataclass
class Writers:
    """Transactions that write facts of the same few keys at once, and relays that publish them."""

    settings: Settings
    database: Database
    hub: MatcherHub
    relays: list[asyncio.Task[None]] = field(default_factory=list)
    written: int = 0

    def start_relay(self) -> None:
        """One more relay."""
        relay = Relay(
            self.database,
            self.settings.kafka_bootstrap_servers or "",
            poll=self.settings.outbox_poll_s,
            topic_prefix=self.settings.topic_prefix,
        )
        self.relays.append(asyncio.create_task(relay.run()))

    async def kill_relay(self) -> None:
        """Cancel the relay that was started first, whatever it is doing."""
        task = self.relays.pop(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def write(self, seed: int) -> None:
        """Commit facts one after another, of keys in an order of this writer's own."""
        dice = random.Random(seed)
        for _ in range(FACTS):
            async with self.database.transaction() as connection:
                for key in sorted(dice.sample(KEYS, k=dice.randint(1, 2))):
                    await self._fact(connection, key)
                if dice.random() < 0.2:  # a slow transaction holds its ids while others commit
                    await connection.execute("SELECT pg_sleep(0.01)")
                self.written += 1

    async def _fact(self, connection: Connection, key: str) -> None:
        number = await connection.fetchval(
            "UPDATE facts SET number = number + 1 WHERE key = $1 RETURNING number", key
        )
        fact = Response.model_validate(
            {
                "response_id": f"r-{number}",
                "match_id": "x",
                "need_id": key,
                "by": {"type": "member", "id": "m-1"},
                "answer": "accept",
                "via": "api",
                "answered_at": "2026-11-23T12:00:00Z",
            }
        )
        await outbox.put(
            connection, "/jisr/test", [Outgoing(RESPONSES, key, "jisr.response.given", fact)]
        )

    async def write_all(self) -> None:
        """All writers at once, to their end."""
        await asyncio.gather(*(self.write(seed) for seed in range(WRITERS)))

    async def check(self) -> None:
        """Every fact was published, and the first time each was, in the order of its key."""
        for relay in self.relays:
            assert not relay.done(), relay.exception()
        await self.hub.relayed()
        facts = await self.database.pool.fetch("SELECT key, number FROM facts")
        published: dict[str, list[int]] = defaultdict(list)
        for record in await self.hub.records(RESPONSES.name):
            fact = Response.model_validate_json(record.value)
            number = int(fact.response_id.removeprefix("r-"))
            if number not in published[fact.need_id]:
                published[fact.need_id].append(number)
        assert published == {row["key"]: list(range(1, row["number"] + 1)) for row in facts}


@pytest.fixture
async def writers(settings: Settings) -> AsyncIterator[Writers]:
    """Writers with nobody yet to publish what they write."""
    database = Database(settings.dsn(), "matcher")
    await database.start()
    await database.pool.execute("CREATE TABLE facts (key text PRIMARY KEY, number int NOT NULL)")
    await database.pool.executemany("INSERT INTO facts VALUES ($1, 0)", [(key,) for key in KEYS])
    async with hub_of(settings, matchers=0) as hub:
        made = Writers(settings, database, hub)
        try:
            yield made
        finally:
            while made.relays:
                await made.kill_relay()
            await database.stop()


async def test_concurrent_writers_of_the_same_keys_come_out_in_commit_order(
    writers: Writers,
) -> None:
    writers.start_relay()
    await writers.write_all()
    await writers.check()


async def test_of_several_relays_one_publishes(writers: Writers) -> None:
    for _ in range(3):
        writers.start_relay()
    await writers.write_all()
    await writers.check()


async def disturb(writers: Writers, trouble: Callable[[], Awaitable[None]]) -> None:
    """Write, and let ``trouble`` happen after each fifth of what is written."""
    work = asyncio.create_task(writers.write_all())
    for fifth in range(1, 5):
        goal = WRITERS * FACTS * fifth // 5
        await eventually(lambda goal=goal: writers.written >= goal)  # type: ignore[misc]
        await trouble()
    await work


async def test_a_relay_that_is_killed_in_the_middle_leaves_no_gap(writers: Writers) -> None:
    async def kill() -> None:
        writers.start_relay()
        await writers.kill_relay()

    writers.start_relay()
    await disturb(writers, kill)
    await writers.check()


async def test_a_relay_that_loses_its_connection_goes_on_where_it_was(writers: Writers) -> None:
    async def cut() -> None:
        await writers.hub.database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )

    writers.start_relay()
    await disturb(writers, cut)
    await writers.check()


async def test_a_broker_that_does_not_answer_for_a_while_delays_and_does_not_reorder(
    writers: Writers, broker: EmbeddedKafka | EmbeddedTansu
) -> None:
    writers.start_relay()
    await writers.write(seed=99)
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        await writers.write_all()
        waiting = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        assert await writers.database.pool.fetchval(waiting) > 0
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    await writers.check()

"""Offsets are committed after the database, and nothing is committed of what failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI
from faststream.kafka.subscriber.usecase import LogicSubscriber

from schemas.envelope import CloudEvent
from schemas.topics import RESPONSES
from services.runtime import topics
from services.runtime.consumer import Batch, Subscription
from services.runtime.service import Service, create_service
from services.runtime.settings import Settings
from tests.unit.runtime.records import TYPE, response
from tests.waiting import eventually

pytestmark = pytest.mark.kafka


class Bench:
    """A service with one subscription, and hands on its topic and group."""

    def __init__(self, service: Service, producer: AIOKafkaProducer, settings: Settings) -> None:
        self.service = service
        self._producer = producer
        self._settings = settings

    async def send(self, *numbers: int) -> None:
        """Publish these responses into partition 0."""
        for number in numbers:
            data = response(number).model_dump_json().encode()
            event = CloudEvent(f"e-{number}", "/jisr/test", TYPE, data)
            await self._producer.send_and_wait(
                self._settings.topic_prefix + RESPONSES.name,
                data,
                partition=0,
                headers=event.headers(),
            )

    async def committed(self) -> int:
        """The group's committed offset of partition 0; 0 when there is none."""
        (subscriber,) = self.service.broker().subscribers
        assert isinstance(subscriber, LogicSubscriber)
        admin = await topics.connect(self._settings.kafka_bootstrap_servers or "")
        try:
            offsets = await admin.list_consumer_group_offsets(str(subscriber.group_id))
        finally:
            await admin.close()
        return max((o.offset for tp, o in offsets.items() if tp.partition == 0), default=0)

    async def committed_is(self, offset: int) -> bool:
        """Whether this is the committed offset."""
        return await self.committed() == offset

    async def stored(self) -> list[str]:
        """What the handler stored, in order."""
        rows = await self.service.database.pool.fetch("SELECT id FROM done ORDER BY number")
        return [row["id"] for row in rows]


@asynccontextmanager
async def running(settings: Settings, handle: Callable[[Batch], Any]) -> AsyncIterator[Bench]:
    """A service whose one subscription calls ``handle``."""
    subscription = Subscription(RESPONSES, "jisr-matcher", handle)
    service = create_service("matcher", settings, FastAPI(), subscriptions=[subscription])
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    owner = await asyncpg.connect(settings.dsn(), server_settings={"search_path": "matcher"})
    await owner.execute("CREATE TABLE done (number int GENERATED ALWAYS AS IDENTITY, id text)")
    await owner.execute("GRANT ALL ON done TO jisr_matcher")
    await owner.close()
    await service.start()
    try:
        yield Bench(service, producer, settings)
    finally:
        await service.stop()
        await producer.stop()


async def store(batch: Batch, before_commit: Callable[[], Any] | None = None) -> None:
    """Store what is fresh, then ``before_commit``."""
    async with batch.transaction() as (connection, fresh):
        for event in fresh:
            await connection.execute("INSERT INTO done (id) VALUES ($1)", event.data.response_id)
        if before_commit is not None:
            await before_commit()


async def test_what_failed_for_a_while_comes_again_and_nothing_was_committed(
    settings: Settings,
) -> None:
    seen: list[list[int]] = []
    committed: list[int] = []
    bench: Bench

    async def handle(batch: Batch) -> None:
        seen.append([event.offset for event in batch.events])
        committed.append(await bench.committed())
        if len(seen) <= 3:
            raise ConnectionResetError("the database is away")
        await store(batch)

    async with running(settings, handle) as bench:
        await bench.send(1, 2, 3)
        await eventually(lambda: bench.committed_is(3))
        assert seen[0][0] == seen[1][0] == seen[2][0] == seen[3][0] == 0
        assert committed[:4] == [0, 0, 0, 0]
        assert await bench.stored() == ["r-1", "r-2", "r-3"]


async def test_the_offset_is_committed_after_the_transaction(settings: Settings) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        inside.set()
        await go_on.wait()

    async with running(settings, lambda batch: store(batch, hold)) as bench:
        await bench.send(1)
        await asyncio.wait_for(inside.wait(), 20)
        assert await bench.committed() == 0
        assert await bench.stored() == []
        go_on.set()
        await eventually(lambda: bench.committed_is(1))
        assert await bench.stored() == ["r-1"]


async def test_what_was_stored_and_not_acknowledged_is_not_stored_twice(
    settings: Settings,
) -> None:
    """The process goes away between the database's commit and the offset's."""

    async def handle(batch: Batch) -> None:
        await store(batch)
        if not failed:
            failed.append(True)
            raise ConnectionResetError("gone after the commit")

    failed: list[bool] = []
    async with running(settings, handle) as bench:
        await bench.send(1, 2)
        await eventually(lambda: bench.committed_is(2))
        assert await bench.stored() == ["r-1", "r-2"]


async def test_a_service_that_stops_finishes_what_it_has_begun(settings: Settings) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        inside.set()
        await go_on.wait()

    async with running(settings, lambda batch: store(batch, hold)) as bench:
        await bench.send(1)
        await asyncio.wait_for(inside.wait(), 20)
        stopping = asyncio.create_task(bench.service.stop())
        go_on.set()
        await stopping
        connection = await asyncpg.connect(settings.dsn())
        assert await connection.fetchval("SELECT count(*) FROM matcher.done") == 1
        await connection.close()

"""A compacted topic read whole by every replica: no group, from its start, kept up to date."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import Topic
from services.runtime import outbox
from services.runtime.database import Database
from services.runtime.exceptions import is_transient
from services.runtime.fetched import read_any_name
from services.runtime.records import Received, Unreadable, dead_letter, read
from services.runtime.settings import Settings

logger = logging.getLogger(__name__)

_FIRST_TO_SEE = """
INSERT INTO inbox (subscriber, source, event_id) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING true
"""

Record: TypeAlias = "ConsumerRecord[Any, Any]"
Apply = Callable[[Sequence[Received]], Awaitable[None]]


class Table:
    """Feeds ``apply`` every event of ``topic``; `caught_up` is set once the start is behind.

    An unreadable record blocks nobody: it becomes a dead letter, once for each service however
    many replicas read it, and the rest goes on (I7). The service gives the table its
    ``database`` when it takes it in.
    """

    database: Database | None = None

    def __init__(
        self, topic: Topic, apply: Apply, settings: Settings, service: str, bootstrap_servers: str
    ) -> None:
        read_any_name()
        self.topic = topic
        self.caught_up = asyncio.Event()
        self._apply = apply
        self._settings = settings
        self._service = service
        self._servers = bootstrap_servers

    async def run(self) -> None:
        """Read until cancelled; begins again from the start when the broker is lost."""
        while True:
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                logger.warning("%s reads %s again: %s", self._service, self.topic.name, error)
                await asyncio.sleep(1)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            client_id=f"jisr-{self._service}-table",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=self._settings.fetch_wait_ms,
        )
        await consumer.start()
        try:
            name = self._settings.topic_prefix + self.topic.name
            partitions = [TopicPartition(name, p) for p in range(self.topic.partitions)]
            # Asked before there is anything to fetch: on one connection the answer would come
            # after that of the fetch, which waits for records (fetch_wait_ms).
            ends = await consumer.end_offsets(partitions)
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            await self._mark(consumer, ends)
            while True:
                found = await consumer.getmany(timeout_ms=60_000, max_records=self._settings.batch)
                await self._feed([record for records in found.values() for record in records])
                if not self.caught_up.is_set():
                    await self._mark(consumer, ends)
        finally:
            await consumer.stop()

    async def _feed(self, records: Sequence[Record]) -> None:
        readable: list[tuple[Record, Received]] = []
        for record in records:
            one = read(record, self.topic, raw=False)
            if isinstance(one, Unreadable):
                await self._bury(one)
            else:
                readable.append((record, one))
        try:
            await self._apply([event for _, event in readable])
        except Exception as error:
            if is_transient(error):
                raise
            await self._one_by_one(readable)

    async def _one_by_one(self, readable: Sequence[tuple[Record, Received]]) -> None:
        for record, event in readable:
            try:
                await self._apply([event])
            except Exception as error:
                if is_transient(error):
                    raise
                await self._bury(Unreadable(record, f"{type(error).__name__}: {error}"))

    async def _bury(self, unreadable: Unreadable) -> None:
        record = unreadable.record
        logger.error("%s@%s: %s", self.topic.name, record.offset, unreadable.reason)
        if self.database is None:
            return
        reader = f"jisr-{self._service} table"
        place = f"{record.partition}:{record.offset}:{record.timestamp}"
        async with self.database.transaction() as connection:
            if await connection.fetchval(_FIRST_TO_SEE, reader, self.topic.name, place):
                letter = dead_letter(self.topic, unreadable, reader)
                await outbox.put_raw(connection, f"/jisr/{self._service}", [letter])

    async def _mark(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> None:
        for partition, end in ends.items():
            if end and await consumer.position(partition) < end:
                return
        self.caught_up.set()

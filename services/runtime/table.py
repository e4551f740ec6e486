"""A compacted topic read whole by every replica: no group, from its start, kept up to date."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import Topic
from services.runtime.consumer import Received, Unreadable, read
from services.runtime.settings import Settings

logger = logging.getLogger(__name__)

Apply = Callable[[Sequence[Received]], Awaitable[None]]


class Table:
    """Feeds ``apply`` every event of ``topic``; `caught_up` is set once the start is behind.

    An unreadable record is logged and passed over: it blocks nobody, and the grouped consumers
    of the same topic make it a dead letter where there are any.
    """

    def __init__(
        self, topic: Topic, apply: Apply, settings: Settings, service: str, bootstrap_servers: str
    ) -> None:
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
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            await self._mark(consumer, ends)
            while True:
                found = await consumer.getmany(timeout_ms=60_000, max_records=self._settings.batch)
                await self._feed([record for records in found.values() for record in records])
                if not self.caught_up.is_set():
                    await self._mark(consumer, ends)
        finally:
            await consumer.stop()

    async def _feed(self, records: Sequence[Any]) -> None:
        events: list[Received] = []
        for record in records:
            one = read(record, self.topic, raw=False)
            if isinstance(one, Unreadable):
                logger.error("%s@%s: %s", self.topic.name, record.offset, one.reason)
            else:
                events.append(one)
        if events:
            await self._apply(events)

    async def _mark(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> None:
        for partition, end in ends.items():
            if end and await consumer.position(partition) < end:
                return
        self.caught_up.set()

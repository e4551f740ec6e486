"""Which needs are this replica's: those of the partitions that Kafka gives it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from aiokafka import TopicPartition
from aiokafka.abc import ConsumerRebalanceListener

from schemas.topics import Topic
from services.matcher.handlers import Handlers


class Ownership(ConsumerRebalanceListener):  # type: ignore[misc]
    """Takes over the open needs of the partitions that come, leaves those that go.

    aiokafka only logs what a listener raises, so what comes is noted here and taken over by a
    worker, which is started again until the database has answered.
    """

    def __init__(self, handlers: Handlers, topic: Topic) -> None:
        self._handlers = handlers
        self._topic = topic.name
        self._coming: set[int] = set()
        self._came = asyncio.Event()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Called by aiokafka before a rebalance."""
        maker = self._handlers.maker
        async with maker.lock:
            for partition in revoked:
                self._coming.discard(partition.partition)
                maker.disown((self._topic, partition.partition))

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Called by aiokafka after a rebalance: what is open there is to be judged again."""
        self._coming |= {partition.partition for partition in assigned}
        self._came.set()

    async def take_over(self) -> None:
        """Keep the open needs of what came in mind; a worker of the service."""
        while True:
            while self._coming:
                await self._take_over(frozenset(self._coming))
            self._came.clear()
            await self._came.wait()

    async def _take_over(self, partitions: frozenset[int]) -> None:
        maker = self._handlers.maker
        embedder = maker.embedder
        found = await self._handlers.needs_of(self._topic, sorted(partitions))
        async with maker.lock:
            needs = await self._handlers.current([need for need, _ in found], embedder)
            for need, (_, place) in zip(needs, found, strict=True):
                if place[1] in self._coming:  # and was not taken away meanwhile
                    maker.own(need, place)
            self._coming -= partitions
        maker.supplies_changed()

"""Which needs are this replica's: those of the partitions that Kafka gives it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

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
        self._coming: dict[int, int] = {}  # partitions, each with the number of its coming
        self._comings = 0
        self._came = asyncio.Event()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Called by aiokafka before a rebalance."""
        maker = self._handlers.maker
        async with maker.lock:
            for partition in revoked:
                self._coming.pop(partition.partition, None)
                maker.disown((self._topic, partition.partition))

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Called by aiokafka after a rebalance: what is open there is to be judged again."""
        self._comings += 1
        self._coming |= dict.fromkeys((one.partition for one in assigned), self._comings)
        self._came.set()

    async def take_over(self) -> None:
        """Keep the open needs of what came in mind; a worker of the service."""
        while True:
            while self._coming:
                await self._take_over(dict(self._coming))
            self._came.clear()
            await self._came.wait()

    async def _take_over(self, coming: Mapping[int, int]) -> None:
        """What went while it was read is left; what went and came back is to be read again, for
        somebody else had it meanwhile.
        """
        maker = self._handlers.maker
        embedder = maker.embedder
        found = await self._handlers.needs_of(self._topic, sorted(coming))
        async with maker.lock:
            needs = await self._handlers.current([need for need, _ in found], embedder)
            stayed = {p for p, number in coming.items() if self._coming.get(p) == number}
            for need, (_, place) in zip(needs, found, strict=True):
                if place[1] in stayed:
                    maker.own(need, place)
            for partition in stayed:
                del self._coming[partition]
        maker.supplies_changed()

"""Which needs are this replica's: those of the partitions that Kafka gives it."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import TopicPartition
from aiokafka.abc import ConsumerRebalanceListener

from schemas.topics import Topic
from services.matcher.handlers import Handlers


class Ownership(ConsumerRebalanceListener):  # type: ignore[misc]
    """Takes over the open needs of the partitions that come, leaves those that go."""

    def __init__(self, handlers: Handlers, topic: Topic) -> None:
        self._handlers = handlers
        self._topic = topic.name

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Called by aiokafka before a rebalance."""
        async with self._handlers.maker.lock:
            for partition in revoked:
                self._handlers.maker.disown((self._topic, partition.partition))

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Called by aiokafka after a rebalance, before the first record: judge what is open."""
        partitions = [partition.partition for partition in assigned]
        owned = await self._handlers.needs_of(self._topic, partitions)
        async with self._handlers.maker.lock:
            for need, place in owned:
                self._handlers.maker.own(need, place)
        self._handlers.maker.supplies_changed()

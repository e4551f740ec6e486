"""What had come for a group of consumers before a moment, and whether it has read all of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import Topic
from services.runtime.settings import Settings
from services.runtime.streams import group_id

logger = logging.getLogger(__name__)
_LOOK_S = 0.25


async def read_up(topic: Topic, group: str, settings: Settings, patience_s: float) -> bool:
    """Wait until ``group`` has read, and committed, what ``topic`` holds now.

    False after ``patience_s`` seconds: whoever waits goes on then, for its own work must not hang
    on a broker that is away or on a record that nobody can take.
    """
    try:
        async with asyncio.timeout(patience_s):
            await _read_up(topic, group, settings)
    except TimeoutError:
        logger.warning("%s: %s is not read up after %g s", group, topic.name, patience_s)
        return False
    return True


async def _read_up(topic: Topic, group: str, settings: Settings) -> None:
    ends: Mapping[TopicPartition, int] | None = None
    is_read = False
    while not is_read:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap_servers or "",
            client_id=f"{group}-backlog",
            group_id=group_id(settings, group, topic),
            enable_auto_commit=False,
        )
        try:
            await consumer.start()
            name = settings.topic_prefix + topic.name
            partitions = [TopicPartition(name, number) for number in range(topic.partitions)]
            consumer.assign(partitions)  # no member of the group: it asks, and reads nothing
            ends = ends or await consumer.end_offsets(partitions)
            is_read = await _is_read(consumer, ends)
        except (KafkaError, OSError) as error:
            logger.info("%s cannot be asked how far it has read: %s", group, error)
        finally:
            await consumer.stop()
        if not is_read:
            await asyncio.sleep(_LOOK_S)


async def _is_read(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    begins = await consumer.beginning_offsets(list(ends))
    for partition, end in ends.items():
        if begins[partition] < end and (await consumer.committed(partition) or 0) < end:
            return False
    return True

"""FastStream's side of a subscription, with every lesson of the design's section 9 applied."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from schemas.topics import Topic
from services.runtime.consumer import Consumer
from services.runtime.fetched import read_any_name
from services.runtime.settings import Settings

Parser = Callable[[Sequence[ConsumerRecord[Any, Any]]], Awaitable[KafkaMessage]]
_WAIT_MS = 60_000


class PatientConsumer(AIOKafkaConsumer):
    """Waits for records as long as it takes.

    FastStream sleeps as long as it polled after each empty poll, which either costs latency or
    burns the processor; a poll that ends only with records does neither.
    """

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[ConsumerRecord[Any, Any]]]:
        """See `AIOKafkaConsumer.getmany`; ``timeout_ms`` is not a limit here."""
        while True:
            found: dict[TopicPartition, list[ConsumerRecord[Any, Any]]]
            found = await super().getmany(
                *partitions, timeout_ms=max(timeout_ms, _WAIT_MS), max_records=max_records
            )
            if found:
                return found


class HubBroker(KafkaBroker):
    """A FastStream broker that only consumes (the relay publishes), by patient consumers."""

    async def _connect(self) -> Callable[..., AIOKafkaConsumer]:
        await super()._connect()
        config = self.config.broker_config
        connection = config.builder
        if isinstance(connection, partial):
            config.builder = partial(PatientConsumer, **connection.keywords)
        return config.builder

    async def start(self) -> None:
        """Connect, and start all consumers side by side: each waits for its group to be formed,
        which brokers put off by three seconds in case more members come
        (group.initial.rebalance.delay.ms). Raises the first error, when all have started or failed.
        """
        await self.connect()
        starting = (one.start() for one in self.subscribers)
        for outcome in await asyncio.gather(*starting, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        self.running = True


def create_broker(service: str, bootstrap_servers: str) -> HubBroker:
    """A broker that connects to nothing before it is started."""
    read_any_name()
    return HubBroker(
        bootstrap_servers.split(","),
        client_id=f"jisr-{service}",
        consumer_only=True,
        allow_auto_create_topics=False,
        graceful_timeout=15.0,
        logger=None,
        metadata_max_age_ms=60_000,
    )


async def _without_headers(
    records: tuple[ConsumerRecord[Any, Any], ...], original: Parser
) -> KafkaMessage:
    """Parse without touching header values: FastStream decodes them, and a byte that is not
    UTF-8 would stop the partition (I7). The records themselves stay as they came.
    """
    bare = tuple(_bare(record) for record in records)
    message = await original(bare)
    message.raw_message = records
    return message


def _bare(record: ConsumerRecord[Any, Any]) -> ConsumerRecord[Any, Any]:
    return ConsumerRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        timestamp_type=record.timestamp_type,
        key=record.key,
        value=b"",
        checksum=record.checksum,
        serialized_key_size=record.serialized_key_size,
        serialized_value_size=0,
        headers=(),
    )


async def _no_body(message: KafkaMessage) -> None:
    """Bytes are read in the handler; there is nothing to decode here."""


def group_id(settings: Settings, group: str, topic: Topic) -> str:
    """The id by which the broker knows the consumers of ``topic`` in ``group``."""
    return f"{settings.topic_prefix}{group}.{topic.name}"


def subscribe(broker: KafkaBroker, consumer: Consumer, settings: Settings) -> None:
    """Register ``consumer`` with ``broker``: batches, at least once, from the earliest offset."""
    subscription = consumer.subscription
    subscriber = broker.subscriber(
        settings.topic_prefix + subscription.topic.name,
        group_id=group_id(settings, subscription.group, subscription.topic),
        batch=True,
        max_records=subscription.max_records,
        batch_timeout_ms=1_000,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=settings.fetch_wait_ms,
        session_timeout_ms=settings.session_timeout_ms,
        heartbeat_interval_ms=settings.heartbeat_ms,
        listener=subscription.listener,
        parser=_without_headers,
        decoder=_no_body,
        title=f"{subscription.group}: {subscription.topic.name}",
        description=subscription.topic.purpose,
    )

    async def take(message: KafkaMessage) -> None:
        records = message.raw_message
        await consumer.take(records if isinstance(records, tuple) else (records,))

    subscriber(take)

"""Reads the dead letters of a topic, and puts one back where it came from."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from services.runtime.exceptions import BrokerUnreachable
from services.runtime.relay import partition_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from aiokafka import ConsumerRecord

_NOTE = "dlq_"
_FETCH_WAIT_MS = 20  # Tansu answers a fetch only when its wait is over


@dataclass(frozen=True)
class DeadLetter:
    """One refused record: where it lies, where it came from, why, and the record as it was."""

    topic: str
    partition: int
    offset: int
    stored_at: datetime
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    notes: dict[str, str]

    @property
    def origin(self) -> str:
        """The topic that the record was refused on, with the hub's prefix."""
        return self.topic.removesuffix(".dlq")

    @property
    def reason(self) -> str:
        """Why it was refused."""
        return self.notes.get("reason", "")

    @property
    def event(self) -> str:
        """The CloudEvent's type and id, "" when it has none."""
        found = {name: value.decode("utf-8", "replace") for name, value in self.headers}
        return f"{found.get('ce_type', '')} {found.get('ce_id', '')}".strip()


def from_record(record: ConsumerRecord[Any, Any]) -> DeadLetter:
    """Split what the consumer noted from what the record was."""
    headers = [(name, value or b"") for name, value in record.headers]
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        stored_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        key=record.key,
        value=record.value,
        headers=[(n, v) for n, v in headers if not n.startswith(_NOTE)],
        notes={
            n.removeprefix(_NOTE): v.decode("utf-8", "replace")
            for n, v in headers
            if n.startswith(_NOTE)
        },
    )


@asynccontextmanager
async def _reader(bootstrap_servers: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers.split(","),
        client_id="jisr-cli",
        enable_auto_commit=False,
        fetch_max_wait_ms=_FETCH_WAIT_MS,
    )
    try:
        try:
            await consumer.start()
        except KafkaConnectionError as error:
            raise BrokerUnreachable(f"{bootstrap_servers} ({error})") from error
        yield consumer
    finally:
        await consumer.stop()


async def read(bootstrap_servers: str, topics: Iterable[str]) -> list[DeadLetter]:
    """Every dead letter that ``topics`` (which exist) hold now, oldest first in each."""
    letters: list[DeadLetter] = []
    async with _reader(bootstrap_servers) as consumer:
        found = [
            TopicPartition(topic, partition)
            for topic in topics
            for partition in sorted(await _partitions(consumer, topic))
        ]
        if not found:
            return []
        # Before there is anything to fetch: on one connection these would be answered after it.
        begins = await consumer.beginning_offsets(found)
        ends = await consumer.end_offsets(found)
        consumer.assign(found)
        for at in found:
            consumer.seek(at, begins[at])
        left = {at for at in found if begins[at] < ends[at]}
        while left:
            batches = await consumer.getmany(*left, timeout_ms=500)
            for at, records in batches.items():
                letters += [from_record(record) for record in records if record.offset < ends[at]]
            for at in tuple(left):
                if await consumer.position(at) >= ends[at]:
                    left.remove(at)
    return sorted(letters, key=lambda letter: (letter.topic, letter.partition, letter.offset))


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client.force_metadata_update()
    return consumer.partitions_for_topic(topic) or set()


async def replay(bootstrap_servers: str, letters: Iterable[DeadLetter]) -> None:
    """Publish each letter on its origin, as it was: same key, value and headers.

    A consumer that has processed the event meanwhile leaves it out, so repeating does no harm.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers.split(","), client_id="jisr-cli", acks="all"
    )
    try:
        try:
            await producer.start()
        except KafkaConnectionError as error:
            raise BrokerUnreachable(f"{bootstrap_servers} ({error})") from error
        for letter in letters:
            partitions = sorted(await producer.partitions_for(letter.origin))
            await producer.send_and_wait(
                letter.origin,
                value=letter.value,
                key=letter.key,
                headers=list(letter.headers),
                partition=partition_of(letter.key, partitions, partitions),
            )
    finally:
        await producer.stop()

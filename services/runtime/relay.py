"""Publishes the outbox: in commit-safe order, batched, one relay at a time for each service."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner

from services.runtime import telemetry
from services.runtime.database import Connection, Database
from services.runtime.exceptions import is_transient

logger = logging.getLogger(__name__)

_CLAIM = """
SELECT id, topic, key, value, header_names, header_values FROM outbox
WHERE published_at IS NULL ORDER BY id LIMIT $1
"""
_MARK = "UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY($1::bigint[])"
_LEAD = "SELECT pg_try_advisory_lock(hashtext('jisr_relay'), hashtext($1))"
_CLAIMED_AT_ONCE = 2_000
_LONGEST_BACKOFF = 5.0
_REQUEST_MS = 15_000
_BATCH_BYTES = 512 * 1024

partition_of = DefaultPartitioner()
"""Kafka's own partitioner (murmur2), so that every client puts a key where we do."""


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class Relay:
    """The one publisher of a service's outbox. `run` until cancelled; `wake` skips the wait."""

    def __init__(
        self, database: Database, bootstrap_servers: str, *, poll: float, topic_prefix: str = ""
    ) -> None:
        self._database = database
        self._servers = bootstrap_servers
        self._poll = poll
        self._prefix = topic_prefix
        self._awake = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None

    def wake(self) -> None:
        """Look at the outbox now."""
        self._awake.set()

    async def run(self) -> None:
        """Lead when no other relay of this service does, publish until cancelled."""
        failures = 0
        while True:
            try:
                await self._lead()
            # Any, for `is_transient` looks closer than a list of types can. What time mends is
            # tried again; the rest is our fault: `Service` logs it whole and starts a new relay.
            except Exception as error:
                if not (isinstance(error, KafkaError) or is_transient(error)):
                    raise
                failures = min(failures + 1, 6)
                logger.warning("relay of %s: %s; trying again", self._database.service, error)
                await asyncio.sleep(min(_LONGEST_BACKOFF, 0.1 * 2**failures) * random.random())  # noqa: S311
            else:
                failures = 0

    async def _lead(self) -> None:
        connection = await self._database.dedicated()
        try:
            while not await connection.fetchval(_LEAD, self._database.service):
                await self._wait()
            await connection.add_listener(
                f"jisr_outbox_{self._database.service}", lambda *_: self.wake()
            )
            await self._publish_forever(connection)
        finally:
            await self._stop_producer()
            connection.terminate()

    async def _publish_forever(self, connection: Connection) -> None:
        while True:
            self._awake.clear()
            rows = await connection.fetch(_CLAIM, _CLAIMED_AT_ONCE)
            telemetry.OUTBOX_WAITING.labels(self._database.service).set(len(rows))
            if rows:
                await self._publish(connection, rows)
            if len(rows) < _CLAIMED_AT_ONCE:
                await self._wait()

    async def _wait(self) -> None:
        # Not `wait_for`: Python 3.11's forgets a cancellation that comes together with the wake.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._poll):
                await self._awake.wait()

    async def _publish(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        producer = await self._connected()
        lanes: dict[tuple[str, int], list[_Row]] = defaultdict(list)
        for row in rows:
            topic = self._prefix + row["topic"]
            partitions = sorted(await producer.partitions_for(topic))
            partition = partition_of(row["key"], partitions, partitions)
            headers = list(zip(row["header_names"], row["header_values"], strict=True))
            lanes[topic, partition].append(_Row(row["id"], row["key"], row["value"], headers))
        sent = await asyncio.gather(
            *(self._send_lane(producer, *lane, lane_rows) for lane, lane_rows in lanes.items())
        )
        done = [identifier for ids, _ in sent for identifier in ids]
        if done:
            await connection.execute(_MARK, done)
        for _, error in sent:
            if error is not None:
                raise error

    async def _send_lane(
        self, producer: AIOKafkaProducer, topic: str, partition: int, rows: list[_Row]
    ) -> tuple[list[int], KafkaError | None]:
        """Send one partition's rows in order; what stands behind a failure stays unpublished."""
        done: list[int] = []
        position = 0
        try:
            while position < len(rows):
                batch = producer.create_batch()
                taken: list[int] = []
                for row in rows[position:]:
                    added = batch.append(
                        key=row.key, value=row.value, timestamp=None, headers=row.headers
                    )
                    if added is None:
                        break
                    taken.append(row.id)
                if not taken:
                    raise MessageSizeTooLargeError(f"outbox row {rows[position].id} for {topic}")
                batch.close()
                future = await producer.send_batch(batch, topic, partition=partition)
                await future
                done += taken
                position += len(taken)
        except KafkaError as error:
            return done, error
        finally:
            telemetry.PUBLISHED.labels(self._database.service, topic).inc(len(done))
        return done, None

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._servers,
                acks="all",
                max_batch_size=_BATCH_BYTES,
                linger_ms=0,
                request_timeout_ms=_REQUEST_MS,
                client_id=f"jisr-{self._database.service}-relay",
            )
            await producer.start()
            self._producer = producer
        return self._producer

    async def _stop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

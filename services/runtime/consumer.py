"""Takes batches from a topic: one transaction for each, then the offset.

What a subscriber's ``handle`` gets is a `Batch`: the events that could be read, and a
transaction that also holds the inbox rows (a repeated event is left out) and the dead letters
of the records that could not be read. When ``handle`` fails for a reason that time can mend, the
whole batch is given back and nothing is committed. When it fails for another reason, the batch
is split, so that only the event at fault becomes a dead letter (I7).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.abc import ConsumerRebalanceListener

from schemas.topics import Topic
from services.runtime import outbox, telemetry
from services.runtime.database import Connection, Database
from services.runtime.exceptions import TooManyDeadLetters, is_transient
from services.runtime.records import Received, Unreadable, dead_letter, read

logger = logging.getLogger(__name__)

_REMEMBER = """
INSERT INTO inbox (subscriber, source, event_id)
SELECT $1, source, event_id FROM unnest($2::text[], $3::text[]) AS new(source, event_id)
ON CONFLICT DO NOTHING RETURNING source, event_id
"""
_LONGEST_BACKOFF = 5.0


Refuse = Callable[[Connection, Unreadable], Awaitable[None]]


@dataclass(frozen=True)
class Batch:
    """Events of one topic, in the order of their partitions."""

    events: Sequence[Received]
    unreadable: Sequence[Unreadable]
    topic: Topic
    subscriber: str
    service: str
    database: Database
    refuse: Refuse | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[tuple[Connection, list[Received]]]:
        """The transaction of this batch and those of its events that were not seen before."""
        async with self.database.transaction() as connection:
            fresh = await self._remember(connection)
            for record in self.unreadable:
                await self._dead_letter(connection, record)
            yield connection, fresh

    async def _remember(self, connection: Connection) -> list[Received]:
        if not self.events:
            return []
        rows = await connection.fetch(
            _REMEMBER,
            self.subscriber,
            [e.event.source for e in self.events],
            [e.event.id for e in self.events],
        )
        new = {(row["source"], row["event_id"]) for row in rows}
        fresh: list[Received] = []
        for received in self.events:
            identity = (received.event.source, received.event.id)
            if identity in new:
                new.remove(identity)
                fresh.append(received)
        return fresh

    async def _dead_letter(self, connection: Connection, unreadable: Unreadable) -> None:
        if self.refuse is not None:
            await self.refuse(connection, unreadable)
        letter = dead_letter(self.topic, unreadable, self.subscriber)
        await outbox.put_raw(connection, f"/jisr/{self.service}", [letter])


Handle = Callable[[Batch], Awaitable[None]]


@dataclass(frozen=True)
class Subscription:
    """Which topic goes to which handler, as which consumer group.

    ``raw``: the handler validates the data itself. ``refuse`` is called in the transaction of
    each unreadable record, before its dead letter is stored.
    """

    topic: Topic
    group: str
    handle: Handle
    max_records: int = 500
    raw: bool = False
    refuse: Refuse | None = None
    listener: ConsumerRebalanceListener | None = None


@dataclass
class Consumer:
    """Runs one subscription: reads, hands over, splits on a fault, counts dead letters."""

    subscription: Subscription
    service: str
    database: Database
    dlq_limit: int
    refused_in_a_row: int = field(default=0, init=False)
    failures: int = field(default=0, init=False)

    async def take(self, records: Sequence[ConsumerRecord[Any, Any]]) -> None:
        """Process ``records`` or raise, in which case all of them must be delivered again."""
        started = time.perf_counter()
        topic = self.subscription.topic.name
        try:
            if self.refused_in_a_row >= self.dlq_limit:
                raise TooManyDeadLetters(f"{self.refused_in_a_row} in {topic}")
            await self._take(records)
        except Exception as error:
            telemetry.REDELIVERED.labels(self.service, topic).inc()
            self.failures = min(self.failures + 1, 8)
            logger.warning("%s gives a batch of %s back: %r", self.service, topic, error)
            await asyncio.sleep(min(_LONGEST_BACKOFF, 0.05 * 2**self.failures))
            raise
        self.failures = 0
        telemetry.BATCH_SECONDS.labels(self.service, topic).observe(time.perf_counter() - started)

    async def _take(self, records: Sequence[ConsumerRecord[Any, Any]]) -> None:
        subscription = self.subscription
        read_all = [read(r, subscription.topic, raw=subscription.raw) for r in records]
        events = [r for r in read_all if isinstance(r, Received)]
        unreadable = [r for r in read_all if isinstance(r, Unreadable)]
        try:
            await self._hand_over(events, unreadable)
        except Exception as error:
            if is_transient(error):
                raise
            await self._one_by_one(records)
            return
        self._count(len(events), len(unreadable))

    async def _one_by_one(self, records: Sequence[ConsumerRecord[Any, Any]]) -> None:
        for record in records:
            one = read(record, self.subscription.topic, raw=self.subscription.raw)
            if isinstance(one, Received):
                try:
                    await self._hand_over([one], [])
                except Exception as error:
                    if is_transient(error):
                        raise
                    logger.exception("%s cannot process a record", self.service)
                    one = Unreadable(record, f"{type(error).__name__}: {error}")
                else:
                    self._count(1, 0)
                    continue
            await self._bury(one)

    async def _bury(self, unreadable: Unreadable) -> None:
        async with self._batch([], [unreadable]).transaction():
            pass
        self._count(0, 1)

    async def _hand_over(
        self, events: Sequence[Received], unreadable: Sequence[Unreadable]
    ) -> None:
        if events:
            telemetry.work_under(events[0].event.traceparent)
        await self.subscription.handle(self._batch(events, unreadable))

    def _batch(self, events: Sequence[Received], unreadable: Sequence[Unreadable]) -> Batch:
        return Batch(
            events,
            unreadable,
            self.subscription.topic,
            self.subscription.group,
            self.service,
            self.database,
            self.subscription.refuse,
        )

    def _count(self, done: int, refused: int) -> None:
        topic = self.subscription.topic.name
        telemetry.CONSUMED.labels(self.service, topic, "done").inc(done)
        telemetry.CONSUMED.labels(self.service, topic, "refused").inc(refused)
        self.refused_in_a_row = self.refused_in_a_row + refused if not done else refused

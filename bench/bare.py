"""The least that an outbox, an inbox and a hop over a topic take, by asyncpg and aiokafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from bench.trail import Row

_EVENT = ("topic", "key", "value", "header_names", "header_values", "source", "event_id")
_WAIT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Event:
    """One record, as far as the floor looks at it."""

    key: str
    id: str
    source: str
    headers: dict[str, str]


Apply = Callable[[Sequence[Event]], Awaitable[None]]


@asynccontextmanager
async def transaction(pool: Any) -> AsyncIterator[Any]:
    """A connection of ``pool`` inside a transaction."""
    async with pool.acquire() as connection, connection.transaction():
        yield connection


async def insert(connection: Any, table: str, rows: Sequence[Row]) -> None:
    """Insert ``rows``, all with the same columns."""
    if rows:
        columns = list(rows[0])
        places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
        await connection.executemany(statement, [tuple(row.values()) for row in rows])


async def put_events(connection: Any, service: str, events: Sequence[Row]) -> None:
    """Put ``events`` into the outbox of ``service`` and wake its relay at the commit."""
    if events:
        rows = [{name: event[name] for name in _EVENT} for event in events]
        await insert(connection, f"{service}.outbox", rows)
        await connection.execute("SELECT pg_notify($1, '')", f"floor_{service}")


async def remember(connection: Any, service: str, subscriber: str, events: Sequence[Event]) -> None:
    """Put ``events`` into the inbox of ``service``."""
    await connection.execute(
        f"INSERT INTO {service}.inbox (subscriber, source, event_id)"
        " SELECT $1, source, event_id FROM unnest($2::text[], $3::text[]) AS new(source, event_id)"
        " ON CONFLICT DO NOTHING",
        subscriber,
        [event.source for event in events],
        [event.id for event in events],
    )


async def relay(service: str, dsn: str, servers: str, prefix: str) -> None:
    """Publish the outbox of ``service`` until cancelled."""
    connection, awake = await asyncpg.connect(dsn), asyncio.Event()
    producer = AIOKafkaProducer(
        bootstrap_servers=servers, acks="all", max_batch_size=512 * 1024, linger_ms=0
    )
    await producer.start()
    try:
        await connection.add_listener(f"floor_{service}", lambda *_: awake.set())
        while True:
            awake.clear()
            rows = await connection.fetch(
                f"SELECT * FROM {service}.outbox WHERE published_at IS NULL ORDER BY id LIMIT 2000"
            )
            if not rows:
                await awake.wait()
                continue
            await asyncio.gather(*[await _send(producer, prefix, row) for row in rows])
            await connection.execute(
                f"UPDATE {service}.outbox SET published_at = clock_timestamp()"
                " WHERE id = ANY($1::bigint[])",
                [row["id"] for row in rows],
            )
    finally:
        await producer.stop()
        connection.terminate()


async def _send(producer: AIOKafkaProducer, prefix: str, row: Any) -> asyncio.Future[Any]:
    headers = list(zip(row["header_names"], row["header_values"], strict=True))
    sent: asyncio.Future[Any] = await producer.send(
        prefix + row["topic"], row["value"], key=row["key"], headers=headers
    )
    return sent


async def consume(
    servers: str, topic: str, group: str, most: int, apply: Apply, ready: asyncio.Event
) -> None:
    """Apply what comes over ``topic``, then commit the offset, until cancelled."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=servers,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=5_000,
    )
    await consumer.start()
    try:
        while not consumer.assignment():  # noqa: ASYNC110 - aiokafka has no event for it
            await asyncio.sleep(0.02)
        ready.set()
        while True:
            found = await consumer.getmany(timeout_ms=_WAIT_MS, max_records=most)
            events = [_event(record) for records in found.values() for record in records]
            if events:
                await apply(events)
                await consumer.commit()
    finally:
        await consumer.stop()


def _event(record: ConsumerRecord[Any, Any]) -> Event:
    headers = {name: (value or b"").decode() for name, value in record.headers}
    key = (record.key or b"").decode()
    return Event(key, headers["ce_id"], headers["ce_source"], headers)

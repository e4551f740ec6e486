"""The outbox: events commit with the fact that caused them; the relay publishes them later.

I4: events of one key are published in the order in which their facts committed. That holds
when whoever writes an event for a key first locks the row the key names, so that ids of one
key grow in commit order; the relay then sends each partition's rows in id order, one batch at
a time, and goes no further in a partition whose batch failed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel

from schemas.envelope import CloudEvent
from schemas.topics import Topic
from services.runtime.database import Connection
from services.runtime.telemetry import current_traceparent

_INSERT = """
INSERT INTO outbox (topic, key, value, header_names, header_values, source, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event to publish: ``type`` must be one of ``topic.events``."""

    topic: Topic
    key: str
    type: str
    data: BaseModel
    subject: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record to publish as it is; dead letters travel this way."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


Row = tuple[str, bytes | None, bytes | None, list[str], list[bytes], str, str]


def _event_row(source: str, message: Outgoing, now: datetime) -> Row:
    if message.type not in message.topic.events:
        raise ValueError(f"{message.topic.name} does not carry {message.type}")
    event = CloudEvent(
        id=message.id or str(uuid.uuid4()),
        source=source,
        type=message.type,
        data=message.data.model_dump_json().encode(),
        time=now,
        subject=message.subject or message.key,
        traceparent=current_traceparent(),
    )
    headers = event.headers()
    return (
        message.topic.name,
        message.key.encode(),
        event.data,
        [name for name, _ in headers],
        [value for _, value in headers],
        source,
        event.id,
    )


async def put(connection: Connection, source: str, messages: Iterable[Outgoing]) -> None:
    """Store ``messages`` in the caller's transaction and wake the relay when it commits.

    ``source`` is the CloudEvents source, ``/jisr/<service>``.
    """
    now = datetime.now(UTC)
    rows = [_event_row(source, message, now) for message in messages]
    await _store(connection, rows)


async def put_raw(connection: Connection, source: str, records: Iterable[RawRecord]) -> None:
    """Store records that are not ours to rewrite (dead letters)."""
    rows: list[Row] = [
        (
            record.topic,
            record.key,
            record.value,
            [name for name, _ in record.headers],
            [value for _, value in record.headers],
            source,
            str(uuid.uuid4()),
        )
        for record in records
    ]
    await _store(connection, rows)


async def _store(connection: Connection, rows: list[Row]) -> None:
    if not rows:
        return
    if len(rows) == 1:
        await connection.execute(_INSERT, *rows[0])
    else:
        await connection.executemany(_INSERT, rows)
    await connection.execute("SELECT pg_notify('jisr_outbox_' || current_schema(), '')")

"""From a record to an event of its topic, or to a dead letter that says why it is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord
from pydantic import BaseModel, ValidationError

from schemas.envelope import CloudEvent, EnvelopeError, from_record
from schemas.topics import Topic
from services.runtime import outbox
from services.runtime.exceptions import Refused

_LONGEST_LETTER = 900_000  # bytes; Kafka's own limit of a batch is 1 MiB
_CUT_VALUE, _CUT_PART, _CUT_HEADERS = 500_000, 1_000, 100


@dataclass(frozen=True, slots=True)
class Received:
    """One event as it arrived. ``data`` is its model; None for a subscription that is ``raw``."""

    event: CloudEvent
    data: Any
    key: bytes | None
    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One record that is no event of its topic, and why."""

    record: ConsumerRecord[Any, Any]
    reason: str


def dead_letter(topic: Topic, unreadable: Unreadable, subscriber: str) -> outbox.RawRecord:
    """The record as it was, with where it came from and why it was refused in its headers.

    A record that only went through the broker compressed is cut to what goes through as it is,
    and its reason says so; the whole of it stands where it stood.
    """
    record = unreadable.record
    key, value, kept = record.key, record.value, [(n, v or b"") for n, v in record.headers]
    reason = unreadable.reason[:1000]
    size = len(key or b"") + len(value or b"") + sum(len(n) + len(v) for n, v in kept)
    if size > _LONGEST_LETTER:
        reason = f"cut from {size} bytes; {reason}"
        key, value = key and key[:_CUT_PART], value and value[:_CUT_VALUE]
        kept = [(name[:_CUT_PART], text[:_CUT_PART]) for name, text in kept[:_CUT_HEADERS]]
    notes = {
        "dlq_reason": reason,
        "dlq_subscriber": subscriber,
        "dlq_topic": topic.name,
        "dlq_partition": str(record.partition),
        "dlq_offset": str(record.offset),
    }
    storable = [(name.replace("\0", "\ufffd"), text) for name, text in kept]  # by PostgreSQL
    added = [(name, text.encode()) for name, text in notes.items()]
    return outbox.RawRecord(topic.dlq, key, value, storable + added)


def read(record: ConsumerRecord[Any, Any], topic: Topic, *, raw: bool) -> Received | Unreadable:
    """Turn a record into an event of ``topic``, or say why it is none. Never raises."""
    try:
        event = from_record(record.headers, record.value)
        data = None if raw else _data(event, topic)
    except EnvelopeError as error:
        return Unreadable(record, f"not a CloudEvent: {error}")
    except Refused as error:
        return Unreadable(record, error.reason)
    return Received(event, data, record.key, record.topic, record.partition, record.offset)


def _data(event: CloudEvent, topic: Topic) -> BaseModel:
    model = topic.events.get(event.type)
    if model is None:
        raise Refused(f"{topic.name} does not carry the type {event.type!r}")
    try:
        return model.model_validate_json(event.data)
    except (ValidationError, RecursionError) as error:
        raise Refused(f"{event.type}: {_brief(error)}") from error


def _brief(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    parts = (
        "/" + "/".join(str(step) for step in item["loc"]) + ": " + item["msg"]
        for item in error.errors(include_url=False, include_input=False)[:5]
    )
    return "; ".join(parts)

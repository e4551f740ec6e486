"""CloudEvents 1.0, Kafka protocol binding, binary content mode.

Attributes travel as headers ``ce_<name>``, the data as the record's value, its media type as
``content-type`` (CloudEvents Kafka binding, section 3.2). ``source`` + ``id`` repeated is the
same event (CloudEvents 1.0, section 3.1.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from schemas.values import iso

Headers = Sequence[tuple[str, bytes]]
JSON = "application/json"
_REQUIRED = ("specversion", "id", "source", "type")
LONGEST_ATTRIBUTE = 1_024
"""The most bytes of one attribute; ours, CloudEvents sets no limit."""

# Not allowed in a String (CloudEvents 1.0, section 2.2); PostgreSQL cannot store the first at all.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class EnvelopeError(ValueError):
    """The record's headers are not a CloudEvent in binary mode; ``attribute`` names the culprit."""

    def __init__(self, attribute: str, detail: str) -> None:
        super().__init__(f"{attribute}: {detail}")
        self.attribute = attribute
        self.detail = detail


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event: who says what kind of thing about which subject, and the data as bytes."""

    id: str
    source: str
    type: str
    data: bytes
    time: datetime | None = None
    subject: str | None = None
    traceparent: str | None = None
    content_type: str = JSON
    extensions: dict[str, str] = field(default_factory=dict)

    def headers(self) -> list[tuple[str, bytes]]:
        """The Kafka headers of this event, in a fixed order."""
        pairs = [
            ("content-type", self.content_type),
            ("ce_specversion", "1.0"),
            ("ce_id", self.id),
            ("ce_source", self.source),
            ("ce_type", self.type),
        ]
        if self.time is not None:
            pairs.append(("ce_time", iso(self.time.astimezone(UTC))))
        if self.subject is not None:
            pairs.append(("ce_subject", self.subject))
        pairs.extend((f"ce_{name}", value) for name, value in sorted(self.extensions.items()))
        if self.traceparent is not None:
            pairs.append(("traceparent", self.traceparent))
        return [(name, value.encode()) for name, value in pairs]


def _text(name: str, value: bytes | None) -> str:
    if value is None:
        raise EnvelopeError(name, "the header has no value")
    if len(value) > LONGEST_ATTRIBUTE:
        raise EnvelopeError(name, f"longer than {LONGEST_ATTRIBUTE} bytes")
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EnvelopeError(name, "not UTF-8") from error
    if _CONTROL.search(text):
        raise EnvelopeError(name, "holds a control character")
    return text


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise EnvelopeError("ce_time", "not an RFC 3339 timestamp") from error
    if moment.tzinfo is None:
        raise EnvelopeError("ce_time", "has no UTC offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # year 1 or 9999, and the offset leads out of the calendar
        raise EnvelopeError("ce_time", "out of range") from error


def from_record(headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> CloudEvent:
    """Read a record back. Raises `EnvelopeError`; never anything else, whatever the bytes."""
    found: dict[str, str] = {}
    for name, raw in headers:
        key = name.lower()
        if key.startswith("ce_") or key in ("content-type", "traceparent"):
            found[key] = _text(key, raw)
    for name in _REQUIRED:
        if not found.get(f"ce_{name}"):
            raise EnvelopeError(f"ce_{name}", "missing or empty")
    if found["ce_specversion"] != "1.0":
        raise EnvelopeError("ce_specversion", f"is {found['ce_specversion']!r}, expected '1.0'")
    content_type = found.get("content-type", JSON)
    if content_type.split(";")[0].strip().lower() != JSON:
        raise EnvelopeError("content-type", f"is {content_type!r}, expected {JSON!r}")
    if value is None:
        raise EnvelopeError("data", "the record has no value")
    known = {"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject"}
    return CloudEvent(
        id=found["ce_id"],
        source=found["ce_source"],
        type=found["ce_type"],
        data=value,
        time=_time(found.get("ce_time")),
        subject=found.get("ce_subject"),
        traceparent=found.get("traceparent"),
        content_type=content_type,
        extensions={
            name[3:]: text
            for name, text in found.items()
            if name.startswith("ce_") and name not in known
        },
    )

"""What the hub refused, and why. Topic ``jisr.rejections.v1``, key: source."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.values import Event, Timestamp


class Problem(Event):
    """One thing wrong. ``pointer`` is the RFC 6901 JSON Pointer of the field, "" for the whole."""

    pointer: str
    code: str
    detail: str


class Rejection(Event):
    """A submission that was refused; ``event_id`` and ``source`` are those it came with."""

    source: str
    event_id: str | None = None
    event_type: str | None = None
    external_id: str | None = None
    title: str
    problems: Annotated[tuple[Problem, ...], Field(max_length=100)] = ()
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    rejected_at: Timestamp

"""Records as aiokafka hands them over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiokafka import ConsumerRecord

from schemas.envelope import CloudEvent
from schemas.response import Response
from schemas.topics import RESPONSES

TYPE = "jisr.response.given"


def response(number: int = 1) -> Response:
    """An answer; ``number`` tells it from others."""
    return Response.model_validate(
        {
            "response_id": f"r-{number}",
            "match_id": "x",
            "need_id": "d-1",
            "by": {"type": "member", "id": "m-1"},
            "answer": "accept",
            "via": "api",
            "answered_at": "2026-11-23T12:00:00Z",
        }
    )


def record(
    value: bytes | None,
    headers: Sequence[tuple[str, bytes]] | None = None,
    offset: int = 0,
    event_type: str = TYPE,
    event_id: str = "e-1",
) -> ConsumerRecord[Any, Any]:
    """A record of the topic of responses."""
    if headers is None:
        headers = CloudEvent(event_id, "/jisr/test", event_type, value or b"").headers()
    return ConsumerRecord(
        RESPONSES.name, 2, offset, 0, 0, b"d-1", value, None, 3, len(value or b""), tuple(headers)
    )


def good(number: int) -> ConsumerRecord[Any, Any]:
    """The readable record number ``number``."""
    data = response(number).model_dump_json().encode()
    return record(data, offset=number, event_id=f"e-{number}")

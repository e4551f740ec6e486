"""Reads request bodies: bounded in size and time, of the media types that intake knows."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import Request

from services.intake.exceptions import NotAcceptable, TooLarge, TooSlow, UnsupportedMedia
from services.intake.handlers.documents import LARGEST

LARGEST_BULK = 10 * 1024 * 1024
"""Bytes of an NDJSON body."""

MOST_LINES = 20_000
"""Lines of an NDJSON body; each costs an answer."""

LONGEST_WAIT = 60.0
"""Seconds in which a body must have arrived."""

JSON = "application/json"
NDJSON = "application/x-ndjson"
_NAMES = {JSON: "json", NDJSON: "ndjson", "application/ndjson": "ndjson"}


def media_of(request: Request) -> Literal["json", "ndjson"]:
    """Which kind of body it is; one without Content-Type is taken for JSON.

    Raises `UnsupportedMedia` for other types, other charsets and for compressed bodies.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMedia("Send the body without Content-Encoding.")
    media, _, parameters = request.headers.get("content-type", JSON).partition(";")
    for parameter in parameters.lower().split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            raise UnsupportedMedia("The charset of JSON is UTF-8 (RFC 8259, section 8.1).")
    match _NAMES.get(media.strip().lower()):
        case "json":
            return "json"
        case "ndjson":
            return "ndjson"
    raise UnsupportedMedia(f"Send {JSON}, or {NDJSON} where many are taken at once.")


def require_json(request: Request) -> None:
    """Raises `UnsupportedMedia` unless the body is one JSON value."""
    if media_of(request) != "json":
        raise UnsupportedMedia(f"This address takes one submission, as {JSON}.")


async def read_body(request: Request, limit: int = LARGEST) -> bytes:
    """The body. Raises `TooLarge` as soon as it is known to exceed ``limit`` bytes.

    What Content-Length says can only refuse early; what arrives is counted all the same.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise TooLarge(f"The body has {declared[:20]} bytes; at most {limit} are read.")
    body = bytearray()
    try:
        async with asyncio.timeout(LONGEST_WAIT):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise TooLarge(f"The body has more than {limit} bytes.")
    except TimeoutError as error:
        raise TooSlow(f"The body took longer than {LONGEST_WAIT:.0f} s.") from error
    return bytes(body)


def lines_of(body: bytes) -> list[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers from 1. Raises `TooLarge`."""
    if body.count(b"\n") > MOST_LINES:
        raise TooLarge(f"A body has at most {MOST_LINES} lines.")
    lines = enumerate(body.split(b"\n"), start=1)
    return [(number, line) for number, line in lines if line.strip()]


def require_accepted(request: Request, *offered: str) -> None:
    """Raises `NotAcceptable` when Accept rules out all of ``offered`` (RFC 9110, 12.5.1)."""
    accept = ",".join(request.headers.getlist("accept"))
    if accept.strip() and not any(_accepts(accept.lower(), media) for media in offered):
        raise NotAcceptable(f"The answer can be had as {' or '.join(offered)}.")


def _accepts(accept: str, media: str) -> bool:
    """Whether the most specific range of ``accept`` that fits ``media`` has a weight above 0."""
    ranges = (media, media.split("/")[0] + "/*", "*/*")
    best, weight = len(ranges), 0.0
    for item in accept.split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        if name in ranges and ranges.index(name) < best:
            best, weight = ranges.index(name), _weight(parameters)
    return weight > 0


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0

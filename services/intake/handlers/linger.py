"""Lets a sender read a refusal that comes before its body was read.

A server that answers and closes while bytes are still arriving makes TCP reset the connection,
and the reset can overtake the answer (RFC 9112, section 9.6). So a little of what is still being
sent is read and thrown away first.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

MOST_DISCARDED = 1024 * 1024
"""Bytes; who sends more without listening may see its connection reset."""

LONGEST_WAIT = 1.0
"""Seconds."""


class Lingering:
    """An ASGI ``receive`` that knows whether the body has been read to its end."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        headers = Headers(scope=scope)
        framed = ("content-length", "transfer-encoding")
        waits_for_permission = "expect" in headers  # RFC 9110, section 10.1.1: nothing was sent
        self._ended = waits_for_permission or not any(name in headers for name in framed)

    async def __call__(self) -> Message:
        """See the ASGI specification."""
        message = await self._receive()
        self._ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def discard(self) -> None:
        """Read the rest of the body, within bounds, and forget it."""
        discarded = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_WAIT):
                while not self._ended and discarded < MOST_DISCARDED:
                    discarded += len((await self()).get("body", b""))

"""Receivers of webhooks in a process: ``python -m bench.telling.receivers COUNT HANGING``.

Prints the ports, the last HANGING of which never answer. Whatever comes is answered 204 at once,
by as little code as can be, so that the sender is what is measured. On SIGTERM it prints a line for
each request: the monotonic clock in nanoseconds (on Linux the same for every process) and its
webhook-id.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import time
from functools import partial

from services.runtime.embedded.ports import LOOPBACK

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_ID = re.compile(rb"webhook-id: *([\w-]+)", re.IGNORECASE)


class _Receiver(asyncio.Protocol):
    def __init__(self, came: list[tuple[int, bytes]] | None) -> None:
        self._came = came
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self._came is None:
            return
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._held) < whole:
                return
            named = _ID.search(head)
            self._came.append((time.monotonic_ns(), named[1] if named else b"-"))
            self._held = self._held[whole:]
            self._transport.write(_ANSWER)


async def _serve(count: int, hanging: int) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    came: list[tuple[int, bytes]] = []
    servers = [
        await loop.create_server(
            partial(_Receiver, None if number >= count - hanging else came), LOOPBACK, 0
        )
        for number in range(count)
    ]
    sys.stdout.write(" ".join(str(one.sockets[0].getsockname()[1]) for one in servers) + "\n")
    sys.stdout.flush()
    await ended.wait()
    sys.stdout.write("".join(f"{at} {name.decode()}\n" for at, name in came))


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))

"""A mail server in a process of its own: writes when each mail came and which thread it is of.

``python -m bench.postbox PORT`` prints a line for each mail: the monotonic clock in nanoseconds
(on Linux the same for every process of the machine) and the thread's Message-ID without its
domain, which the notifier derives from the need. The mail itself is thrown away.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import time

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.runtime.embedded.ports import LOOPBACK

_THREAD = re.compile(rb"^In-Reply-To: <([^@>]+)@", re.MULTILINE | re.IGNORECASE)


class _Clerk:
    """Notes each mail (aiosmtpd's hook)."""

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        came = time.monotonic_ns()
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        found = _THREAD.search(content)
        thread = found[1].decode("ascii", "replace") if found else "-"
        sys.stdout.write(f"{came} {thread}\n")
        sys.stdout.flush()
        return "250 OK"


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    clerk = _Clerk()
    server = await loop.create_server(
        lambda: SMTP(clerk, hostname="localhost", enable_SMTPUTF8=True, timeout=600), LOOPBACK, port
    )
    sys.stdout.write("open\n")
    sys.stdout.flush()
    async with server:
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))

"""Opens connections that go nowhere inside, whatever a name resolves to at that moment.

The gate stands where the socket is made: aiohttp hands it the very address that it connects to, of
a literal as of a name, so there is no moment between the look and the connection in which a name
could change (DNS rebinding).
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Any

import aiohttp

from services.runtime.egress.targets import Egress

AddrInfo = tuple[int, int, int, str, tuple[Any, ...]]
IDLE_S = 15.0
LONGEST_HEADER = 8_190


class ForbiddenAddress(PermissionError):
    """The name leads to an address that the hub does not connect to"""


def guarded_socket(egress: Egress) -> Callable[[AddrInfo], socket.socket]:
    """Makes sockets for permitted addresses, and raises `ForbiddenAddress` for all others."""

    def open_socket(info: AddrInfo) -> socket.socket:
        family, kind, proto, _, address = info
        why = egress.refuses(str(address[0]), int(address[1]))
        if why is not None:
            raise ForbiddenAddress(errno.EACCES, f"the name leads to an address that is {why}")
        return socket.socket(family, kind, proto)

    return open_socket


def guarded_session(
    egress: Egress, timeout_s: float, limit: int, agent: str
) -> aiohttp.ClientSession:
    """An HTTP client for addresses that strangers named; used within a running event loop.

    ``timeout_s`` bounds a whole request; ``limit`` is of connections open at once. It follows no
    environment (proxies, netrc), keeps no cookies, unpacks no body; whoever uses it follows no
    redirects.
    """
    connector = aiohttp.TCPConnector(
        limit=limit,
        ttl_dns_cache=30,
        keepalive_timeout=IDLE_S,
        socket_factory=guarded_socket(egress),
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": agent},
        auto_decompress=False,
        trust_env=False,
        max_line_size=LONGEST_HEADER,
        max_field_size=LONGEST_HEADER,
    )

"""Ports for servers that a reader should find where the documentation says, if they are free."""

from __future__ import annotations

import socket


def free_port(wanted: int) -> int:
    """``wanted`` when nobody listens there on loopback, else any free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")

"""Ports for servers on this machine."""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"
# Below every usual ephemeral range (Linux starts at 32768): a client that keeps dialling a
# stopped server on an ephemeral port can be given that very port as its own, connects to
# itself, and keeps the server from coming back.
_CANDIDATES = range(15_000, 30_000)
_TRIES = 200


def free_port() -> int:
    """A port on which nothing listens on the loopback address.

    Chosen at random, so that two processes which ask at the same time hardly ever get the same
    one; whoever binds it must still cope with that. Raises OSError when no free port was met.
    """
    for _ in range(_TRIES):
        port = random.choice(_CANDIDATES)  # noqa: S311 - not a secret
        if is_free(port):
            return port
    raise OSError(
        f"no free port found between {_CANDIDATES.start} and {_CANDIDATES.stop} in {_TRIES} tries"
    )


def is_free(port: int) -> bool:
    """Whether a server could bind ``port`` on the loopback address now.

    Like a server, the probe does not mind old connections in TIME_WAIT.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True

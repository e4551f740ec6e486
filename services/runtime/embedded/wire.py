"""One Kafka request, by hand: is a broker ready to serve?

An open port is no answer: Kafka listens seconds before it serves. The request is Metadata
version 1 for no topic (https://kafka.apache.org/protocol#The_Messages_Metadata), which Apache
Kafka answers once the broker has been admitted by its controller, and every Kafka-like broker
understands.
"""

from __future__ import annotations

import socket
import struct

_API_METADATA, _VERSION, _CORRELATION = 3, 1, 7
_NO_TOPIC = 0


def broker_is_ready(host: str, port: int, timeout_s: float = 2.0) -> bool:
    """True when the broker at ``host:port`` names at least itself and a controller within
    ``timeout_s`` seconds.
    """
    request = struct.pack(
        ">hhihi", _API_METADATA, _VERSION, _CORRELATION, -1, _NO_TOPIC
    )  # -1: no client id
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", _receive(connection, 4))
            return _names_a_controller(_receive(connection, size))
    except (OSError, struct.error):
        return False


def _receive(connection: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise ConnectionError("closed in the middle of an answer")
        parts += part
    return parts


def _names_a_controller(answer: bytes) -> bool:
    """Walk ``correlation, [node, host, port, rack], controller``; raises struct.error when it
    is cut short.
    """
    correlation, brokers = struct.unpack_from(">ii", answer)
    at = 8
    for _ in range(brokers):
        (host_size,) = struct.unpack_from(">h", answer, at + 4)
        at += 4 + 2 + host_size + 4
        (rack_size,) = struct.unpack_from(">h", answer, at)
        at += 2 + max(rack_size, 0)  # -1: no rack
    (controller,) = struct.unpack_from(">i", answer, at)
    return bool(correlation == _CORRELATION and brokers > 0 and controller >= 0)

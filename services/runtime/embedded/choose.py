"""Which broker this machine gets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from .exceptions import BrokerUnavailable
from .java import find_java
from .kafka import EmbeddedKafka
from .kafka_jars import fetch_kafka
from .ports import LOOPBACK, is_free
from .tansu import EmbeddedTansu

PATIENCE_S = 60.0


def start_broker(
    choice: Literal["auto", "kafka", "tansu"],
    data: Path,
    progress: Callable[[str], None],
    port: int = 0,
) -> EmbeddedKafka | EmbeddedTansu:
    """Start the broker of ``choice`` on the folder ``data`` and on ``port`` (0: any free one).

    ``auto`` is Apache Kafka when it can be had within a minute, else Tansu, and then
    ``progress`` gets one line that says why. But where Kafka has served before, its data would
    be missing from Tansu: there ``auto`` insists on Kafka. Raises BrokerUnavailable when the
    broker asked for cannot be started, or ``port`` is taken.
    """
    if port and not is_free(port):
        raise BrokerUnavailable(
            f"Port {port} on {LOOPBACK} is taken. Set JISR_KAFKA_PORT to another one"
        )
    if choice == "tansu":
        return EmbeddedTansu(data, port=port, progress=progress).start()
    kafka = EmbeddedKafka(data, port=port, progress=progress)
    if choice == "kafka" or kafka.has_served:
        return kafka.start()
    try:
        find_java()
        fetch_kafka(progress, limit_s=PATIENCE_S)
        return kafka.start()
    except BrokerUnavailable as reason:
        first_line = str(reason).splitlines()[0]
        progress(
            "Using Tansu instead of Apache Kafka; it forgets everything when it stops. "
            f"{first_line}"
        )
        return EmbeddedTansu(data, port=port, progress=progress).start()

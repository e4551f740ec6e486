"""Which broker this machine gets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from .exceptions import BrokerUnavailable
from .java import find_java
from .kafka import EmbeddedKafka
from .kafka_jars import fetch_kafka
from .tansu import EmbeddedTansu

PATIENCE_S = 60.0


def start_broker(
    choice: Literal["auto", "kafka", "tansu"], data: Path, progress: Callable[[str], None]
) -> EmbeddedKafka | EmbeddedTansu:
    """Start the broker of ``choice`` on the folder ``data``.

    ``auto`` is Apache Kafka when it can be had within a minute, else Tansu, and then
    ``progress`` gets one line that says why. But where Kafka has served before, its data would
    be missing from Tansu: there ``auto`` insists on Kafka. Raises BrokerUnavailable when the
    broker asked for cannot be started.
    """
    if choice == "tansu":
        return EmbeddedTansu(data, progress=progress).start()
    kafka = EmbeddedKafka(data, progress=progress)
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
        return EmbeddedTansu(data, progress=progress).start()

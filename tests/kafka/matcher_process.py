"""A matcher as a process of its own, that can be killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from services.runtime.settings import Settings

ROOT = Path(__file__).parents[2]


class MatcherProcess:
    """`jisr serve matcher` on the broker and database of ``settings``."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._environment = {
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers or "",
            "DATABASE_URL": settings.dsn(),
            "JISR_TOPIC_PREFIX": settings.topic_prefix,
            "JISR_MATCHER_PORT": "0",
            "JISR_EMBEDDER": "lexical",
            "JISR_HEARTBEAT_MS": str(settings.heartbeat_ms),
            "JISR_SESSION_TIMEOUT_MS": str(settings.session_timeout_ms),
            "JISR_FETCH_WAIT_MS": "200",
            "JISR_BATCH": "4",  # small batches, so that a death finds one half done
        }
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it consumes some seconds later."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.cli.main", "serve", "matcher"],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, and wait until it has ended in order."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None


@contextlib.contextmanager
def matcher_process(settings: Settings, log: Path) -> Iterator[MatcherProcess]:
    """A process that is started and ended as the test says, and killed at its end."""
    made = MatcherProcess(settings, log)
    try:
        yield made
    finally:
        made.kill()

"""Services as processes of their own, which can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from services.runtime.settings import Settings

_ROOT = Path(__file__).parents[2]


class ServiceProcess:
    """``jisr serve SERVICE`` with the settings of a test, and ``more`` in its environment; its log
    goes to ``folder``.
    """

    def __init__(
        self,
        service: str,
        settings: Settings,
        folder: Path,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self._service = service
        self._settings = settings
        self._more = dict(more or {})
        self._log = folder / f"{service}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and do not wait."""
        settings = self._settings
        environment = os.environ | {
            "PYTHONPATH": str(_ROOT),
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers or "",
            "DATABASE_URL": settings.dsn(),
            "JISR_TOPIC_PREFIX": settings.topic_prefix,
            "JISR_EMBEDDER": settings.embedder,
            "JISR_EMBED_URL": settings.embed_url,
            "JISR_EMBED_MODEL": settings.embed_model,
            "JISR_EMBED_DIMENSION": str(settings.embed_dimension),
            "JISR_EMBED_TIMEOUT_S": str(settings.embed_timeout_s),
            f"JISR_{self._service.upper()}_PORT": "0",
            "JISR_SMTP_PORT": str(settings.smtp_port),
            "JISR_DEFAULT_PREFERENCES": json.dumps(settings.default_preferences),
            "JISR_MAIL_LEASE_S": str(settings.mail_lease_s),
            "JISR_HEARTBEAT_MS": str(settings.heartbeat_ms),
            "JISR_SESSION_TIMEOUT_MS": str(settings.session_timeout_ms),
            "JISR_OUTBOX_POLL_S": str(settings.outbox_poll_s),
            **self._more,
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.cli.main", "serve", self._service],
                env=environment,
                cwd=self._log.parent,
                stdout=log,
                stderr=log,
            )

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None

    def said(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-3_000:]

    def kill(self) -> None:
        """``kill -9``."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Let it end in order."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                raise AssertionError(f"did not end in order: {self.said()}") from None

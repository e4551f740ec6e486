"""Logs, traces and the metrics that every service has, each in one place."""

from __future__ import annotations

import contextvars
import json
import logging
import secrets
import sys
import time
from datetime import UTC, datetime

from aiokafka.errors import GroupCoordinatorNotAvailableError
from prometheus_client import Counter, Gauge, Histogram

from services.runtime.repetitions import Repetitions

# Events published by the relay, by topic: the hub's outgoing rate.
PUBLISHED = Counter("jisr_published_events_total", "Events published", ["service", "topic"])
# Facts that wait to be published; it grows when the broker is away.
OUTBOX_WAITING = Gauge("jisr_outbox_waiting", "Stored events not yet published", ["service"])
# Events processed, by what became of them: done (repetitions too), refused (dead letter).
CONSUMED = Counter("jisr_consumed_events_total", "Events", ["service", "topic", "outcome"])
# From taking a batch to its commit, in seconds.
BATCH_SECONDS = Histogram("jisr_batch_seconds", "Time of a batch", ["service", "topic"])
# Batches given back because the database or a part of it was away.
REDELIVERED = Counter("jisr_redelivered_batches_total", "Batches", ["service", "topic"])
# 1 when /readyz would answer 200.
READY = Gauge("jisr_ready", "Ready to serve", ["service"])

_traceparent: contextvars.ContextVar[str | None] = contextvars.ContextVar(
    "traceparent", default=None
)


def current_traceparent() -> str:
    """The W3C trace context that this task works under; a new one where there is none."""
    present = _traceparent.get()
    if present is None:
        present = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
        _traceparent.set(present)
    return present


def work_under(traceparent: str | None) -> None:
    """Let what this task publishes continue ``traceparent`` (None: begin a new trace)."""
    _traceparent.set(traceparent)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, and the extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class _UntilStarted(logging.Filter):
    """Passes over a group coordinator that is missing while a service starts.

    A new broker makes its topic of offsets when the first group asks, which takes a second or
    two of refusals. The same refusals later are a broker in trouble, and are logged.
    """

    def __init__(self) -> None:
        super().__init__()
        self.until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging.Filter.filter`."""
        said = record.args if isinstance(record.args, tuple) else (record.args,)
        expected = any(isinstance(one, GroupCoordinatorNotAvailableError) for one in said)
        return not (expected and time.monotonic() < self.until)


_COORDINATORS = logging.getLogger("aiokafka.consumer.group_coordinator")
_until_started = _UntilStarted()
_COORDINATORS.addFilter(_until_started)


def starting(seconds: float = 30.0) -> None:
    """Expect, for ``seconds`` from now, what only a broker that starts as well makes normal."""
    _until_started.until = time.monotonic() + seconds


def configure_logging(level: str, *, as_json: bool = True) -> None:
    """Send logs to standard error, and quiet the libraries that talk about every poll.

    What is said again and again while something is away is said once a minute, with a count.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Repetitions())
    handler.setFormatter(
        JsonFormatter() if as_json else logging.Formatter("%(levelname)s %(name)s: %(message)s")
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("aiokafka", "faststream", "uvicorn.access", "uvicorn.error", "mail.log"):
        logging.getLogger(noisy).setLevel(logging.WARNING)

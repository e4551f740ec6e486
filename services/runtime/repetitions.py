"""Keeps a log readable while something is away: what is said again and again is said once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

_WINDOW_S = 60.0
_REMEMBERED = 1_000

# They say the same of each connection, partition and group, with another port or number.
_BY_PATTERN = ("aiokafka", "asyncpg")


@dataclass
class _Said:
    at: float
    more: int = 0


class Repetitions(logging.Filter):
    """Lets a warning or an error through once in ``window_s`` seconds, and counts the others.

    The same is: the same logger and text; of the libraries that speak for each connection, the
    same pattern whatever stands in it, and without where in them it happened. The next one that
    passes says how many did not. ``clock`` counts seconds. It may sit on one handler
    only, as it writes the count into the record.
    """

    def __init__(
        self, window_s: float = _WINDOW_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._window_s = window_s
        self._clock = clock
        self._said: dict[tuple[str, str], _Said] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging.Filter.filter`."""
        if record.levelno < logging.WARNING:
            return True
        now, key = self._clock(), _key(record)
        before = self._said.get(key)
        if before is not None and now - before.at < self._window_s:
            before.more += 1
            return False
        if len(self._said) >= _REMEMBERED:
            self._forget(now)
        self._said[key] = _Said(now)
        if record.exc_info and _of_connections(record):
            record.msg = f"{record.getMessage()} ({record.exc_info[1]!r})"
            record.args = record.exc_info = None
        if before is not None and before.more:
            record.msg = f"{record.getMessage()} (and {before.more} more like it before)"
            record.args = None
        return True

    def _forget(self, now: float) -> None:
        live = {key: said for key, said in self._said.items() if now - said.at < self._window_s}
        self._said = live if len(live) < _REMEMBERED else {}


def _of_connections(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in _BY_PATTERN


def _key(record: logging.LogRecord) -> tuple[str, str]:
    if _of_connections(record):
        return record.name, str(record.msg)
    error = record.exc_info[1] if record.exc_info else None
    return record.name, f"{record.getMessage()}{error!r}"

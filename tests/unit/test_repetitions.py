"""What is said again and again while a server is away stands in the log once a minute."""

from __future__ import annotations

import logging

from services.runtime.repetitions import Repetitions


class Log:
    """What passes a filter, on a clock that is set."""

    def __init__(self) -> None:
        self.now = 100.0
        self._filter = Repetitions(60, clock=lambda: self.now)
        self.lines: list[str] = []

    def say(self, name: str, text: str, *args: object, level: int = logging.ERROR) -> None:
        record = logging.LogRecord(name, level, "", 1, text, args, None)
        if self._filter.filter(record):
            self.lines.append(record.getMessage())


def test_a_library_that_speaks_for_each_connection_is_heard_once_a_minute() -> None:
    log = Log()
    for port in range(600):
        log.say("aiokafka", "Unable connect to node with id %s: %s", port % 3, f"port {port}")
    assert log.lines == ["Unable connect to node with id 0: port 0"]
    log.now += 61
    log.say("aiokafka", "Unable connect to node with id %s: %s", 1, "port 9")
    assert log.lines[1:] == [
        "Unable connect to node with id 1: port 9 (and 599 more like it before)"
    ]


def test_other_loggers_are_heard_for_each_thing_they_speak_of() -> None:
    log = Log()
    for _ in range(3):
        for name in ("a", "b"):
            log.say("services.notifier", "delivery %s has no result", name)
    assert log.lines == ["delivery a has no result", "delivery b has no result"]


def test_another_pattern_another_logger_and_what_only_informs_pass() -> None:
    log = Log()
    log.say("aiokafka", "one %s", 1)
    log.say("aiokafka", "other %s", 1)
    log.say("aiokafka.consumer", "one %s", 1)
    for _ in range(2):
        log.say("aiokafka", "told", level=logging.INFO)
    assert log.lines == ["one 1", "other 1", "one 1", "told", "told"]


def test_of_a_connection_that_failed_the_error_is_told_and_not_where() -> None:
    try:
        raise ConnectionRefusedError("nobody")
    except ConnectionRefusedError as error:
        caught = (type(error), error, error.__traceback__)
    pool = logging.LogRecord("asyncpg.pool", logging.ERROR, "", 1, "retrying", (), caught)
    own = logging.LogRecord("services.x", logging.ERROR, "", 1, "failed", (), caught)
    for record in (pool, own):
        assert Repetitions().filter(record)
    assert (pool.getMessage(), pool.exc_info) == (
        "retrying (ConnectionRefusedError('nobody'))",
        None,
    )
    assert own.exc_info == caught


def test_what_is_remembered_has_a_bound() -> None:
    log = Log()
    for number in range(5_000):
        log.say("services.x", "number %s", number)
    assert len(log.lines) == 5_000
    assert len(log._filter._said) <= 1_000

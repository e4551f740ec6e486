"""Watch other processes from a test."""

import time
from collections.abc import Callable
from pathlib import Path


def wait_for(condition: Callable[[], bool], limit_s: float = 10) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def program_of(pid: int) -> str:
    """The name of the program that ``pid`` runs; '' when it is gone or a zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    name, rest = status.split("(", 1)[1].rsplit(") ", 1)
    return "" if rest.startswith("Z") else name

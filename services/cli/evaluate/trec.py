"""A run as TREC writes it: demand, Q0, member, rank, score, tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from services.cli.evaluate.running import Ranked

_APART = 2.0**-22  # two steps of a 32-bit float, relative to its size
_LEAST = 1e-12


def apart(scores: Sequence[float]) -> list[float]:
    """``scores``, which fall, with equal ones moved just as far apart as trec_eval can tell.

    It reads scores as 32-bit floats, orders by them, whatever the ranks say, and turns equal
    ones round by name. What is written therefore falls from rank to rank by at least a four-
    millionth of itself, and a score stays comparable between demands.
    """
    found: list[float] = []
    for score in scores:
        most = found[-1] - max(abs(found[-1]) * _APART, _LEAST) if found else score
        found.append(min(score, most))
    return found


@contextmanager
def run_file(path: Path | None, tag: str, depth: int) -> Iterator[Callable[[Ranked], None]]:
    """Takes rankings and writes ``depth`` members of each, all when it is 0; None writes nothing.

    The file appears when the last one is written, so that half a run is never taken for one.
    """
    if path is None:
        yield lambda _ranked: None
        return
    with _appearing(path) as file:

        def write(ranked: Ranked) -> None:
            most = depth or len(ranked.members)
            lines = zip(ranked.members[:most], apart(ranked.scores[:most]), strict=True)
            for place, (member, score) in enumerate(lines, start=1):
                file.write(f"{ranked.demand_id} Q0 {member} {place} {score!r} {tag}\n")

        yield write


@contextmanager
def _appearing(path: Path) -> Iterator[TextIO]:
    """A file that takes its name when all is written; a pipe or device is written as it goes."""
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)

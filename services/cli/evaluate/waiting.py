"""How far a long step has come: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli.console import err

_A_LINE_EACH_S = 15.0


@contextmanager
def step(label: str) -> Iterator[Callable[[int, int], None]]:
    """Announce a step; what it yields is called with how much more is done, and of how much."""
    if not err.is_terminal:
        yield _lines(label)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as bar:
        task = bar.add_task(label, total=None)

        def advance(more: int, total: int) -> None:
            bar.update(task, advance=more, total=total)

        yield advance


def _lines(label: str) -> Callable[[int, int], None]:
    done, said = 0, time.monotonic()
    err.print(label, style="dim")

    def advance(more: int, total: int) -> None:
        nonlocal done, said
        done += more
        if time.monotonic() - said >= _A_LINE_EACH_S:
            said = time.monotonic()
            err.print(f"{label}: {done} of {total}", style="dim")

    return advance

"""What commands print on: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import os
import time

from rich.console import Console
from rich.table import Table

_WIDE = 180


def _console(*, stderr: bool) -> Console:
    """A console as wide as the terminal; wide enough for whole rows where there is none."""
    made = Console(stderr=stderr, highlight=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _WIDE
    return made


out = _console(stderr=False)
err = _console(stderr=True)


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table in the house's style: a rule under the heads, no box."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, header_style="bold", overflow="fold")
    return made


class Progress:
    """Lines that tell what is being waited for, each with the seconds since the first."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, line: str) -> None:
        """Say ``line`` now."""
        err.print(f"[dim]{time.monotonic() - self._began:5.1f} s[/]  {line}")

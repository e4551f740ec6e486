"""What commands print on: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment
from rich.table import Table

_WIDE = 180
PAGE = 120
"""Characters in a line of what fills its line, where no terminal says how wide it is."""


class _Trimmed:
    """``shown`` without the blanks that fill its lines."""

    def __init__(self, shown: ConsoleRenderable) -> None:
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rendered = console.render(self._shown, options)
        for line, ends in Segment.split_lines_terminator(rendered):
            yield from _without_blanks(line)
            if ends:
                yield Segment.line()


def _without_blanks(line: Iterable[Segment]) -> Iterator[Segment]:
    """``line`` up to its last character that is no blank."""
    left = list(line)
    while left and not left[-1].text.rstrip():
        left.pop()
    if left:
        yield from left[:-1]
        yield Segment(left[-1].text.rstrip(), left[-1].style)


class _Trimming(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Trimmed(one) for one in renderables]


def _console(*, stderr: bool) -> Console:
    """A console as wide as the terminal; where there is none, wide enough for whole rows, and
    without blanks at their ends.
    """
    made = Console(stderr=stderr, highlight=False)
    if not made.is_terminal:
        made.push_render_hook(_Trimming())
        if "COLUMNS" not in os.environ:
            made.width = _WIDE
    return made


out = _console(stderr=False)
err = _console(stderr=True)


def page_width() -> int:
    """How wide is what fills its line: as the terminal, or as COLUMNS says, or else `PAGE`."""
    if out.is_terminal or "COLUMNS" in os.environ:
        return out.width
    return PAGE


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

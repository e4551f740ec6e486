"""What a command prints where no terminal shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PRINTS = """
from services.cli.console import out, page_width, table
made = table("name", "words")
made.add_row("a", "short")
made.add_row("b", "longer than that")
out.print(made)
out.print("[bold]no blanks[/]   ")
out.print("left as it is " * 20 + "end", soft_wrap=True)
out.print("last", end="")
print(page_width(), sep="")
"""


def printed(**more: str) -> list[str]:
    """The lines that a command of its own prints into a pipe."""
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "TERM")}
    env = kept | {"PYTHONPATH": str(ROOT), "TERM": "dumb"} | more
    done = subprocess.run(
        [sys.executable, "-c", PRINTS], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.split("\n")


def test_no_line_in_a_pipe_ends_with_blanks() -> None:
    lines = printed()
    assert lines[:4] == ["name  words", "a     short", "b     longer than that", "no blanks"]
    assert lines[4] == "left as it is " * 20 + "end"
    assert lines[5:] == ["last120", ""]


@pytest.mark.parametrize("columns", ["80", "200"])
def test_what_fills_its_line_is_as_wide_as_columns_says(columns: str) -> None:
    assert printed(COLUMNS=columns)[-2] == f"last{columns}"

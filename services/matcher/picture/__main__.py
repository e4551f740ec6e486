"""`python -m services.matcher.picture [--check]`; run it in the project's folder."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from services.matcher.picture.exploring import Seen, explore
from services.matcher.picture.page import COMMAND, page

PAGE = Path(__file__).parents[3] / "docs" / "states.md"


@cache
def seen() -> tuple[Seen, ...]:
    """Everything that can happen, looked at once."""
    return tuple(explore())


@cache
def drawn() -> str:
    """The page as it should be."""
    return page(seen())


def main(arguments: Sequence[str] | None = None, path: Path = PAGE) -> int:
    """Write or check the page; the exit status."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Draw the states.")
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 on drift")
    options = parser.parse_args(arguments)
    wanted = drawn()
    if not options.check:
        path.write_text(wanted, encoding="utf-8")
        return 0
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    if there == wanted:
        return 0
    lines = difflib.unified_diff(there.splitlines(), wanted.splitlines(), "committed", "generated")
    print("\n".join(line.rstrip("\n") for line in lines), file=sys.stderr)
    print(f"\n{path.name} is out of date. Run: {COMMAND}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

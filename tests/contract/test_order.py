"""The files that are started first are there, and no worker gets them last."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import _LONG

ROOT = Path(__file__).parents[2]


def test_the_files_that_are_started_first_exist_and_are_named_once() -> None:
    assert all((ROOT / "tests" / name).exists() for name in _LONG)
    assert len(set(_LONG)) == len(_LONG)


def test_make_keeps_the_order_of_the_files() -> None:
    # By default xdist starts the file with the most tests first, whatever they take.
    assert re.search(r"^spread := .*--no-loadscope-reorder", (ROOT / "Makefile").read_text(), re.M)

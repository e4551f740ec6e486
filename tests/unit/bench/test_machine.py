"""What a page of results says about how it was made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench import machine

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("arguments", [[], ["--only", "engine"], ["--quick", "--only", "idle"]])
def test_the_command_on_a_page_of_results_measures_the_same_again(arguments: list[str]) -> None:
    typed = machine.as_typed(arguments)
    assert typed.startswith("make bench")
    shown = subprocess.run(
        f"{typed} --dry-run", cwd=ROOT, shell=True, capture_output=True, text=True, check=True
    )
    assert shown.stdout.splitlines()[-1] == f".venv/bin/python -m bench {' '.join(arguments)}"

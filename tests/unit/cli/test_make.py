"""The Makefile and .ci/run say the truth about themselves."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
TARGETS = "help setup demo run test lint bench clean lock format coverage"


def make(*arguments: str) -> str:
    done = subprocess.run(
        ["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_make_alone_shows_every_target_with_what_it_does() -> None:
    shown = make()
    for target in TARGETS.split():
        assert re.search(rf"^  make {target} +\S.{{8,}}$", shown, re.MULTILINE), target


def test_demo_passes_once_and_the_json_file_on() -> None:
    command = make("--dry-run", "demo", "ONCE=1", "JSON=result.json")
    assert '.venv/bin/jisr demo --once --json "result.json"' in command
    assert "--once" not in make("--dry-run", "demo", "ONCE=0")


def test_ci_lints_and_tests_with_apache_kafka_and_ends_with_the_tests() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "set -euo pipefail" in script
    assert "make lint" in script
    assert "JISR_TEST_INSTALL=1" in script
    assert script.rstrip().splitlines()[-1].startswith("make test")
    assert subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=False).returncode == 0


def test_coverage_needs_nothing_that_is_not_locked_and_measures_the_workers_too() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert re.search(r"^coverage==", lock, re.MULTILINE)
    asked = make("--dry-run", "coverage", "workers=2")
    assert "coverage run -m pytest -n 2" in asked
    assert "coverage combine" in asked
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["coverage"]["run"]["patch"] == ["subprocess"]

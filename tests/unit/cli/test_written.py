"""What cannot end well is refused before the work, not after it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from tests.unit.cli.judged_sets import a_set


@pytest.mark.parametrize(
    "command",
    [
        ("evaluate", "SET", "--method", "lexical", "--run", "FILE"),
        ("evaluate", "SET", "--method", "lexical", "--json", "FILE"),
        ("train", "SET", "--plot", "FILE"),
        ("simulate", "--folder", "SET", "--json", "FILE"),
    ],
)
def test_a_file_in_a_folder_that_is_not_there_is_refused_at_once(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    folder, file = a_set(tmp_path / "set"), tmp_path / "missing" / "file"
    named = {"SET": str(folder), "FILE": str(file)}
    answer = CliRunner().invoke(app, [named.get(word, word) for word in command])
    assert answer.exit_code == 2
    assert "there is no folder" in answer.output


@pytest.mark.parametrize("odd", [("--skew", "inf"), ("--demands-per-day", "inf")])
def test_a_year_of_endless_numbers_is_refused(odd: tuple[str, str]) -> None:
    answer = CliRunner().invoke(app, ["simulate", *odd])
    assert answer.exit_code == 2
    assert f"Invalid value for '{odd[0]}'" in answer.output

"""`jisr policy` shows what a policy comes to, and whether a file can be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.errors import CommandFailed, ExitCode
from services.cli.main import app
from services.matcher.domain.policy import Policy

RUNNER = CliRunner(env={"COLUMNS": "200"})


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rows(*options: str) -> dict[str, str]:
    """What the command shows: a name, and what stands beside it."""
    done = RUNNER.invoke(app, ["policy", *options])
    assert done.exit_code == 0, done.exception
    lines = (line.partition(" ") for line in done.output.splitlines() if line.strip())
    return {name: " ".join(rest.split()) for name, _, rest in lines}


def test_the_policy_of_the_hub_is_shown_whole() -> None:
    shown = rows()
    assert shown["version"] == f"{Policy().version}, from the file that Jisr ships"
    assert shown["threshold"] == "0.35"
    assert shown["spread.half_life"] == "60 days"
    assert shown["open_for"] == "180 days for ever"


def test_the_file_that_the_settings_name_is_the_hubs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text("version: mine\nspread: off\n")
    monkeypatch.setenv("JISR_POLICY_FILE", "mine.yaml")
    shown = rows()
    assert shown["version"] == "mine, from mine.yaml"
    assert shown["spread"] == "off"


def test_a_file_to_be_tried_is_shown_with_what_it_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text(
        "version: new\ncourses:\n  kinds:\n    service:\n      confirm_within: 36 hours\n"
        "      waves: [{reach: own, spare: 5, threshold: 0.5}]\n"
    )
    shown = rows("--check", "new.yaml")
    assert shown["confirm_within"] == "never never 36 hours"
    output = RUNNER.invoke(app, ["policy", "--check", "new.yaml"]).output
    assert "own: 5 spare, from 0.5; 7 days, reminded after 4 days" in output


def test_a_file_that_cannot_be_used_ends_with_2_and_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("version: x\nspare: many\n")
    done = RUNNER.invoke(app, ["policy", "--check", "bad.yaml"])
    assert isinstance(done.exception, CommandFailed)
    assert done.exception.code is ExitCode.USAGE
    assert "bad.yaml:2: spare: " in str(done.exception)

"""Days and names that a command cannot use are refused with how to write them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.errors import CommandFailed
from services.cli.main import app
from services.cli.stored_lives import between
from services.cli.train import training
from services.cli.train.training import Wanted
from services.matcher.adapters.shipped import MODELS

RUNNER = CliRunner(env={"COLUMNS": "200"})


@pytest.mark.parametrize("command", ["report", "judgements --out x"])
def test_a_day_that_is_none_is_told_how_to_write_one(command: str) -> None:
    ended = RUNNER.invoke(app, [*command.split(), "--since", "foo"])
    assert (ended.exit_code, "YYYY-MM-DD" in ended.output) == (2, True)


def test_a_time_that_is_still_to_come_begins_after_it_ends() -> None:
    with pytest.raises(CommandFailed, match="begins after it ends"):
        between(datetime(9000, 1, 1, tzinfo=UTC), None)


def test_an_ambassador_is_told_which_page_is_its_own() -> None:
    ended = RUNNER.invoke(app, ["inbox", "ambassador", "x"])
    assert "jisr inbox member" in str(ended.exception)


def test_a_policy_file_that_is_not_there_is_the_options_fault_and_not_a_settings() -> None:
    ended = RUNNER.invoke(app, ["policy", "--check", "/nofile"])
    assert (ended.exit_code, "--check" in ended.output) == (2, True)
    assert "JISR_POLICY_FILE" not in ended.output


def test_training_writes_to_one_place_alone(tmp_path: Path) -> None:
    ended = RUNNER.invoke(app, ["train", str(tmp_path), "--write", "--models", str(tmp_path)])
    assert "not both" in str(ended.exception)


def test_training_leaves_the_models_of_the_matcher_alone_unless_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[Path] = []

    def stop(given: Wanted) -> None:
        wanted.append(given.models)
        raise CommandFailed("stopped here")

    monkeypatch.setattr(training, "trained", stop)
    monkeypatch.setenv("JISR_VAR", str(tmp_path / "var"))
    RUNNER.invoke(app, ["train", str(tmp_path)])
    RUNNER.invoke(app, ["train", str(tmp_path), "--space"])
    RUNNER.invoke(app, ["train", str(tmp_path), "--write"])
    monkeypatch.setenv("JISR_MODELS", str(tmp_path / "ours"))
    RUNNER.invoke(app, ["train", str(tmp_path)])
    RUNNER.invoke(app, ["train", str(tmp_path), "--models", str(tmp_path / "named")])
    var = tmp_path / "var" / "models"
    assert wanted == [var, var, MODELS, tmp_path / "ours", tmp_path / "named"]

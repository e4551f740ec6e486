"""`jisr settings` shows what is set without its secrets, and keeps .env.example true."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from services.runtime.settings import environment_names, example

ROOT = Path(__file__).parents[3]
RUNNER = CliRunner(env={"COLUMNS": "200"})


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_secrets_and_passwords_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://hub:hunter2@db.example:5433/jisr")
    monkeypatch.setenv("JISR_LINK_SECRET", "correct-horse-battery-staple-and-more")
    shown = RUNNER.invoke(app, ["settings"]).output
    assert "db.example:5433/jisr" in shown
    assert "hunter2" not in shown
    assert "correct-horse" not in shown


def test_every_setting_is_shown() -> None:
    shown = RUNNER.invoke(app, ["settings"]).output
    assert all(name in shown for name in environment_names())


def test_the_check_passes_after_the_example_is_written_and_fails_after_a_change() -> None:
    assert RUNNER.invoke(app, ["settings", "--check"]).exception is not None
    assert RUNNER.invoke(app, ["settings", "--example"]).exit_code == 0
    assert RUNNER.invoke(app, ["settings", "--check"]).exit_code == 0
    file = Path(".env.example")
    file.write_text(file.read_text().replace("8080", "8081"))
    assert "jisr settings --example" in str(RUNNER.invoke(app, ["settings", "--check"]).exception)


def test_the_committed_example_is_up_to_date() -> None:
    assert (ROOT / ".env.example").read_text() == example()


def test_preferences_that_the_notifier_could_not_use_are_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JISR_DEFAULT_PREFERENCES", '{"pace":"hourly"}')
    for command in ("settings", "run"):
        ended = str(RUNNER.invoke(app, [command]).exception)
        assert "JISR_DEFAULT_PREFERENCES: pace:" in ended
    assert not Path("var").exists()

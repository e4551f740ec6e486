"""`jisr --help` is worth reading, and every command has an example, a purpose and an exit code."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.models import CommandInfo
from typer.testing import CliRunner

from services.cli.errors import MEANING, ExitCode
from services.cli.help_text import unwrapped
from services.cli.main import app

ROOT = Path(__file__).parents[3]
RUNNER = CliRunner(env={"COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"})


def help_of(*command: str) -> str:
    answer = RUNNER.invoke(app, [*command, "--help"])
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_help_shows_the_groups_examples_and_every_exit_code() -> None:
    text = help_of()
    for part in ("Run the hub", "Talk to a running hub", "Set it up", "Examples", "Exit codes"):
        assert part in text
    for code in ExitCode:
        assert re.search(rf"\b{code.value}  {re.escape(MEANING[code])}", text)


@pytest.mark.parametrize(
    "command",
    [
        "run",
        "serve",
        "simulate",
        "inbox",
        "submit",
        "load",
        "status",
        "migrate",
        "policy",
        "topics",
        "settings",
        "keys create",
        "keys bind",
        "keys list",
        "keys revoke",
        "dlq list",
        "dlq show",
        "dlq replay",
        "evaluate",
        "report",
        "judgements",
    ],
)
def test_each_command_says_what_it_does(command: str) -> None:
    lines = [line for line in help_of(*command.split()).splitlines() if line.strip()]
    assert "Usage: " in lines[0]
    assert len(lines[1]) > 30


@pytest.mark.parametrize(
    ("found", "said"), [("1.2.3", "jisr 1.2.3\n"), (None, "jisr of an unknown version\n")]
)
def test_the_version_is_said(monkeypatch: pytest.MonkeyPatch, found: str | None, said: str) -> None:
    monkeypatch.setattr("services.cli.main.jisr_version", lambda: found)
    assert RUNNER.invoke(app, ["--version"]).output == said


def test_help_loads_neither_the_broker_client_nor_the_models() -> None:
    program = (
        "import sys; from services.cli.main import app;"
        "print([m for m in ('aiokafka', 'faststream', 'numpy', 'fastapi') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_help_breaks_where_the_terminal_ends_and_not_where_a_docstring_does() -> None:
    for command in commands_of(app):
        paragraphs = (command.help or "").split("\n\n")
        assert not [text for text in paragraphs if "\n" in text], command.callback
    assert unwrapped("One\ntwo.\n\n- a\n- b\nc") == "One two.\n\n- a\n- b c"


def commands_of(group: typer.Typer) -> Iterator[CommandInfo]:
    yield from group.registered_commands
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from commands_of(inner.typer_instance)

"""An error is one sentence with what to do, and an exit code; the trace only with --debug."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.cli import main as command
from services.cli.errors import CommandFailed, ExitCode, sentence
from services.runtime.embedded import BrokerUnavailable
from services.runtime.exceptions import (
    BrokerUnreachable,
    DatabaseUnreachable,
    Interrupted,
    TopicMismatch,
)
from services.runtime.serve import StartFailed
from services.runtime.settings import Settings


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandFailed("no", ExitCode.REFUSED), 5),
        (BrokerUnreachable("there"), 3),
        (DatabaseUnreachable("there"), 3),
        (TopicMismatch("jisr.demands.v1"), 1),
        (StartFailed("intake"), 1),
        (BrokerUnavailable("No Kafka."), 1),
        (Interrupted(), 130),
        (KeyboardInterrupt(), 130),
        (OSError("disk full"), 1),
        (RuntimeError("strange"), 1),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: BaseException, code: int) -> None:
    said, found = sentence(error)
    assert found == code
    assert said.endswith(".") or said == "no"
    assert not said.endswith("..")


def test_a_wrong_setting_is_named_as_the_environment_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JISR_INTAKE_PORT", "eighty")
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None)
    said, code = sentence(caught.value)
    assert code == ExitCode.USAGE
    assert "JISR_INTAKE_PORT='eighty'" in said


def test_settings_that_do_not_fit_together_are_told_without_their_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JISR_SMTP_PASSWORD", "hunter2")
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None)
    said, code = sentence(caught.value)
    assert code == ExitCode.USAGE
    assert "JISR_SMTP_USER and JISR_SMTP_PASSWORD go together" in said
    assert "hunter2" not in said + str(caught.value)


@pytest.mark.parametrize(("options", "traced"), [([], False), (["--debug"], True)])
def test_the_trace_is_shown_only_on_request(
    options: list[str],
    traced: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise ValueError("wrong inside")

    monkeypatch.setattr("services.cli.reach.load", fail)
    monkeypatch.setattr("sys.argv", ["jisr", *options, "topics"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == ExitCode.FAILED
    shown = capsys.readouterr().err
    assert "wrong inside" in shown
    assert ("Traceback" in shown) is traced

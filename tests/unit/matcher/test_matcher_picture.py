"""The picture of the states is what the machine does, whole, and goes stale nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from services.matcher.domain.life.case import LOOKING, Bell, NeedState, PairState
from services.matcher.domain.life.effects import NoticeKind
from services.matcher.picture.__main__ import PAGE, drawn, main, seen


@pytest.fixture(scope="module")
def made() -> str:
    """The page as the code makes it."""
    return drawn()


def test_the_committed_page_is_what_the_code_makes(made: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == made


@pytest.mark.parametrize("name", [*get_args(NeedState), *get_args(PairState), *get_args(Bell)])
def test_every_state_and_bell_is_reached(made: str, name: str) -> None:
    assert f"`{name}`" in made


@pytest.mark.parametrize("kind", get_args(NoticeKind))
def test_every_notice_is_told_somewhere(made: str, kind: str) -> None:
    assert f"`{kind}` to " in made


def test_nobody_is_asked_for_a_need_that_is_over() -> None:
    asked = [one for one in seen() if len(one.after.pairs) > len(one.before.pairs)]
    assert asked
    assert all(one.before.state in LOOKING for one in asked)


def test_a_page_that_is_out_of_date_fails_the_check_and_tells_how(
    tmp_path: Path, made: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "states.md"
    assert main(["--check"], path) == 1
    path.write_text(made.replace("`lapsed`", "`asleep`"))
    assert main(["--check"], path) == 1
    assert "Run: python -m services.matcher.picture" in capsys.readouterr().err
    assert main([], path) == 0
    assert main(["--check"], path) == 0

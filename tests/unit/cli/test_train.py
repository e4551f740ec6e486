"""`jisr train` refuses what it cannot learn from, and says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.errors import CommandFailed
from services.cli.main import app
from tests.unit.cli.judged_sets import JUDGEMENTS, a_set


def train(*arguments: str | Path) -> Result:
    """What `jisr train` did."""
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


@pytest.mark.parametrize(
    ("judgements", "told"),
    [
        (("away 0 banker 1",), "no judgement in qrels.tsv can be used: qrels.tsv: no demand away"),
        (("pay 0 banker high",), "no judgement in qrels.tsv can be used: qrels.tsv:1: not demand"),
        ((), "the file is empty"),
        (JUDGEMENTS, "2 judged demands with 1 right pairs and 5 wrong ones are too few"),
    ],
)
def test_too_little_to_learn_from_is_told_with_its_reason(
    tmp_path: Path, judgements: tuple[str, ...], told: str
) -> None:
    models = tmp_path / "models"
    answer = train(a_set(tmp_path / "set", judgements=judgements), "--models", models)
    assert isinstance(answer.exception, CommandFailed), answer.exception
    assert told in str(answer.exception)
    assert not list(models.iterdir())


def test_answers_of_members_that_have_left_add_nothing_and_stop_nothing(tmp_path: Path) -> None:
    """The hub's own answers, all of members that are no longer in the folder."""
    hub = a_set(tmp_path / "hub", judgements=("pay 0 gone 2",))
    (hub / "answers.json").write_text("{}")
    answer = train(hub, a_set(tmp_path / "set"), "--models", tmp_path / "models")
    assert isinstance(answer.exception, CommandFailed), answer.exception
    assert "are too few to learn from" in str(answer.exception)

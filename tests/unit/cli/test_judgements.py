"""What an answer says of who fits whom (docs/decisions/0023), and what `jisr train` makes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.cli.errors import CommandFailed
from services.cli.evaluate import loading
from services.cli.evaluate.evaluation import classifier
from services.cli.evaluate.loading import Judged as JudgedSet
from services.cli.evaluate.running import engine
from services.cli.judgements.judging import Verdict, Why, judged, why
from services.cli.judgements.writing import write
from services.cli.lives import Proposal, Word
from services.cli.lives import proposal as read
from services.cli.stored_lives import Stored
from services.cli.train import pairs
from services.cli.train.pairs import pairs_of
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import scoring
from tests.unit.cli.judged_sets import BAKER, BANKER, BREAD, PAY, ROOFER, a_set
from tests.unit.cli.lives import START, accepted, day, declined, introduced, life, proposal

CITY_SAYS_NO = Word("decline", "other", day(3))
NOT_OURS = Word("decline", "not-my-field", day(3))


@pytest.mark.parametrize(
    ("said", "verdict", "expected"),
    [
        (accepted(1), None, "accepted"),
        (introduced(2), None, "introduced"),
        (introduced(2, outcomes=("met",)), None, "introduced"),
        (introduced(2, outcomes=("met", "contract")), None, "contract"),
        (introduced(2, outcomes=("nothing",)), None, "introduced"),
        (declined(1, "not-my-field"), None, "not-my-field"),
        (declined(1, "too-busy"), None, None),
        (declined(1, "conflict-of-interest"), None, None),
        (declined(1, "terms"), None, None),
        (declined(1, "other"), None, None),
        (proposal("lapsed"), None, None),
        (proposal("superseded"), None, None),
        (proposal(), None, None),
        (proposal(need=Word("accept", None, day(1))), None, "accepted"),
        (accepted(1, state="declined", need=CITY_SAYS_NO), None, "accepted"),
        (accepted(1, state="declined", need=NOT_OURS), None, "not-my-field"),
        (accepted(1, state="lapsed"), None, "accepted"),
        (accepted(1, state="declined", supply=Word("withdraw", None, day(2))), None, "accepted"),
        (None, "struck", "struck"),
        (None, "added", "added"),
        (proposal("lapsed"), "added", "added"),
        (declined(1, "not-my-field"), "added", "not-my-field"),
        (accepted(1), "struck", "accepted"),
    ],
)
def test_what_was_said_counts_as_the_table_says(
    said: Proposal | None, verdict: Verdict | None, expected: Why | None
) -> None:
    assert why(said, verdict) == expected


def test_each_pair_is_counted_once_and_what_says_nothing_is_told() -> None:
    lives = [
        life(
            "d-1",
            accepted(1),
            declined(1, supply_id="m-2"),
            proposal("lapsed", supply_id="m-3"),
            accepted(1, supply_id="o-1", supply_kind="offer"),
        ),
        life("d-2", declined(1, "not-my-field")),
    ]
    found = judged(lives, {("d-2", "m-4"): "struck", ("d-9", "m-1"): "added"})
    assert [(one.demand_id, one.member_id, one.grade) for one in found.judgements] == [
        ("d-1", "m-1", 2),
        ("d-2", "m-1", 0),
        ("d-2", "m-4", 0),
    ]
    assert found.counts == {"accepted": 1, "not-my-field": 1, "struck": 1}
    assert (found.silent, found.offers) == (2, 1)


def test_a_match_of_a_hub_that_kept_no_words_is_read_by_its_state_and_reason() -> None:
    document = {
        "match_id": "x",
        "supply": {"kind": "member", "id": "m-1"},
        "state": "declined",
        "decline_reason": "not-my-field",
        "proposed_at": "2026-11-01T00:00:00Z",
        "changed_at": "2026-11-02T00:00:00Z",
    }
    assert why(read(document), None) == "not-my-field"
    assert why(read(document | {"state": "accepted"}), None) == "accepted"
    with pytest.raises(ValueError, match="match x says nowhere"):
        read(document | {"proposed_at": None, "changed_at": None})


def stored(**more: Any) -> Stored:
    """A hub with two members, of which one left, and one demand."""
    one = life("d-1", declined(1, "not-my-field", supply_id="banker"))
    facts: dict[str, Any] = {
        "lives": [one],
        "documents": {"d-1": {"external_id": "SET-1", "demand_id": "d-1", "title": "Paiement"}},
        "members": [BAKER, BANKER | {"active": False}, ROOFER | {"active": False}],
        "directory": [{"entry": "niche", "id": "payment", "labels": {"fr": "Paiement"}}],
        "verdicts": {("d-1", "gone"): "struck"},
        "now": START,
    }
    return Stored(**(facts | more))


def test_what_is_written_is_read_back_as_a_set_judged_by_answers(tmp_path: Path) -> None:
    for _ in range(2):  # a folder of this command is written anew
        write(tmp_path / "set", stored(), judged(stored().lives, stored().verdicts))
    found = loading.read(tmp_path / "set")
    assert found.answers
    assert found.grades == {"d-1": {"banker": 0}}
    assert [row.id for row in found.demands] == ["d-1"]
    assert {row.id for row in found.members} == {"baker", "banker"}, "who left and was not judged"
    assert [niche.niche_id for niche in found.niches] == ["payment"]
    assert found.faults.told == []


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    a_set(tmp_path)
    before = (tmp_path / "qrels.tsv").read_text()
    with pytest.raises(CommandFailed, match="has other files"):
        write(tmp_path, stored(), judged(stored().lives, {}))
    assert (tmp_path / "qrels.tsv").read_text() == before


def judged_set(folder: Path) -> JudgedSet:
    """Three members, two demands; who fits what."""
    return loading.read(a_set(folder, (BAKER, BANKER, ROOFER), (PAY, BREAD)))


@pytest.mark.parametrize(("near", "answers", "kept"), [(60, False, 6), (60, True, 2), (2, True, 4)])
def test_of_a_hubs_answers_who_is_near_and_was_not_judged_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, near: int, answers: bool, kept: int
) -> None:
    """One member is judged for each demand, and is the nearest; with two near places the second
    nearest is left out, and the third counts as wrong.
    """
    monkeypatch.setattr(pairs, "_NEAREST", near)
    found = replace(judged_set(tmp_path), answers=answers)
    made = engine(found, scoring.load(SCORE_MODEL), None, lambda _, __: None)
    told = pairs_of(found, made, classifier)
    assert len(told.right) == kept
    assert told.right.sum() == 1, "grade 1 is not right in a set that knows grade 2"

"""What happens next is said as long as something does."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.messages import MatchState, Party, Said
from services.notifier.domain.next_steps import contact_to_give, next_step
from services.notifier.domain.standing import Saying, Standing
from tests.unit.notifier.messages import CITY, MEMBER, NOW, PROPOSAL

ACCEPTED = Saying("accept", "m-1", NOW)
words = st.none() | st.builds(Said, st.sampled_from(["accept", "decline", "withdraw"]))


def standing(state: MatchState, *said: Saying, **changes: object) -> Standing:
    return Standing(replace(PROPOSAL, state=state, **changes), said=said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("matter", "reader", "words"),
    [
        (standing("proposed"), MEMBER, "If you accept, we tell"),
        (standing("proposed", ACCEPTED), MEMBER, "We have asked the other side"),
        (standing("accepted"), MEMBER, "We have asked the other side"),
        (standing("accepted", ACCEPTED), CITY, "Both sides have accepted"),
        (standing("introduced"), MEMBER, "what came of it"),
        (standing("introduced"), CITY, "what came of it"),
        (standing("proposed"), CITY, None),
        (standing("accepted"), CITY, None),
        (standing("accepted", waiting=2), MEMBER, None),
        (standing("introduced", told_outcome=frozenset({"supply"})), MEMBER, None),
        (standing("proposed", Saying("decline", "m-1", NOW)), MEMBER, None),
    ],
)
def test_each_reader_knows_what_comes(matter: Standing, reader: object, words: str | None) -> None:
    step = next_step(matter, reader)  # type: ignore[arg-type]
    assert (words in step.message) if words and step else step is None and words is None


@given(st.sampled_from(get_args(MatchState)), st.sampled_from([MEMBER, CITY]), words, words)
def test_nothing_comes_of_what_is_over_or_was_taken_back(
    state: MatchState, reader: object, need: Said | None, supply: Said | None
) -> None:
    matter = standing(state, need_said=need, supply_said=supply)
    step = next_step(matter, reader)  # type: ignore[arg-type]
    if state in ("declined", "lapsed", "superseded"):
        assert step is None
    if step and state != "introduced" and "If you accept" not in step.message:
        assert all(said is None or said.answer == "accept" for said in (need, supply))


@pytest.mark.parametrize(
    ("matter", "reader"),
    [
        (standing("accepted", ACCEPTED), CITY),
        (standing("accepted"), MEMBER),
        (standing("introduced"), CITY),
    ],
)
def test_whom_the_other_side_could_not_reach_is_promised_nothing_for_it(
    matter: Standing, reader: Party
) -> None:
    step = next_step(matter, reader, is_reachable=False)
    assert step is not None
    assert "same moment" not in step.message
    asked = contact_to_give(matter, reader, is_reachable=False)
    assert asked is not None
    assert "give one to the cluster" in asked.message
    assert contact_to_give(matter, reader, is_reachable=True) is None


@pytest.mark.parametrize("state", ["declined", "lapsed", "superseded"])
def test_of_what_is_over_no_contact_is_asked(state: MatchState) -> None:
    assert contact_to_give(standing(state), CITY, is_reachable=False) is None

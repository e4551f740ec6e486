"""What happens next is said as long as something does."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.messages import MatchState, Said
from services.notifier.domain.next_steps import next_step
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

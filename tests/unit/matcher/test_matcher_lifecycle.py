"""The life of a match."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.match import MatchState
from services.matcher.domain.lifecycle import TRANSITIONS, after, places_taken

STATES = [state.value for state in MatchState]
EVENTS = ["accept", "decline", "withdraw", "outcome", "close"]


@pytest.mark.parametrize(
    ("state", "event", "following"),
    [
        ("proposed", "accept", "accepted"),
        ("proposed", "decline", "declined"),
        ("proposed", "withdraw", "declined"),
        ("accepted", "withdraw", "declined"),
        ("proposed", "close", "superseded"),
    ],
)
def test_an_answer_leads_to_the_next_state(state: str, event: str, following: str) -> None:
    assert after(state, event) == following


@pytest.mark.parametrize(
    ("state", "event"),
    [("declined", "accept"), ("accepted", "accept"), ("superseded", "accept"), ("lapsed", "close")],
)
def test_a_late_or_repeated_answer_changes_nothing(state: str, event: str) -> None:
    assert after(state, event) is None


def test_every_state_and_event_is_one_that_the_contract_knows() -> None:
    for (state, event), following in TRANSITIONS.items():
        assert {state, following} <= set(STATES)
        assert event in EVENTS


@given(st.lists(st.sampled_from(EVENTS)))
def test_whatever_is_answered_a_match_holds_one_place_or_none(answers: list[str]) -> None:
    state, places = "proposed", 0
    for answer in answers:
        following = after(state, answer)
        if following is not None:
            places += places_taken(state, following)
            state = following
        assert places == (state in ("accepted", "introduced"))

"""Who is called silent, and what an ambassador is told of everybody who was asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.city_watch import (
    Asked,
    OpenDemand,
    is_silent,
    silences,
    state_of,
)
from services.notifier.domain.messages import MatchState
from services.notifier.domain.standing import NeedState
from tests.unit.notifier.messages import NEED, NOW

moments = st.datetimes(NOW.replace(tzinfo=None), timezones=st.just(UTC))
states = st.sampled_from(get_args(MatchState))
asked_ones = st.builds(
    Asked,
    st.just("KhlassPay"),
    states,
    st.none() | moments,
    st.none() | moments,
    st.sampled_from([None, "too-busy"]),
    st.booleans(),
)


def test_half_of_the_time_to_answer_makes_a_silence() -> None:
    asked = Asked("KhlassPay", "proposed", NOW, NOW + timedelta(days=14))
    assert not is_silent(asked, NOW + timedelta(days=7))
    assert is_silent(asked, NOW + timedelta(days=7, seconds=1))
    undated = Asked("KhlassPay", "proposed", NOW)
    assert not is_silent(undated, NOW + timedelta(days=3))
    assert is_silent(undated, NOW + timedelta(days=4))


@given(asked_ones, moments, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_only_who_owes_an_answer_is_silent_and_stays_so_until_it_speaks(
    asked: Asked, now: datetime, later: timedelta
) -> None:
    if is_silent(asked, now):
        assert asked.state == "proposed"
        assert not asked.has_answered
        assert is_silent(asked, now + later)


@given(asked_ones)
def test_everybody_who_was_asked_can_be_told_of(asked: Asked) -> None:
    assert state_of(asked).message


def test_what_runs_out_first_stands_in_front() -> None:
    late = Asked("late", "proposed", NOW - timedelta(days=9), NOW + timedelta(days=2))
    soon = Asked("soon", "proposed", NOW - timedelta(days=9), NOW + timedelta(days=1))
    fresh = Asked("fresh", "proposed", NOW, NOW + timedelta(days=9))
    demand = OpenDemand(NEED, NeedState("proposed"), (late, fresh, soon))
    assert [one.asked.name for one in silences([demand], NOW)] == ["soon", "late"]

"""Who is not to be asked again so soon by the same asker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.match import MatchState
from schemas.values import DeclineReason
from services.matcher.domain.freezing import (
    PARTED,
    Freeze,
    Parting,
    Why,
    frozen,
    frozen_until,
    why_parted,
)
from services.matcher.domain.model import Owner
from tests.strategies import NOW

A, B = Owner("member", "a"), Owner("member", "b")
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (("declined", None, "decline", "too-busy", ()), "too-busy"),
        (("declined", None, "decline", "conflict-of-interest", ()), "conflict-of-interest"),
        (("declined", None, "decline", "terms", ()), "terms"),
        (("declined", None, "withdraw", None, ()), "other"),
        (("declined", "decline", "accept", None, ()), "refused"),
        (("lapsed", None, None, None, ()), "lapsed"),
        (("introduced", "accept", "accept", None, ("met", "nothing")), "nothing"),
    ],
)
def test_two_part_by_a_no_by_silence_and_by_an_introduction_that_came_to_nothing(
    said: tuple[str, str | None, str | None, str | None, tuple[str, ...]], why: str
) -> None:
    assert why_parted(*said) == why


@pytest.mark.parametrize(
    "said",
    [
        ("declined", None, "decline", "not-my-field", ()),
        ("lapsed", None, "accept", None, ()),
        ("introduced", "accept", "accept", None, ("met", None)),
        ("introduced", "accept", "accept", None, ()),
        ("superseded", None, "decline", "terms", ()),
    ],
    ids=["not its field", "the city was silent", "they met", "nothing is told yet", "struck"],
)
def test_what_says_nothing_about_the_next_demand_parts_nobody(
    said: tuple[str, str | None, str | None, str | None, tuple[str | None, ...]],
) -> None:
    assert why_parted(*said) is None


def test_every_reason_and_state_is_one_that_the_contract_knows() -> None:
    assert set(PARTED) <= {state.value for state in MatchState}
    reasons = set(get_args(DeclineReason)) - {"not-my-field"}
    assert reasons == set(get_args(Why)) - {"refused", "lapsed", "nothing"}
    assert all(Freeze().after(why) > timedelta(0) for why in get_args(Why))


whys = st.sampled_from(get_args(Why))
days = st.integers(0, 500).map(lambda n: NOW - n * DAY)
partings = st.lists(st.builds(Parting, st.sampled_from([A, B]), whys, days), max_size=8)
freezes = st.builds(Freeze, *[st.integers(0, 400).map(lambda n: n * DAY)] * 7)


@given(partings, freezes, st.randoms())
def test_the_longest_freeze_counts_whatever_the_order(
    found: list[Parting], freeze: Freeze, random: object
) -> None:
    shuffled = sorted(found, key=lambda _: random.random())  # type: ignore[attr-defined]
    once = frozen(found, freeze, NOW)
    assert frozen(shuffled, freeze, NOW) == once
    for owner, end in once:
        ends = [p.at + freeze.after(p.why) for p in found if p.other == owner]
        assert end == max(ends) > NOW


@given(partings, freezes, st.integers(0, 800))
def test_who_is_frozen_now_is_asked_again_once_its_time_is_over(
    found: list[Parting], freeze: Freeze, later: int
) -> None:
    then: datetime = NOW + later * DAY
    known = frozen(found, freeze, NOW)
    for owner in (A, B):
        until = frozen_until(owner, known, then)
        assert until == frozen_until(owner, frozen(found, freeze, then), then)


@given(partings, freezes)
def test_what_is_older_than_the_longest_freeze_counts_nowhere(
    found: list[Parting], freeze: Freeze
) -> None:
    lately = [p for p in found if p.at > NOW - freeze.longest]
    assert frozen(found, freeze, NOW) == frozen(lately, freeze, NOW)

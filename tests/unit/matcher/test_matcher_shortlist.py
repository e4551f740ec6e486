"""Who of a ranking is on the shortlist."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.decisions import LIVE, OVER, depth, shortlist
from services.matcher.domain.model import Candidate, Evidence
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import Ranking
from tests.unit.matcher.things import demand, member, offer

POLICY = Policy(spare=1, offers_per_need=1)
"""Of members two for a need that wants one, of offers one."""


def candidates(*ids: str) -> tuple[Candidate, ...]:
    """Candidates, the best first; an id that begins with o is an offer's."""
    evidence = Evidence(None, 0.5, 1.0, True)
    return tuple(Candidate((offer if i[0] == "o" else member)(i), 0.9, evidence) for i in ids)


def ranking(members: str = "", offers: str = "", nearest: str = "") -> Ranking:
    """A ranking of the ids named."""
    best, of_offers, near = (candidates(*ids.split()) for ids in (members, offers, nearest))
    return Ranking(best, of_offers, near, considered=9)


def listed(found: Ranking, history: dict[str, str], wanted: int = 1) -> list[tuple[str, int]]:
    """Who is on the shortlist of a demand, at which place."""
    ranked = shortlist(demand(wanted=wanted), found, history, POLICY)
    return [(one.candidate.supply.supply_id, one.rank) for one in ranked]


def test_as_many_as_wanted_and_the_spare_are_listed_best_first() -> None:
    assert listed(ranking("a b c", "o1 o2"), {}) == [("a", 1), ("b", 2), ("o1", 1)]


def test_more_are_listed_when_more_are_wanted() -> None:
    assert [i for i, _ in listed(ranking("a b c d"), {}, wanted=2)] == ["a", "b", "c"]


@pytest.mark.parametrize("state", sorted(LIVE))
def test_who_is_asked_keeps_its_place(state: str) -> None:
    assert listed(ranking("a b c"), {"a": state}) == [("a", 1), ("b", 2)]


@pytest.mark.parametrize("state", sorted(OVER))
def test_the_place_of_whom_it_is_over_with_goes_to_the_next(state: str) -> None:
    history = {"a": state, "b": "proposed"}
    assert listed(ranking("a b c d"), history) == [("b", 1), ("c", 2)]


def test_nobody_is_listed_when_it_is_over_with_everybody() -> None:
    assert listed(ranking("a b"), {"a": "declined", "b": "superseded"}) == []


names = [f"m{n}" for n in range(9)]
ids = st.lists(st.sampled_from(names), unique=True).map(" ".join)
offer_ids = st.lists(st.sampled_from([f"o{n}" for n in range(5)]), unique=True).map(" ".join)
states = st.sampled_from(sorted(LIVE | OVER))


@given(ids, offer_ids, st.dictionaries(st.sampled_from(["m1", "m2", "m3", "o1"]), states))
def test_once_the_listed_are_asked_the_list_is_the_same(
    members: str, offers: str, history: dict[str, str]
) -> None:
    found = ranking(members, offers)
    once = listed(found, history)
    fresh = dict.fromkeys((i for i, _ in once if i not in history), "proposed")
    assert listed(found, history | fresh) == once


@given(st.integers(1, 4), st.dictionaries(st.sampled_from(names), states))
def test_a_ranking_of_the_depth_asked_for_holds_the_whole_shortlist(
    wanted: int, history: dict[str, str]
) -> None:
    need = demand(wanted=wanted)
    everybody = [f"m{n}" for n in range(20)]
    deep = depth(need, history, POLICY)
    cut = shortlist(need, ranking(" ".join(everybody[:deep])), history, POLICY)
    assert cut == shortlist(need, ranking(" ".join(everybody)), history, POLICY)
    assert len(cut) == POLICY.members_for(wanted)

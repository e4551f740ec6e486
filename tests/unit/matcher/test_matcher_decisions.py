"""What follows from a ranking, one step after another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.matcher.domain.decisions import (
    LIVE,
    OVER,
    HandToAmbassador,
    Nothing,
    Propose,
    decide,
    depth,
    shortlist,
)
from services.matcher.domain.model import Candidate, Evidence, Need
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import Ranking
from tests.unit.matcher.things import demand, interest, member, offer

POLICY = Policy(spare=1, offers_per_need=1)
"""Of members two for a need that wants one, of offers one."""


def candidates(*ids: str) -> tuple[Candidate, ...]:
    """Candidates, the best first; an id that begins with o is an offer's."""
    evidence = Evidence(None, 0.5, 1.0, True)
    return tuple(Candidate((offer if i[0] == "o" else member)(i), 0.9, evidence) for i in ids)


def ranking(members: str = "", offers: str = "", nearest: str = "") -> Ranking:
    """A ranking of the ids named."""
    parts = (candidates(*ids.split()) for ids in (members, offers, nearest))
    return Ranking(*parts, considered=9)


def proposed(outcome: object) -> list[tuple[str, int]]:
    """Who is proposed at which place."""
    assert isinstance(outcome, Propose)
    return [(ranked.candidate.supply.supply_id, ranked.rank) for ranked in outcome.chosen]


def test_as_many_as_wanted_and_the_spare_are_proposed_best_first() -> None:
    outcome = decide(demand(), ranking("a b c", "o1 o2"), {}, POLICY, told=False)
    assert proposed(outcome) == [("a", 1), ("b", 2), ("o1", 1)]


def test_more_are_proposed_when_more_are_wanted() -> None:
    outcome = decide(demand(wanted=2), ranking("a b c d"), {}, POLICY, told=False)
    assert [i for i, _ in proposed(outcome)] == ["a", "b", "c"]


def test_who_was_proposed_is_not_proposed_again() -> None:
    outcome = decide(demand(), ranking("a b"), {"a": "proposed"}, POLICY, told=False)
    assert proposed(outcome) == [("b", 2)]


@pytest.mark.parametrize("state", sorted(OVER))
def test_the_place_of_whom_it_is_over_with_goes_to_the_next(state: str) -> None:
    history = {"a": state, "b": "proposed"}
    outcome = decide(demand(), ranking("a b c d"), history, POLICY, told=False)
    assert proposed(outcome) == [("c", 2)]


@pytest.mark.parametrize("state", sorted(LIVE))
def test_while_somebody_is_asked_nobody_else_is_told(state: str) -> None:
    history = {"a": state, "b": "declined"}
    assert decide(demand(), ranking("a b"), history, POLICY, told=False) == Nothing()


def test_a_demand_that_nobody_serves_goes_to_the_ambassador_with_the_nearest() -> None:
    outcome = decide(demand(), ranking(nearest="a b"), {}, POLICY, told=False)
    assert outcome == HandToAmbassador(candidates("a", "b"))


def test_a_demand_goes_to_the_ambassador_when_everybody_asked_is_over() -> None:
    history = {"a": "declined", "b": "superseded"}
    outcome = decide(demand(), ranking("a b"), history, POLICY, told=False)
    assert isinstance(outcome, HandToAmbassador)


def test_the_ambassador_is_told_once() -> None:
    assert decide(demand(), ranking(), {}, POLICY, told=True) == Nothing()


def test_who_comes_after_the_ambassador_was_told_is_proposed() -> None:
    assert proposed(decide(demand(), ranking("a"), {}, POLICY, told=True)) == [("a", 1)]


def test_an_interest_that_nothing_answers_bothers_nobody() -> None:
    assert decide(interest(), ranking(), {}, POLICY, told=False) == Nothing()


def test_nothing_follows_for_a_closed_need() -> None:
    closed = demand(is_open=False)
    assert decide(closed, ranking("a"), {}, POLICY, told=False) == Nothing()


ids = st.lists(st.sampled_from([f"m{n}" for n in range(9)]), unique=True).map(" ".join)
offer_ids = st.lists(st.sampled_from([f"o{n}" for n in range(5)]), unique=True).map(" ".join)
states = st.sampled_from(sorted(LIVE | OVER))


@given(ids, offer_ids, st.dictionaries(st.sampled_from(["m1", "m2", "m3", "o1"]), states))
def test_after_a_proposal_the_shortlist_has_been_proposed_in_full_and_nobody_else(
    members: str, offers: str, history: dict[str, str]
) -> None:
    found = ranking(members, offers)
    listed = {r.candidate.supply.supply_id for r in shortlist(demand(), found, history, POLICY)}
    outcome = decide(demand(), found, history, POLICY, told=False)
    fresh = [i for i, _ in proposed(outcome)] if isinstance(outcome, Propose) else []
    assert not set(fresh) & set(history)
    assert listed <= set(history) | set(fresh)
    assert set(fresh) <= listed


@given(st.integers(1, 4), st.dictionaries(st.sampled_from([f"m{n}" for n in range(9)]), states))
def test_a_ranking_of_the_depth_asked_for_holds_the_whole_shortlist(
    wanted: int, history: dict[str, str]
) -> None:
    need = demand(wanted=wanted)
    everybody = [f"m{n}" for n in range(20)]
    deep = depth(need, history, POLICY)
    cut = shortlist(need, ranking(" ".join(everybody[:deep])), history, POLICY)
    assert cut == shortlist(need, ranking(" ".join(everybody)), history, POLICY)
    assert len(cut) == POLICY.members_for(wanted)


class Wave(RuleBasedStateMachine):
    """One demand while supplies come and go and those who were asked answer."""

    def __init__(self) -> None:
        super().__init__()
        self.need: Need = demand()
        self.here: list[str] = []
        self.history: dict[str, str] = {}
        self.asked: list[str] = []
        self.told = False

    def judge(self) -> None:
        """Decide and carry out, as the use case does."""
        outcome = decide(
            self.need, ranking(" ".join(self.here)), self.history, POLICY, told=self.told
        )
        if isinstance(outcome, Propose):
            fresh = [i for i, _ in proposed(outcome)]
            self.asked += fresh
            self.history |= dict.fromkeys(fresh, "proposed")
            self.told = False
        elif isinstance(outcome, HandToAmbassador):
            assert not self.told
            self.told = True

    @rule(name=st.sampled_from("abcdefg"), place=st.integers(0, 6))
    def come(self, name: str, place: int) -> None:
        """Somebody comes, or is ranked elsewhere now."""
        self.here = [one for one in self.here if one != name]
        self.here.insert(place, name)
        self.judge()

    @precondition(lambda self: self.here)
    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        """Somebody is not eligible any more."""
        self.here.remove(data.draw(st.sampled_from(self.here)))
        self.judge()

    @precondition(lambda self: "proposed" in self.history.values())
    @rule(data=st.data(), state=st.sampled_from(["declined", "accepted", "superseded"]))
    def answer(self, data: st.DataObject, state: str) -> None:
        """Somebody answers."""
        waiting = sorted(i for i, known in self.history.items() if known == "proposed")
        self.history[data.draw(st.sampled_from(waiting))] = state
        self.judge()

    @rule(wanted=st.integers(1, 3))
    def change(self, wanted: int) -> None:
        """The demand's next version."""
        self.need = replace(self.need, wanted=wanted, version=self.need.version + 1)
        self.told = False
        self.judge()

    @invariant()
    def nobody_was_asked_twice(self) -> None:
        """I2."""
        assert len(self.asked) == len(set(self.asked))

    @invariant()
    def the_shortlist_was_asked_in_full(self) -> None:
        """I3."""
        listed = shortlist(self.need, ranking(" ".join(self.here)), self.history, POLICY)
        assert {r.candidate.supply.supply_id for r in listed} <= set(self.history)

    @invariant()
    def somebody_is_asked_or_the_ambassador_knows(self) -> None:
        """I1."""
        judged = bool(self.here or self.history)
        assert not judged or self.told or LIVE & set(self.history.values())


TestOneDemandWhileSuppliesComeAndGoAndAnswer = Wave.TestCase

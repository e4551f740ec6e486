"""`rank`, beside a slow and obvious ranking of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.eligibility import barrier
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Need, Owner, Piece, Supply, Vector
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import Ranking, barriers, rank, score_one
from services.matcher.domain.semantic import Centres
from tests.strategies import NOW, WORLD, demands, supplies
from tests.unit.matcher.things import MODEL, POLICY, demand, index_of, member, offer, unrelated

EVERYBODY = Policy().for_everybody()
HERE = np.eye(4, dtype=np.float32)[0]


def ranked(need: Need, index: SupplyIndex, policy: Policy = POLICY, depth: int = 20) -> Ranking:
    """The ranking of ``need`` in the world of the strategies."""
    return rank(need, index, WORLD, policy, MODEL, NOW, depth=depth)


def one_at_a_time(need: Need, index: SupplyIndex, policy: Policy, depth: int) -> dict[str, object]:
    """What `rank` must find: judge each pair alone, sort, cut."""
    judged = []
    for supply in index:
        candidate = score_one(need, supply.supply_id, index, WORLD, MODEL, NOW)
        if candidate is not None and barrier(need, supply, WORLD, NOW) is None:
            judged.append((-candidate.score, supply.supply_id, supply.kind))
    judged.sort()
    least = policy.least_score(by_meaning=False)
    above = [(i, k) for score, i, k in judged if -score >= least]
    below = [i for score, i, _ in judged if -score < least]
    return {
        "members": [i for i, k in above if k == "member"][:depth],
        "offers": [i for i, k in above if k == "offer"][:depth],
        "nearest": below[: policy.nearest],
        "considered": len(index),
    }


def ids(ranking: Ranking) -> dict[str, object]:
    """A ranking without its scores and reasons."""
    return {
        "members": [c.supply.supply_id for c in ranking.members],
        "offers": [c.supply.supply_id for c in ranking.offers],
        "nearest": [c.supply.supply_id for c in ranking.nearest],
        "considered": ranking.considered,
    }


@given(demands(), supplies(), st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9]), st.integers(1, 5))
def test_a_ranking_is_what_judging_each_pair_alone_gives(
    need: Need, found: list[Supply], threshold: float, depth: int
) -> None:
    policy = Policy(threshold=0.0, lexical_threshold=threshold)
    index = index_of(*found)
    assert ids(ranked(need, index, policy, depth)) == one_at_a_time(need, index, policy, depth)


@given(demands(), supplies(), st.data())
def test_the_order_in_which_supplies_came_does_not_show(
    need: Need, found: list[Supply], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(found))
    assert ranked(need, index_of(*found), EVERYBODY) == ranked(need, index_of(*shuffled), EVERYBODY)


@given(demands(), supplies())
def test_the_same_question_has_the_same_answer(need: Need, found: list[Supply]) -> None:
    index = index_of(*found)
    assert ranked(need, index) == ranked(need, index)


@given(demands(), supplies())
def test_nobody_is_ranked_whom_a_rule_keeps_out(need: Need, found: list[Supply]) -> None:
    ranking = ranked(need, index_of(*found), EVERYBODY)
    for candidate in (*ranking.members, *ranking.offers, *ranking.nearest):
        assert barrier(need, candidate.supply, WORLD, NOW) is None


def test_equal_scores_are_ordered_by_id() -> None:
    twins = [member(i, name="Jumeau") for i in ("m-2", "m-10", "m-1")]
    assert ids(ranked(demand(), index_of(*twins)))["members"] == ["m-1", "m-10", "m-2"]


def test_a_better_answer_comes_first() -> None:
    index = index_of(member("m-1", niches=("payment",)), member("m-2"), unrelated("m-0"))
    assert ids(ranked(demand(), index, EVERYBODY))["members"] == ["m-2", "m-1", "m-0"]


def test_members_and_offers_are_ranked_apart() -> None:
    found = ids(ranked(demand(), index_of(member(), offer())))
    assert (found["members"], found["offers"]) == (["m-1"], ["o-1"])


def test_no_more_than_the_depth_is_listed_of_each_kind() -> None:
    crowd = [member(f"m-{n:02}") for n in range(9)] + [offer(f"o-{n}") for n in range(9)]
    found = ranked(demand(), index_of(*crowd), EVERYBODY, depth=4)
    assert (len(found.members), len(found.offers), found.considered) == (4, 4, 18)


def test_who_stays_below_the_threshold_is_only_near() -> None:
    index = index_of(*[unrelated(f"m-{n}") for n in range(5)])
    found = ids(ranked(demand(), index))
    assert found["members"] == []
    assert found["nearest"] == ["m-0", "m-1", "m-2"]


@pytest.mark.parametrize(("vector", "listed"), [(None, "nearest"), (HERE, "members")])
def test_where_words_alone_judge_the_lexical_threshold_holds(
    vector: Vector | None, listed: str
) -> None:
    """Whatever the index has: what counts is whether this need was judged by meaning."""
    index = SupplyIndex(Centres("m", len(HERE)))
    index.put(member(pieces=(Piece("profile", "Terminal de paiement mobile", vector=HERE),)))
    policy = Policy(threshold=0.0, lexical_threshold=1.0)
    found = ids(ranked(demand(vector=vector), index, policy))
    assert [kind for kind in ("members", "nearest") if found[kind]] == [listed]


def test_the_lexical_threshold_is_never_the_lower_one() -> None:
    policy = Policy(threshold=0.6, lexical_threshold=0.5)
    assert policy.least_score(by_meaning=False) == 0.6


def test_the_nearest_are_eligible() -> None:
    index = index_of(unrelated("m-1", active=False), unrelated("m-2"))
    assert ids(ranked(demand(), index))["nearest"] == ["m-2"]


def test_a_need_without_a_word_gets_nobody() -> None:
    empty = demand(title="...", description="", niches=())
    assert ranked(empty, index_of(member())).members == ()


def test_without_supplies_nobody_is_found() -> None:
    assert ids(ranked(demand(), SupplyIndex())) == {
        "members": [],
        "offers": [],
        "nearest": [],
        "considered": 0,
    }


def test_one_pair_is_judged_alone_as_among_all() -> None:
    index = index_of(member("m-1"), member("m-2", niches=()), unrelated("m-3"))
    for candidate in ranked(demand(), index, EVERYBODY).members:
        alone = score_one(demand(), candidate.supply.supply_id, index, WORLD, MODEL, NOW)
        assert alone is not None
        assert alone.score == candidate.score
        assert alone.reasons == candidate.reasons


def test_a_supply_that_is_unknown_cannot_be_judged() -> None:
    assert score_one(demand(), "m-1", SupplyIndex(), WORLD, MODEL, NOW) is None


def test_a_pair_is_judged_also_where_a_rule_keeps_it_apart() -> None:
    index = index_of(member(capacity=0))
    assert score_one(demand(), "m-1", index, WORLD, MODEL, NOW) is not None


def test_what_keeps_how_many_out_can_be_told() -> None:
    index = index_of(
        member("m-1"),
        member("m-2", active=False),
        member("m-3", active=False),
        offer("o-1", owner=Owner("city", "settat")),
    )
    assert barriers(demand(), index, WORLD, NOW) == {"eligible": 1, "active": 2, "itself": 1}


@pytest.mark.parametrize("language", ["fr", "fr-MA", "FR"])
def test_the_region_of_a_language_makes_no_difference(language: str) -> None:
    index = index_of(member())
    scores = [
        c.score for c in ranked(replace(demand(), language=language), index, EVERYBODY).members
    ]
    assert scores == [c.score for c in ranked(demand(), index, EVERYBODY).members]


@given(demands(), supplies())
def test_without_explanations_a_ranking_is_the_same_but_for_its_reasons(
    need: Need, found: list[Supply]
) -> None:
    index = index_of(*found)
    whole = ranked(need, index, EVERYBODY)
    bare = rank(need, index, WORLD, EVERYBODY, MODEL, NOW, explain=False)
    silent = [replace(candidate, reasons=()) for candidate in (*whole.members, *whole.offers)]
    assert [*bare.members, *bare.offers] == silent

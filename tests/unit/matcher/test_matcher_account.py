"""The account of a pair says what the service decides on the same facts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.account import Account, Hub, account
from services.matcher.domain.course import Course, Courses, Wave
from services.matcher.domain.decisions import depth, shortlist
from services.matcher.domain.eligibility import barrier
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Need, Owner, Piece, Supply
from services.matcher.domain.policy import Policy
from services.matcher.domain.portfolio import SHARE
from services.matcher.domain.ranking import rank
from services.matcher.domain.semantic import Centres, unit
from services.matcher.domain.spread import Load
from tests.strategies import NOW, WORLD, demands, supplies
from tests.unit.matcher.things import MODEL, demand, index_of, member, unrelated

ONE_WAVE = Courses(others=Course(waves=(Wave("international"),)))
LOW = Policy(threshold=0.05, lexical_threshold=0.05, courses=ONE_WAVE)


def hub_of(found: Sequence[Supply], policy: Policy = LOW) -> Hub:
    """A hub of ``found``, without embeddings."""
    return Hub(index_of(*found), WORLD, policy, MODEL, NOW)


def told(hub: Hub, need: Need, supply_id: str, **more: object) -> Account:
    """The account of a supply that is known."""
    found = account(hub, need, supply_id, **more)  # type: ignore[arg-type]
    assert found is not None
    return found


@given(demands(), supplies(), st.data())
def test_an_account_agrees_with_rules_ranking_and_shortlist(
    need: Need, found: list[Supply], data: st.DataObject
) -> None:
    hub = hub_of(found)
    states = st.sampled_from(["proposed", "declined", "accepted"])
    ids = st.sampled_from([s.supply_id for s in found] or ["nobody"])
    history = data.draw(st.dictionaries(ids, states, max_size=3))
    ranking = rank(
        need, hub.supplies, WORLD, LOW, MODEL, NOW, depth=depth(need, history, LOW), explain=False
    )
    listed = shortlist(need, ranking, history, LOW)
    ranks = {ranked.candidate.supply.supply_id: ranked.rank for ranked in listed}
    scores = {r.candidate.supply.supply_id: r.candidate.score for r in listed}
    for supply in found:
        one = told(hub, need, supply.supply_id, history=history)
        assert one.barrier == barrier(need, supply, WORLD, NOW)
        assert (one.standing.place is None) == (one.barrier is not None)
        assert one.wave.rank == ranks.get(supply.supply_id)
        assert one.candidate.score == scores.get(supply.supply_id, one.candidate.score)


def test_the_parts_sum_to_the_score() -> None:
    one = told(hub_of([member("m-1"), unrelated("m-2")]), demand(), "m-1")
    log_odds = math.fsum(one.parts.values())
    assert one.candidate.score == pytest.approx(1 / (1 + math.exp(-log_odds)), abs=1e-6)


def test_an_account_tells_shared_terms_and_the_way_between_niches() -> None:
    supply = member("m-1", niches=("security",))
    one = told(hub_of([supply, unrelated("m-2")]), demand(), "m-1")
    assert "terminal" in {term for term, _ in one.shared}
    assert one.niche_paths == (("mobile-payment", "payment", "ict"), ("security", "ict"))


def test_niches_without_a_common_root_have_no_way_between_them() -> None:
    assert told(hub_of([unrelated("m-2")]), demand(), "m-2").niche_paths is None


def test_a_place_counts_among_its_own_kind_only() -> None:
    good = [member(f"m-{n}") for n in range(3)]
    away = member("m-8", active=False)
    standing = told(hub_of([*good, away, unrelated("m-9")]), demand(), "m-9").standing
    assert (standing.place, standing.eligible, standing.considered) == (4, 4, 5)


def test_load_is_told_where_it_decides() -> None:
    policy = replace(LOW, spare=0)
    hub = hub_of([member("m-1"), member("m-2")], policy)
    loads = {Owner("member", "m-1"): Load(4.0, 1)}
    busy, idle = (told(hub, demand(), name, loads=loads).wave for name in ("m-1", "m-2"))
    assert busy.worth is not None
    assert policy.spread is not None
    assert busy.worth.price == pytest.approx(policy.spread.near)
    assert (busy.rank, idle.rank, idle.because) == (None, 1, "spread")
    assert [c.supply.supply_id for c in busy.taken] == ["m-2"]


def test_who_stands_beyond_the_reach_of_the_wave_is_told_so() -> None:
    near, far = member("near"), member("far", cluster="agri")
    policy = Policy(threshold=0.05, lexical_threshold=0.05)
    found = account(hub_of([near, far], policy), demand(reach="national"), "far")
    assert found is not None
    assert (found.round.number, found.round.reach, found.round.beyond) == (1, "own", True)
    alone = account(hub_of([far], policy), demand(reach="national"), "far")
    assert alone is not None
    assert (alone.round.number, alone.round.beyond, alone.wave.rank) == (2, False, 1)


def test_who_declined_has_no_rank_and_its_state_is_told() -> None:
    one = told(hub_of([member("m-1")]), demand(), "m-1", history={"m-1": "declined"})
    assert (one.wave.rank, one.state) == (None, "declined")


def test_of_an_unknown_supply_there_is_no_account() -> None:
    assert account(hub_of([]), demand(), "m-1") is None


def test_closeness_is_the_sum_of_what_its_pieces_count() -> None:
    index = SupplyIndex(Centres("m", 4))
    said = [
        ("Profil", None, (1, 2, 0, 0)),
        ("Vieux", 1990, (2, 1, 1, 0)),
        ("Neuf", 2026, (1, 1, 0, 1)),
    ]
    pieces = tuple(
        Piece("portfolio", "Paiement", title, year, unit(np.array(v, np.float32)))
        for title, year, v in said
    )
    index.put(member("m-1", pieces=pieces))
    hub = Hub(index, WORLD, LOW, MODEL, NOW)
    one = told(hub, demand(vector=unit(np.array((1, 1, 0, 0), np.float32))), "m-1")
    counted = [n.cosine * n.fresh * SHARE**place for place, n in enumerate(one.pieces)]
    assert all(n.cosine > 0 for n in one.pieces)
    assert one.candidate.evidence.closeness == pytest.approx(sum(counted))
    assert [n.piece.title for n in one.pieces if n.fresh < 0.9] == ["Vieux"]


def test_pieces_without_vectors_have_no_nearness() -> None:
    supply = member("m-1", pieces=(Piece("profile", "Paiement"),))
    assert told(hub_of([supply]), demand(), "m-1").pieces == ()

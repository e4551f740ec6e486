"""The index of supplies while it changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.index import SupplyIndex, said_by
from services.matcher.domain.lexical import Weighed
from services.matcher.domain.model import Candidate, Need, Piece, Supply
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import rank
from services.matcher.domain.semantic import Centres, unit
from tests.strategies import NOW, WORLD, supplies
from tests.unit.matcher.things import MODEL, demand, index_of, member, unrelated

DIMENSION = 8
CENTRES = Centres("m", DIMENSION)


def vector(seed: int) -> np.ndarray:
    """A unit vector."""
    return unit(np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32))


def embedded(supply: Supply, seed: int) -> Supply:
    """``supply`` with a vector for each piece."""
    pieces = tuple(replace(p, vector=vector(seed + n)) for n, p in enumerate(supply.pieces))
    return replace(supply, pieces=pieces)


def weighed(index: SupplyIndex, need: Need) -> Weighed:
    """The words of ``need`` as ``index`` weighs them."""
    return index.lexicon.weigh(index.query_of(need).terms)


def everybody(index: SupplyIndex) -> tuple[Candidate, ...]:
    """The whole ranking of one demand."""
    need = demand(vector=vector(0) if index.meanings else None)
    found = rank(need, index, WORLD, Policy().for_everybody(), MODEL, NOW, depth=10_000)
    return found.members + found.offers


def test_a_newer_version_replaces_the_present_one() -> None:
    index = index_of(member(version=1))
    assert index.put(unrelated("m-1", version=2))
    assert len(index) == 1
    assert index.get("m-1") == unrelated("m-1", version=2)


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_that_is_not_newer_changes_nothing(version: int) -> None:
    index = index_of(member(version=2))
    before = everybody(index)
    assert not index.put(unrelated("m-1", version=version))
    assert everybody(index) == before


def test_a_supply_that_is_not_active_is_known_and_not_found() -> None:
    index = index_of(member(active=False))
    assert index.get("m-1") is not None
    assert not index.coverage(weighed(index, demand()), np.array([0])).any()


@pytest.mark.parametrize("centres", [None, CENTRES], ids=["words only", "with embeddings"])
@given(found=supplies(), data=st.data())
def test_many_changes_leave_what_one_building_leaves(
    centres: Centres | None, found: list[Supply], data: st.DataObject
) -> None:
    final = [embedded(s, n * 10) for n, s in enumerate(found)]
    earlier = [replace(embedded(s, 999), version=0, name="avant") for s in final]
    events = data.draw(st.permutations([*earlier, *final, *final]))
    changed, once = SupplyIndex(centres), SupplyIndex(centres)
    for event in events:
        changed.put(event)
    for one in final:
        once.put(one)
    mine, theirs = everybody(changed), everybody(once)
    assert [c.supply.supply_id for c in mine] == [c.supply.supply_id for c in theirs]
    assert [c.score for c in mine] == pytest.approx([c.score for c in theirs], abs=1e-5)


def test_an_index_that_changes_all_day_does_not_grow() -> None:
    index = SupplyIndex(CENTRES)
    for version in range(1, 400):
        index.put(embedded(member("m-1", f"paiement numéro {version}", version=version), version))
        index.put(embedded(unrelated("m-2", version=version), version))
    assert len(index) == 2
    assert index.meanings is not None
    assert index.meanings.rows == 2
    assert index.lexicon.vocabulary < 20
    once = SupplyIndex(CENTRES)
    once.put(embedded(member("m-1", "paiement numéro 399", version=399), 399))
    once.put(embedded(unrelated("m-2", version=399), 399))
    assert [c.score for c in everybody(index)] == pytest.approx(
        [c.score for c in everybody(once)], abs=1e-5
    )


@pytest.mark.parametrize(
    "broken",
    [np.ones(DIMENSION + 1, np.float32), np.full(DIMENSION, np.nan, np.float32)],
    ids=["of another dimension", "not a number"],
)
def test_a_vector_that_cannot_be_used_is_refused_and_nothing_changes(broken: np.ndarray) -> None:
    index = SupplyIndex(CENTRES)
    index.put(embedded(member(), 1))
    before = everybody(index)
    poison = member(version=2, pieces=(Piece("profile", "eau", vector=broken),))
    with pytest.raises(ValueError, match="m-1"):
        index.put(poison)
    assert everybody(index) == before
    assert index.put(embedded(member("m-2"), 2))
    assert len(everybody(index)) == 2


def test_the_terms_shared_come_with_the_most_telling_first() -> None:
    index = index_of(member("m-1", "paiement terminal"), member("m-2", "paiement"))
    need = demand(title="paiement terminal", description="", niches=())
    shared = index.shared_terms(weighed(index, need), "m-1")
    assert [term for term, _ in shared] == ["terminal", "pai"]


def test_a_need_is_analysed_by_its_primary_language() -> None:
    british = demand(title="payments", description="", language="en-GB")
    assert set(said_by(british).weights) == {"payment"}


def test_a_typing_error_in_a_need_finds_the_supply_all_the_same() -> None:
    index = index_of(member("m-1"), unrelated("m-2"))
    wrong = demand(title="Paeiment mobille", description="Un terminall securisé pour le marché")
    query = index.query_of(wrong)
    found = index.coverage(index.lexicon.weigh(query.terms), np.array([0, 1]))
    assert found[0] > 0
    assert found[1] == 0
    assert {"Paeiment", "mobille", "terminall"} <= set(query.shown.values())


def test_a_word_that_only_a_supply_taken_back_had_corrects_nothing() -> None:
    index = index_of(member("m-1"), unrelated("m-2"))
    index.put(member("m-1", version=2, active=False))
    assert "paiement" not in " ".join(index.query_of(demand(title="Paeiment")).terms)


def test_what_a_need_says_rightly_is_never_corrected() -> None:
    index = index_of(member("m-1", "Série de portes, poires et capteurs"))
    need = demand(title="Portes", description="Capteurs, série", keywords=())
    assert set(index.query_of(need).terms) == set(said_by(need).weights)

"""The engine finds exactly what the slow, obvious reference finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.eligibility import RULES, barrier
from services.matcher.domain.facts import Facts
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Candidate, Need, Owner, Piece, Supply, Vector
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import barriers, rank
from services.matcher.domain.screening import COLUMN_RULES, EVERY, eligible
from services.matcher.domain.semantic import Centres, unit
from tests.strategies import NOW, WORLD, demands, supplies, takers, texts
from tests.unit.matcher.reference import Listed, Reference
from tests.unit.matcher.things import MODEL, interest

pytestmark = pytest.mark.slow

DIMENSION = 4
_random = np.random.default_rng(11)
_MEANS = {code: unit(_random.normal(size=DIMENSION).astype(np.float32)) for code in ("fr", "ar")}
CENTRES = Centres(
    "m",
    DIMENSION,
    _MEANS,
    {code: -mean for code, mean in _MEANS.items()},
    map=_random.normal(size=(DIMENSION, DIMENSION)).astype(np.float32),
    background={
        code: unit(_random.normal(size=(12, DIMENSION)).astype(np.float32)) for code in _MEANS
    },
)


@st.composite
def vectors(draw: st.DrawFn) -> Vector | None:
    """Few directions, so that supplies tie; sometimes none."""
    if draw(st.integers(0, 9)) == 0:
        return None
    numbers = draw(st.lists(st.integers(-2, 2), min_size=DIMENSION, max_size=DIMENSION))
    return unit(np.array(numbers, np.float32)) if any(numbers) else None


@st.composite
def collections(draw: st.DrawFn) -> list[Supply]:
    """Supplies with portfolios, vectors, affiliates and owners in common."""
    found = []
    for supply in draw(supplies(most=16)):
        portfolio = draw(st.lists(st.builds(Piece, st.just("portfolio"), texts), max_size=3))
        pieces = (*supply.pieces, *portfolio) if draw(st.integers(0, 9)) else ()
        told = tuple(replace(piece, vector=draw(vectors())) for piece in pieces)
        affiliates = draw(st.frozensets(st.sampled_from(["m-9", "s-00"]), max_size=1))
        out = draw(st.frozensets(st.sampled_from(["service", "incubation", "all"]), max_size=1))
        found.append(replace(supply, pieces=told, affiliates=affiliates, opted_out=out))
    return found


interests = st.builds(
    interest,
    title=texts,
    cluster=st.sampled_from(["mnc", "agri", "lyon", None]),
    affiliates=st.frozensets(st.sampled_from(["c-1", "s-01"])),
    taker=takers,
    owner=st.sampled_from([Owner("member", "m-9"), Owner("member", "s-00")]),
    language=st.sampled_from(["fr", "ar", "en"]),
)
partings = st.lists(
    st.tuples(
        st.builds(Owner, st.sampled_from(["member", "city"]), st.sampled_from(["s-00", "s-01"])),
        st.sampled_from([NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)]),
    ),
    max_size=2,
    unique_by=lambda one: one[0],
)
needs = st.builds(
    lambda need, vector, frozen: replace(need, vector=vector, frozen=tuple(frozen)),
    st.one_of(demands(), interests),
    vectors(),
    partings,
)


def told(candidates: tuple[Candidate, ...]) -> list[Listed]:
    """Ids and scores."""
    return [(c.supply.supply_id, c.score) for c in candidates]


def same(found: list[Listed], expected: list[Listed]) -> bool:
    """The same in the same order; single precision is in the crowds."""
    scores = pytest.approx([score for _, score in expected], abs=1e-4)
    return [i for i, _ in found] == [i for i, _ in expected] and [s for _, s in found] == scores


def built(found: list[Supply], centres: Centres | None) -> SupplyIndex:
    """An index of ``found``."""
    index = SupplyIndex(centres)
    for supply in found:
        index.put(supply)
    return index


@pytest.mark.parametrize("centres", [None, CENTRES], ids=["words only", "with embeddings"])
@given(need=needs, found=collections(), data=st.data())
def test_a_ranking_is_that_of_the_reference(
    centres: Centres | None, need: Need, found: list[Supply], data: st.DataObject
) -> None:
    index = built(found, centres)
    changed = data.draw(st.lists(st.sampled_from(found), max_size=4)) if found else []
    now = {supply.supply_id: supply for supply in found}
    for version, supply in enumerate(changed, start=2):
        other = data.draw(st.sampled_from(found))
        now[supply.supply_id] = replace(
            other, supply_id=supply.supply_id, version=version, owner=supply.owner
        )
        index.put(now[supply.supply_id])
    thresholds = st.sampled_from([0.0, 0.02, 0.1, 0.3, 0.6])
    policy = Policy(threshold=data.draw(thresholds), lexical_threshold=data.draw(thresholds))
    depth = data.draw(st.integers(0, 6))
    ranking = rank(need, index, WORLD, policy, MODEL, NOW, depth=depth)
    expected = Reference(list(now.values()), centres, WORLD).rank(need, policy, MODEL, NOW, depth)
    assert same(told(ranking.members), expected.members)
    assert same(told(ranking.offers), expected.offers)
    assert same(told(ranking.nearest), expected.nearest)
    assert ranking.considered == expected.considered


def test_a_large_collection_is_ranked_as_by_the_reference() -> None:
    """Large enough for everything that is only done when there is much of it."""
    random = np.random.default_rng(5)
    words = ["paiement", "mobile", "capteurs", "eau", "ruches", "terminal", "carte", "données"]
    found = []
    for number in range(400):
        pieces = [
            Piece(
                "profile",
                " ".join(random.choice(words, 6)),
                vector=unit(random.normal(size=DIMENSION).astype(np.float32)),
            )
            for _ in range(random.integers(1, 4))
        ]
        found.append(
            Supply(
                supply_id=f"s-{number}",
                kind="member",
                owner=Owner("member", f"s-{number}"),
                name="",
                version=1,
                pieces=tuple(pieces),
            )
        )
    need = interestless(unit(random.normal(size=DIMENSION).astype(np.float32)))
    index = built(found, CENTRES)
    reference = Reference(found, CENTRES, WORLD)
    policy = Policy(threshold=0.3)
    ranking = rank(need, index, WORLD, policy, MODEL, NOW, depth=10)
    expected = reference.rank(need, policy, MODEL, NOW, 10)
    assert same(told(ranking.members), expected.members)
    assert same(told(ranking.nearest), expected.nearest)


def interestless(vector: Vector) -> Need:
    """A demand that no rule keeps from anybody."""
    return Need(
        need_id="d-1",
        kind="demand",
        owner=Owner("city", "settat"),
        asks="service",
        version=1,
        title="Paiement mobile",
        language="fr",
        description="Un terminal pour encaisser par carte, des données, de l'eau.",
        reach="international",
        vector=vector,
    )


def facts_of(found: list[Supply]) -> Facts:
    """The columns of ``found``."""
    facts = Facts()
    for slot, supply in enumerate(found):
        facts.extend()
        facts.put(slot, supply)
    return facts


@given(needs, collections())
def test_each_rule_says_of_all_supplies_what_it_says_of_each(
    need: Need, found: list[Supply]
) -> None:
    facts = facts_of(found)
    for (name, holds), (column_name, all_hold) in zip(RULES, COLUMN_RULES, strict=True):
        assert name == column_name
        together = np.broadcast_to(all_hold(need, facts, WORLD, NOW, EVERY), len(found))
        assert together.tolist() == [holds(need, supply, WORLD, NOW) for supply in found], name


@given(needs, collections(), st.data())
def test_each_rule_says_of_some_supplies_what_it_says_of_each(
    need: Need, found: list[Supply], data: st.DataObject
) -> None:
    facts = facts_of(found)
    kept = data.draw(st.lists(st.booleans(), min_size=len(found), max_size=len(found)))
    some = np.flatnonzero(kept)
    for (name, holds), (_, all_hold) in zip(RULES, COLUMN_RULES, strict=True):
        together = np.broadcast_to(all_hold(need, facts, WORLD, NOW, some), len(some))
        alone = [holds(need, found[slot], WORLD, NOW) for slot in some.tolist()]
        assert together.tolist() == alone, name


@given(needs, collections())
def test_who_is_eligible_and_what_keeps_the_others_out_is_what_barrier_says(
    need: Need, found: list[Supply]
) -> None:
    index = built(found, None)
    alone = [barrier(need, supply, WORLD, NOW) for supply in found]
    free = [slot for slot, rule in enumerate(alone) if rule is None]
    assert eligible(need, index.facts, WORLD, NOW).tolist() == free
    counted = barriers(need, index, WORLD, NOW)
    assert counted == {rule or "eligible": alone.count(rule) for rule in alone}


@given(collections(), st.data())
def test_a_rule_goes_by_the_newest_version(found: list[Supply], data: st.DataObject) -> None:
    facts = facts_of(found)
    for slot in range(len(found)):
        found[slot] = data.draw(st.sampled_from(found))
        facts.put(slot, found[slot])
    need = data.draw(needs)
    for (name, holds), (_, all_hold) in zip(RULES, COLUMN_RULES, strict=True):
        together = np.broadcast_to(all_hold(need, facts, WORLD, NOW, EVERY), len(found))
        assert together.tolist() == [holds(need, supply, WORLD, NOW) for supply in found], name


@given(collections())
def test_a_supply_comes_back_as_it_was_put_in_without_its_vectors(found: list[Supply]) -> None:
    index = built(found, CENTRES)
    assert list(index) == found
    for supply in found:
        back = index.get(supply.supply_id)
        assert back is not None
        assert all(piece.vector is None for piece in back.pieces)

"""Why this one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from services.matcher.adapters import events
from services.matcher.domain.analysis import fold
from services.matcher.domain.evidence import Asked
from services.matcher.domain.index import SupplyIndex, text_of
from services.matcher.domain.model import Need, Piece, Reason, Supply, Vector, Wish
from services.matcher.domain.policy import Policy
from services.matcher.domain.portfolio import SHARE
from services.matcher.domain.ranking import rank, score_one
from services.matcher.domain.semantic import Centres
from tests.strategies import NOW, WORLD, demands, supplies
from tests.unit.matcher.things import MODEL, demand, index_of, member


def reasons(need: Need, supply: Supply, index: SupplyIndex | None = None) -> list[Reason]:
    """Why ``supply`` answers ``need``."""
    index = index or index_of(supply)
    found = score_one(need, supply.supply_id, index, WORLD, MODEL, NOW)
    assert found is not None
    return list(found.reasons)


def of_kind(found: list[Reason], kind: str) -> Reason | None:
    """The weightiest reason of a kind."""
    return next((reason for reason in found if reason.kind == kind), None)


@given(demands(), supplies())
def test_reasons_are_shares_of_one_whole(need: Need, found: list[Supply]) -> None:
    everybody = rank(need, index_of(*found), WORLD, Policy().for_everybody(), MODEL, NOW)
    for candidate in (*everybody.members, *everybody.offers):
        weights = [reason.weight for reason in candidate.reasons]
        assert all(0 <= weight <= 1 for weight in weights)
        assert sum(weights) <= 1 + 1e-9
        assert weights == sorted(weights, reverse=True)
        for reason in candidate.reasons:
            assert events.reason(reason).kind == reason.kind


@given(demands(), supplies())
def test_the_words_shown_stand_in_the_need(need: Need, found: list[Supply]) -> None:
    everybody = rank(need, index_of(*found), WORLD, Policy().for_everybody(), MODEL, NOW)
    for candidate in (*everybody.members, *everybody.offers):
        for reason in candidate.reasons:
            if reason.kind == "terms":
                assert 1 <= len(reason.terms) <= 5
                assert all(term in text_of(need) for term in reason.terms)
                assert len({fold(t) for t in reason.terms}) == len(reason.terms)


def test_shared_words_are_shown_as_the_need_writes_them() -> None:
    need = demand(title="Compteur d’eau des puits", description="", niches=())
    terms = of_kind(reasons(need, member(text="Compteurs d'eau pour un puits.")), "terms")
    assert terms is not None
    assert set(terms.terms) == {"Compteur", "eau", "puits"}


def test_texts_without_a_common_word_give_no_terms() -> None:
    assert of_kind(reasons(demand(), member(text="Menuiserie")), "terms") is None


def test_the_niche_that_both_sides_share_is_named() -> None:
    same = of_kind(reasons(demand(), member()), "niche")
    parent = of_kind(reasons(demand(), member(niches=("security",))), "niche")
    assert same is not None
    assert same.id == "mobile-payment"
    assert parent is not None
    assert parent.id == "ict"
    assert of_kind(reasons(demand(), member(niches=("farming",))), "niche") is None
    assert same.path == ("mobile-payment",)
    assert parent.path == ("mobile-payment", "payment", "ict", "security")
    assert events.reason(parent).path == parent.path


def test_the_city_and_the_certificates_are_told_without_a_share() -> None:
    need = demand(wish=Wish(certifications=frozenset({"PCI DSS", "ISO 27001"})))
    found = reasons(need, member(city="settat"))
    city, certificates = of_kind(found, "city"), of_kind(found, "certification")
    assert city == Reason("city", 0.0, id="settat")
    assert certificates == Reason("certification", 0.0, terms=("ISO 27001", "PCI DSS"))


def _vector(x: float, y: float) -> Vector:
    return np.array([x, y], np.float32)


def test_the_piece_of_past_work_that_is_nearest_is_named() -> None:
    pieces = (
        Piece("profile", "Atelier", vector=_vector(0, 1)),
        Piece("portfolio", "Une carte.", "Carte sans contact", 2023, _vector(1, 0)),
    )
    index = SupplyIndex(Centres("m", 2))
    supply = member(pieces=pieces)
    index.put(supply)
    past = of_kind(reasons(demand(vector=_vector(1, 0.1)), supply, index), "portfolio")
    assert past is not None
    assert (past.text, past.year) == ("Carte sans contact", 2023)
    profile = reasons(demand(vector=_vector(0.1, 1)), supply, index)
    assert of_kind(profile, "meaning") is not None
    assert of_kind(profile, "portfolio") is None


def _worker(*pieces: Piece) -> tuple[Supply, SupplyIndex]:
    """A member with these pieces, and an index that holds it."""
    index = SupplyIndex(Centres("m", 2))
    supply = member(pieces=pieces)
    index.put(supply)
    return supply, index


def _work(title: str, x: float, y: float, year: int | None = None, part: int = 0) -> Piece:
    return Piece("portfolio", "Une carte.", title, year, _vector(x, y), part)


def test_each_piece_of_past_work_has_the_share_that_it_adds() -> None:
    profile = Piece("profile", "Atelier", vector=_vector(0.1, 1))
    supply, index = _worker(profile, _work("Neuf", 1, 0.1), _work("Aussi", 1, 0.4))
    need = demand(vector=_vector(1, 0.1), niches=(), title="Rien", description="")
    found = reasons(need, supply, index)
    shares = {reason.text: reason.weight for reason in found if reason.kind == "portfolio"}
    assert list(shares) == ["Neuf", "Aussi"]
    (near, _, faded), (further, _, _) = sorted(
        ((cosine * fresh, cosine, fresh) for _, cosine, fresh in near_of(need, supply, index)),
        reverse=True,
    )[:2]
    assert faded == 1.0
    assert shares["Aussi"] / shares["Neuf"] == pytest.approx(SHARE * further / near, rel=1e-6)
    assert sum(reason.weight for reason in found) == pytest.approx(1.0)


def near_of(need: Need, supply: Supply, index: SupplyIndex) -> list[tuple[int, float, float]]:
    """What the index says of each piece."""
    asked = Asked.of(need, index, WORLD.parents, NOW.year)
    slot = index.slot_of(supply.supply_id)
    assert index.meanings is not None
    assert asked.vector is not None
    assert slot is not None
    return index.meanings.pieces(asked.vector, np.array([slot]), NOW.year)[0]


def test_a_piece_with_a_small_share_is_left_out_and_the_total_stays() -> None:
    need = demand(vector=_vector(1, 0), niches=(), title="Rien", description="")
    alone = reasons(need, *_worker(_work("Neuf", 1, 0)))
    beside = reasons(need, *_worker(_work("Neuf", 1, 0), _work("Loin", 0.02, 1)))
    assert [reason.text for reason in beside] == ["Neuf"]
    assert sum(r.weight for r in beside) == pytest.approx(sum(r.weight for r in alone))


def test_the_parts_of_a_long_piece_are_one_reason() -> None:
    need = demand(vector=_vector(1, 0), niches=(), title="Rien", description="")
    parts = (_work("Long", 1, 0, 2020), _work("Long", 1, 0.2, 2020, part=1))
    (only,) = reasons(need, *_worker(*parts))
    assert (only.text, only.year) == ("Long", 2020)


def test_past_work_and_profile_speak_side_by_side() -> None:
    profile = Piece("profile", "Atelier", vector=_vector(1, 0.1))
    supply, index = _worker(profile, _work("Neuf", 1, 0.2))
    need = demand(vector=_vector(1, 0), niches=(), title="Rien", description="")
    assert {reason.kind for reason in reasons(need, supply, index)} == {"meaning", "portfolio"}


def test_what_is_far_in_meaning_is_no_reason() -> None:
    index = SupplyIndex(Centres("m", 2))
    supply = replace(member(), pieces=(Piece("profile", "Atelier", vector=_vector(-1, 0)),))
    index.put(supply)
    assert of_kind(reasons(demand(vector=_vector(1, 0)), supply, index), "meaning") is None


def test_a_compound_number_is_shown_as_it_is_written_and_short_numbers_are_not_shown() -> None:
    text = "Mesurer les PM2.5 sur 12 stations de zone 5."
    need = demand(title="Air", description=text, niches=())
    found = of_kind(reasons(need, member(text="PM2.5 : 5 capteurs, 12 stations.")), "terms")
    assert found is not None
    assert set(found.terms) == {"PM2.5", "stations"}


def test_a_short_number_alone_in_common_is_no_reason() -> None:
    need = demand(title="Air", description="Mesurer en 12 lieux.", niches=())
    assert of_kind(reasons(need, member(text="Menuiserie, 12 ateliers")), "terms") is None

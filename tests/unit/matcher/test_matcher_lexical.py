"""BM25 over a collection that changes."""

from __future__ import annotations

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.lexical import Lexicon
from tests.strategies import bags

Bag = dict[str, float]
collections = st.lists(bags, min_size=1, max_size=12)


def built(documents: list[Bag]) -> Lexicon:
    """A lexicon with ``documents`` in slots 0, 1, ..."""
    lexicon = Lexicon()
    for slot, terms in enumerate(documents):
        lexicon.add(slot, terms)
    return lexicon


def spelled(document: Bag) -> list[str]:
    """The tokens of a document, each as often as it counts."""
    return [term for term, count in document.items() for _ in range(int(count))]


@given(collections, st.sets(st.sampled_from("abcdefgh"), min_size=1))
def test_scores_are_those_of_bm25s(documents: list[Bag], query: set[str]) -> None:
    """bm25s' ``method="lucene"`` has Lucene's idf and, like ours, no factor (k1 + 1)."""
    known = sorted(query & {term for document in documents for term in document})
    scores = built(documents).scores(dict.fromkeys(query, 1.0))
    if not known:
        assert not scores.any()
        return
    reference = bm25s.BM25(method="lucene", k1=1.2, b=0.6)
    reference.index([spelled(d) for d in documents], show_progress=False)
    assert scores == pytest.approx(reference.get_scores(known), abs=1e-5)


@given(collections, st.data())
def test_what_was_removed_leaves_no_trace(documents: list[Bag], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.integers(0, len(documents) - 1), max_size=len(documents) - 1))
    order = data.draw(st.permutations(range(len(documents))))
    changed = Lexicon()
    slots: list[int] = []
    for number in order:
        changed.add(len(slots), documents[number])
        slots.append(number)
    for number in sorted(gone):
        changed.forget(documents[number])
    kept = [n for n in range(len(documents)) if n not in gone]
    fresh = built([documents[n] for n in kept])
    query = dict.fromkeys("abcdefgh", 1.0)
    assert len(changed) == len(fresh)
    assert changed.scores(query)[[slots.index(n) for n in kept]] == pytest.approx(
        fresh.scores(query), abs=1e-5
    )
    assert changed.ceiling(query) == pytest.approx(fresh.ceiling(query))


@given(collections, bags)
def test_no_document_scores_above_the_ceiling(documents: list[Bag], query: Bag) -> None:
    lexicon = built(documents)
    assert (lexicon.scores(query) <= lexicon.ceiling(query) + 1e-5).all()


@given(collections, bags, st.floats(0.5, 4))
def test_a_query_of_doubled_weight_doubles_the_scores(
    documents: list[Bag], query: Bag, factor: float
) -> None:
    lexicon = built(documents)
    more = {term: weight * factor for term, weight in query.items()}
    assert lexicon.scores(more) == pytest.approx(lexicon.scores(query) * factor, rel=1e-4)


def test_a_rare_term_tells_more_than_a_common_one() -> None:
    lexicon = built([{"a": 1.0, "b": 1.0}, {"a": 1.0}, {"a": 1.0}])
    assert lexicon.idf("b") > lexicon.idf("a") > lexicon.idf("unknown") == 0.0
    assert lexicon.idf_unseen() > lexicon.idf("b")


def test_an_empty_collection_scores_nothing() -> None:
    assert Lexicon().scores({"a": 1.0}).size == 0
    emptied = built([{"a": 1.0}])
    emptied.forget({"a": 1.0})
    assert not emptied.scores({"a": 1.0}).any()


def test_a_document_must_come_into_the_next_slot() -> None:
    with pytest.raises(ValueError, match="not the next one"):
        Lexicon().add(1, {})


def test_postings_and_lengths_grow_with_the_collection() -> None:
    lexicon = built([{"a": float(n + 1)} for n in range(300)])
    scores = lexicon.scores({"a": 1.0})
    assert len(scores) == 300
    assert (np.diff(scores) != 0).any()

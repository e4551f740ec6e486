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
        lexicon.put(slot, terms)
    return lexicon


def scored(lexicon: Lexicon, query: Bag) -> np.ndarray:
    """The scores of every document."""
    return lexicon.scores(lexicon.weigh(query), np.arange(len(lexicon)))


def ceiling(lexicon: Lexicon, query: Bag) -> float:
    """What no document can score more than."""
    return lexicon.weigh(query).ceiling


def spelled(document: Bag) -> list[str]:
    """The tokens of a document, each as often as it counts."""
    return [term for term, count in document.items() for _ in range(int(count))]


@given(collections, st.sets(st.sampled_from("abcdefgh"), min_size=1))
def test_scores_are_those_of_bm25s(documents: list[Bag], query: set[str]) -> None:
    """bm25s' ``method="lucene"`` has Lucene's idf and, like ours, no factor (k1 + 1)."""
    known = sorted(query & {term for document in documents for term in document})
    scores = scored(built(documents), dict.fromkeys(query, 1.0))
    if not known:
        assert not scores.any()
        return
    reference = bm25s.BM25(method="lucene", k1=1.2, b=0.6)
    reference.index([spelled(d) for d in documents], show_progress=False)
    assert scores == pytest.approx(reference.get_scores(known), abs=1e-5)


@given(collections, st.data())
def test_what_was_replaced_leaves_no_trace(documents: list[Bag], data: st.DataObject) -> None:
    changed = built([data.draw(bags) for _ in documents])
    for slot in data.draw(st.permutations(range(len(documents)))):
        changed.put(slot, documents[slot])
    fresh = built(documents)
    query = dict.fromkeys("abcdefgh", 1.0)
    assert scored(changed, query) == pytest.approx(scored(fresh, query), abs=1e-12)
    assert ceiling(changed, query) == pytest.approx(ceiling(fresh, query))
    for slot in range(len(documents)):
        assert {t for t, _ in changed.shared(changed.weigh(query), slot)} == set(documents[slot])


@given(collections, bags, st.data())
def test_a_document_scores_the_same_whichever_others_are_asked_for(
    documents: list[Bag], query: Bag, data: st.DataObject
) -> None:
    """Few are looked up by document, many by posting."""
    lexicon = built([*documents, *[{"z": 1.0}] * 400])
    whole = scored(lexicon, query)
    some = np.array(data.draw(st.lists(st.integers(0, len(documents) - 1), max_size=3)), int)
    assert lexicon.scores(lexicon.weigh(query), some) == pytest.approx(
        whole[some], rel=1e-12, abs=1e-12
    )


@given(collections, bags)
def test_no_document_scores_above_the_ceiling(documents: list[Bag], query: Bag) -> None:
    lexicon = built(documents)
    assert (scored(lexicon, query) <= ceiling(lexicon, query) + 1e-5).all()


@given(collections, bags, st.floats(0.5, 4))
def test_a_query_of_doubled_weight_doubles_the_scores(
    documents: list[Bag], query: Bag, factor: float
) -> None:
    lexicon = built(documents)
    more = {term: weight * factor for term, weight in query.items()}
    assert scored(lexicon, more) == pytest.approx(scored(lexicon, query) * factor, rel=1e-6)


def test_a_rare_term_tells_more_than_a_common_one() -> None:
    lexicon = built([{"a": 1.0, "b": 1.0}, {"a": 1.0}, {"a": 1.0}])
    assert lexicon.idf("b") > lexicon.idf("a") > lexicon.idf("unknown") == 0.0
    assert lexicon.idf_unseen() > lexicon.idf("b")


def test_an_empty_collection_scores_nothing() -> None:
    assert scored(Lexicon(), {"a": 1.0}).size == 0
    emptied = built([{"a": 1.0}])
    emptied.put(0, {})
    assert not scored(emptied, {"a": 1.0}).any()
    assert emptied.idf("a") == 0.0


def test_a_document_comes_into_a_slot_that_is_there_or_the_next_one() -> None:
    with pytest.raises(ValueError, match="nor the next one"):
        Lexicon().put(1, {})


def test_postings_and_lengths_grow_with_the_collection() -> None:
    scores = scored(built([{"a": float(n + 1)} for n in range(300)]), {"a": 1.0})
    assert len(scores) == 300
    assert (np.diff(scores) != 0).any()


def test_a_term_that_nobody_has_any_more_is_forgotten() -> None:
    lexicon = built([{"a": 1.0}])
    for number in range(1_000):
        lexicon.put(0, {f"term {number}": 1.0})
    assert lexicon.vocabulary == 1

"""From evidence to a probability."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.domain.model import Evidence
from tests.unit.matcher.things import MODEL

shares = st.floats(0, 1, width=32)
cosines = st.floats(-1, 1, width=32)
evidence = st.tuples(cosines, shares, shares, st.booleans())


@given(st.lists(evidence, min_size=1, max_size=20), st.booleans(), st.booleans())
def test_many_pairs_at_once_are_judged_as_each_alone(
    rows: list[tuple[float, float, float, bool]], embedded: bool, named: bool
) -> None:
    near, coverage, niche, shared = (np.array(column) for column in zip(*rows, strict=True))
    together = MODEL.probabilities(
        near.astype(np.float32) if embedded else None,
        coverage.astype(np.float32),
        niche.astype(np.float32) if named else None,
        shared.astype(bool),
    )
    alone = [
        MODEL.probability(Evidence(n if embedded else None, c, k if named else None, s))
        for n, c, k, s in rows
    ]
    assert together == pytest.approx(alone, abs=2e-6)


@given(evidence, shares)
def test_more_evidence_never_lowers_the_score(
    row: tuple[float, float, float, bool], more: float
) -> None:
    near, coverage, niche, shared = row
    base = MODEL.probability(Evidence(near, coverage, niche, shared))
    assert MODEL.probability(Evidence(min(1, near + more), coverage, niche, shared)) >= base
    assert MODEL.probability(Evidence(near, coverage + more, niche, shared)) >= base
    assert MODEL.probability(Evidence(near, coverage, niche + more, shared)) >= base


@given(evidence)
def test_the_parts_sum_to_the_log_odds(row: tuple[float, float, float, bool]) -> None:
    found = Evidence(*row)
    log_odds = sum(MODEL.parts(found).values())
    assert MODEL.probability(found) == pytest.approx(1 / (1 + np.exp(-log_odds)), abs=1e-6)


def test_a_need_that_names_no_niche_is_judged_on_the_rest() -> None:
    named_elsewhere = Evidence(0.45, 0.16, 0.0, True)
    named_nothing = Evidence(0.45, 0.16, None, True)
    assert MODEL.probability(named_nothing) > MODEL.probability(named_elsewhere)


def test_a_shared_word_counts_less_where_the_languages_differ() -> None:
    def told_by_words(shared_language: bool) -> float:
        some, none = (Evidence(0.5, share, None, shared_language) for share in (0.2, 0.0))
        return sum(MODEL.parts(some).values()) - sum(MODEL.parts(none).values())

    assert 0 < told_by_words(False) < told_by_words(True) / 3


def test_a_model_survives_being_stored(tmp_path: Path) -> None:
    stored = tmp_path / "score.json"
    stored.write_text(scoring.dump(MODEL))
    assert scoring.load(stored) == MODEL == scoring.load(SCORE_MODEL)


@pytest.mark.parametrize("text", ['{"version": "1"}', '{"version": "1", "other": 1}'])
def test_a_model_with_missing_or_unknown_fields_is_refused(tmp_path: Path, text: str) -> None:
    stored = tmp_path / "score.json"
    stored.write_text(text)
    with pytest.raises(TypeError):
        scoring.load(stored)

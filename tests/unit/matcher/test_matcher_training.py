"""The fit of a score, its calibration, and what is held out for it."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain.model import Evidence
from services.matcher.domain.scoring import ScoreModel
from services.matcher.training import calibration, logistic, naming, score
from services.matcher.training.score import Pairs
from tests.unit.matcher.things import MODEL

SEED = 20_26
chances = st.lists(st.floats(0, 1), min_size=1, max_size=50)


def pairs(needs: int, each: int, seed: int = SEED) -> Pairs:
    """Pairs of made-up evidence, right as often as `MODEL` says of them."""
    random = np.random.default_rng(seed)
    evidence = [
        Evidence(
            closeness=float(random.uniform(0.0, 1.0)),
            coverage=float(random.beta(1, 6)),
            niche=float(random.choice([0.0, 0.25, 0.5, 1.0])),
            shared_language=bool(random.random() < 0.7),
            crowd=float(random.uniform(0, 0.3)),
            same_city=bool(random.random() < 0.1),
        )
        for _ in range(needs * each)
    ]
    right = [float(random.random() < MODEL.probability(one)) for one in evidence]
    return Pairs(
        evidence,
        np.array(right),
        np.ones(len(evidence)),
        np.repeat(np.arange(needs), each).astype(np.intp),
    )


def test_logistic_regression_finds_the_weights_that_made_the_labels() -> None:
    random = np.random.default_rng(SEED)
    true = np.array([-1.0, 2.0, -0.5])
    design = np.column_stack([np.ones(40_000), random.normal(size=(40_000, 2))])
    labels = (random.random(40_000) < 1 / (1 + np.exp(-design @ true))).astype(float)
    found = logistic.fit(design, labels, np.ones(40_000), np.zeros(3), np.full(3, 1e-6))
    assert found == pytest.approx(true, abs=0.06)


def test_a_strong_prior_holds_a_weight_and_a_pair_of_weight_two_is_two_pairs() -> None:
    random = np.random.default_rng(SEED)
    design = np.column_stack([np.ones(200), random.normal(size=200)])
    labels = (random.random(200) < 0.3).astype(float)
    held = logistic.fit(design, labels, np.ones(200), np.array([0.0, 3.0]), np.array([0.1, 1e9]))
    assert held[1] == pytest.approx(3.0, abs=1e-4)
    prior, ridge = np.zeros(2), np.full(2, 0.1)
    twice = logistic.fit(np.vstack([design] * 2), np.tile(labels, 2), np.ones(400), prior, ridge)
    assert logistic.fit(design, labels, np.full(200, 2.0), prior, ridge) == pytest.approx(twice)


def test_a_fitted_score_is_as_sure_of_pairs_as_they_are_right() -> None:
    some = pairs(400, 20)
    model = score.fit(some, "fitted")
    found = np.array([model.probability(one) for one in some.evidence])
    assert calibration.expected_error(calibration.bins(found, some.right, some.weight)) < 0.05
    true = np.array([MODEL.probability(one) for one in some.evidence])
    assert np.corrcoef(found, true)[0, 1] > 0.9


@given(chances)
def test_scores_that_are_the_share_of_right_ones_have_no_error(scores: list[float]) -> None:
    of = np.array(scores)
    every = np.ones(len(of))
    # `right` may be a share: what the labels of many like pairs come to.
    assert calibration.expected_error(calibration.bins(of, of, every)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("said", "right", "error"), [(0.9, 0.6, 0.3), (0.2, 0.5, 0.3), (1, 0, 1)])
def test_the_error_is_the_distance_between_score_and_share(
    said: float, right: float, error: float
) -> None:
    labels = np.array([1.0] * round(10 * right) + [0.0] * round(10 * (1 - right)))
    found = calibration.bins(np.full(10, said), labels, np.ones(10))
    assert calibration.expected_error(found) == pytest.approx(error)


def test_each_bin_weighs_as_many_pairs_as_it_stands_for() -> None:
    scores, labels = np.array([0.05, 0.95]), np.array([0.0, 0.0])
    found = calibration.bins(scores, labels, np.array([99.0, 1.0]))
    assert calibration.expected_error(found) == pytest.approx(0.99 * 0.05 + 0.01 * 0.95)
    seen = calibration.seen(scores, labels, np.array([99.0, 1.0]))
    assert sum(one.pairs for one in seen) == 1.0
    assert calibration.expected_error(seen) == pytest.approx(0.95)


def test_nothing_that_may_be_seen_has_no_error() -> None:
    assert calibration.expected_error(calibration.seen(*[np.array([0.01])] * 3)) == 0.0


def test_no_pair_of_a_held_need_is_in_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    some = pairs(12, 5)
    fits: list[set[int]] = []
    versions: dict[str, set[int]] = {}
    true = score.fit

    def watched(chosen: Pairs, version: str) -> ScoreModel:
        fits.append(set(chosen.need.tolist()))
        name = str(len(fits))
        versions[name] = fits[-1]
        return replace(true(chosen, version), version=name)

    by: dict[int, set[str]] = {need: set() for need in range(12)}
    probability = ScoreModel.probability
    need_of = {id(one): int(n) for one, n in zip(some.evidence, some.need, strict=True)}

    def judged(model: ScoreModel, evidence: Evidence) -> float:
        by[need_of[id(evidence)]].add(model.version)
        return probability(model, evidence)

    monkeypatch.setattr(score, "fit", watched)
    monkeypatch.setattr(ScoreModel, "probability", judged)
    score.held_out(some)
    assert len(fits) == 5
    for need, models in by.items():
        (model,) = models
        assert need not in versions[model]
        assert len(versions[model]) in (9, 10)


def test_labels_that_are_noise_look_learnt_in_the_fit_and_not_on_held_out_needs() -> None:
    random = np.random.default_rng(SEED)
    some = pairs(20, 3)
    noise = replace(some, right=(random.random(60) < 0.5).astype(float))
    model = score.fit(noise, "noise")
    own = np.array([model.probability(one) for one in noise.evidence])
    assert (
        np.corrcoef(own, noise.right)[0, 1] > np.corrcoef(score.held_out(noise), noise.right)[0, 1]
    )


def test_a_default_name_says_the_day_and_which_weights() -> None:
    day = date(2026, 11, 24)
    first = naming.named(MODEL, day)
    assert first.version.startswith("2026-11-24.")
    assert naming.named(replace(MODEL, version="any"), day) == first
    for name in asdict(MODEL):
        if name != "version":
            other = replace(MODEL, **{name: getattr(MODEL, name) + 0.0001})
            assert naming.named(other, day).version != first.version

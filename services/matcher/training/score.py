"""The weights of `ScoreModel`, from judged pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.model import Evidence
from services.matcher.domain.scoring import ScoreModel
from services.matcher.training import logistic

Numbers = NDArray[np.float64]

CROWD = 0.8
"""What of its crowd is taken off the closeness of a pair: half, as in CSLS (see `crowds`)."""
COVERAGE_TO_CLOSENESS = 2.5
"""The prior's weight of words over that of meaning; docs/decisions/0017 has the measurements."""
CROSS_COVERAGE_TO_CLOSENESS = 0.25
"""The same where no language is shared: names and acronyms are the same words there, but so are
many that only look alike.
"""


@dataclass(frozen=True)
class Pairs:
    """Judged pairs: ``right`` (n,) is 1 or 0, ``weight`` (n,) how much each counts.

    ``need`` numbers the need of each pair, so that whole needs can be held out.
    """

    evidence: Sequence[Evidence]
    right: Numbers
    weight: Numbers
    need: NDArray[np.intp]

    def of(self, needs: NDArray[np.bool_]) -> Pairs:
        """The pairs of some of the needs."""
        chosen = np.flatnonzero(needs[self.need])
        evidence = [self.evidence[place] for place in chosen.tolist()]
        return Pairs(evidence, self.right[chosen], self.weight[chosen], self.need[chosen])

    def by_words(self) -> Pairs:
        """The same as a hub without embeddings sees them."""
        blind = [replace(evidence, closeness=None) for evidence in self.evidence]
        return replace(self, evidence=blind)

    def also_unnamed(self) -> Pairs:
        """Each pair twice for half, once with the niches hidden: not every need names one."""
        hidden = [replace(evidence, niche=None) for evidence in self.evidence]
        return Pairs(
            [*self.evidence, *hidden],
            np.tile(self.right, 2),
            np.tile(self.weight / 2, 2),
            np.tile(self.need, 2),
        )


# Closeness with words at a stated ratio, so that few judged pairs do not decide between the two.
# One weight for each of: bias, meaning and words, words beyond that, niche, no niche named; then
# bias, meaning and words, niche, no niche named of pairs without a shared language; city.
_PRIOR = np.array([-6.0, 8.0, 0.0, 3.0, 1.0, -6.0, 8.0, 5.0, 1.5, 0.5])
_RIDGE = np.array([0.01, 0.05, 2.0, 0.1, 0.05, 0.01, 0.1, 0.02, 0.02, 0.1])
_LEXICAL_PRIOR = np.array([-5.0, 15.0, 4.0, 1.5, 0.5])
_LEXICAL_RIDGE = np.array([0.01, 0.02, 0.1, 0.05, 0.1])


def _meaning(e: Evidence) -> float:
    near = e.closeness or 0.0
    return near if e.shared_language else near - CROWD * e.crowd


def _niche(e: Evidence) -> tuple[float, float]:
    """What the weights of niches and of none are for: inferred ones are both, see `scoring`."""
    return (0.0, 1.0) if e.niche is None else (e.sure * e.niche, 1.0 - e.sure)


def _design(pairs: Pairs) -> Numbers:
    rows = []
    for e in pairs.evidence:
        same = float(e.shared_language)
        ratio = COVERAGE_TO_CLOSENESS if e.shared_language else CROSS_COVERAGE_TO_CLOSENESS
        words = ratio * e.coverage
        niche, unnamed = _niche(e)
        both = _meaning(e) + words
        city = float(e.same_city)
        own = [1.0, both, words, niche, unnamed]
        rows.append(
            [*(same * v for v in own), *((1 - same) * v for v in (1.0, both, niche, unnamed)), city]
        )
    return np.array(rows)


def _lexical_design(pairs: Pairs) -> Numbers:
    rows = [[1.0, e.coverage, *_niche(e), float(e.same_city)] for e in pairs.evidence]
    return np.array(rows)


def fit(pairs: Pairs, version: str) -> ScoreModel:
    """The score model that ``pairs`` give."""
    whole = pairs.also_unnamed()
    full = logistic.fit(_design(whole), whole.right, whole.weight, _PRIOR, _RIDGE)
    bias, closeness, extra, niche, unnamed, *foreign = (round(float(b), 4) for b in full)
    cross_bias, cross, cross_niche, cross_unnamed, city = foreign
    words = logistic.fit(
        _lexical_design(whole), whole.right, whole.weight, _LEXICAL_PRIOR, _LEXICAL_RIDGE
    )
    lexical = [round(float(b), 4) for b in words]
    coverage = round(COVERAGE_TO_CLOSENESS * (closeness + extra), 4)
    crowd = round(CROWD * cross, 4)
    cross_coverage = round(CROSS_COVERAGE_TO_CLOSENESS * cross, 4)
    return ScoreModel(
        version,
        bias,
        closeness,
        coverage,
        niche,
        unnamed,
        cross_bias,
        cross,
        crowd,
        cross_coverage,
        cross_niche,
        cross_unnamed,
        city,
        *lexical,
    )


def held_out(pairs: Pairs, folds: int = 5) -> Numbers:
    """The score of each pair by a model that was fitted without any pair of its need."""
    many = int(pairs.need.max()) + 1
    scores = np.zeros(len(pairs.right))
    for fold in range(folds):
        held = np.arange(many) % folds == fold
        model = fit(pairs.of(~held), "held out")
        for place in np.flatnonzero(held[pairs.need]).tolist():
            scores[place] = model.probability(pairs.evidence[place])
    return scores

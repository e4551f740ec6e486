"""How good rankings are, by ir-measures (trec_eval's own code), and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.cli.errors import CommandFailed
from services.cli.evaluate.loading import Grades

RESAMPLES = 2_000
CONFIDENCE = 0.95
SEED = 2_026

NAMES = ("MRR", "hit@1", "hit@5", "hit@10", "nDCG@10", "recall@50")
"""The measures. A grade of 1 or more is right; nDCG gains are the grades, as trec_eval's are."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over demands, with the bounds of its bootstrap interval."""

    value: float
    low: float
    high: float


class MeasuresMissing(CommandFailed):
    """There is no library to measure with."""


class Measures:
    """The measures of one ranking after another. Raises MeasuresMissing without the library."""

    def __init__(self) -> None:
        try:
            import ir_measures
            from ir_measures import RR, R, Success, nDCG
        except ImportError as error:
            raise MeasuresMissing(
                f"ir-measures is not installed ({error}); it has no wheel for Linux on aarch64."
            ) from error
        found = (RR, Success @ 1, Success @ 5, Success @ 10, nDCG @ 10, R @ 50)
        self._names = dict(zip(found, NAMES, strict=True))
        self._library: Any = ir_measures.pytrec_eval

    def of(self, members: Sequence[str], grades: Grades) -> dict[str, float]:
        """Each measure of ``members``, best first, by name.

        The places are the scores here, so that members of equal score stay as `rank` has them.
        """
        run = {"d": {member: -float(place) for place, member in enumerate(members)}}
        metrics = self._library.iter_calc(list(self._names), {"d": grades}, run)
        found = {self._names[metric.measure]: float(metric.value) for metric in metrics}
        return {name: found[name] for name in NAMES}


def estimates(measured: Sequence[dict[str, float]]) -> dict[str, Estimate]:
    """The mean of each measure, with a percentile interval (Efron and Tibshirani 1993, section
    13.3) over demands drawn again with replacement; the same seed each time.
    """
    values = np.array([[one[name] for name in NAMES] for one in measured])
    random = np.random.default_rng(SEED)
    drawn = np.empty((RESAMPLES, len(NAMES)))
    for number in range(RESAMPLES):
        drawn[number] = values[random.integers(0, len(values), len(values))].mean(axis=0)
    outside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [outside, 1 - outside], axis=0)
    means = values.mean(axis=0)
    return {
        name: Estimate(float(means[i]), float(low[i]), float(high[i]))
        for i, name in enumerate(NAMES)
    }

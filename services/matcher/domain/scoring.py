"""From evidence to a probability: a logistic model with few, stored, versioned weights."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.model import Evidence

DIGITS = 6
"""Scores are rounded to this many digits, so that the order of sums cannot change a shortlist."""


@dataclass(frozen=True, slots=True)
class ScoreModel:
    """Weights of the log-odds. A pair without a shared language has its own two: words tell
    nothing there, and nearness in meaning is smaller across languages. ``unnamed`` is added for a
    need that names no niche: that is no evidence against anybody.
    """

    version: str
    bias: float
    closeness: float
    coverage: float
    niche: float
    unnamed: float
    cross_bias: float
    cross_closeness: float
    lexical_bias: float
    lexical_coverage: float
    lexical_niche: float
    lexical_unnamed: float

    @property
    def steepness(self) -> float:
        """The most that the log-odds change with one unit of closeness."""
        return max(abs(self.closeness), abs(self.cross_closeness))

    def parts(self, evidence: Evidence) -> dict[str, float]:
        """The terms of the sum, by name."""
        if evidence.closeness is None:
            return {
                "bias": self.lexical_bias,
                "terms": self.lexical_coverage * evidence.coverage,
                **_niche(evidence.niche, self.lexical_niche, self.lexical_unnamed),
            }
        bias, closeness = (
            (self.bias, self.closeness)
            if evidence.shared_language
            else (self.cross_bias, self.cross_closeness)
        )
        return {
            "bias": bias,
            "meaning": closeness * evidence.closeness,
            "terms": self.coverage * evidence.coverage,
            **_niche(evidence.niche, self.niche, self.unnamed),
        }

    def probability(self, evidence: Evidence) -> float:
        """The probability that the pair leads to an acceptance, rounded to `DIGITS` digits."""
        log_odds = math.fsum(self.parts(evidence).values())
        return round(1.0 / (1.0 + math.exp(-log_odds)), DIGITS)

    def probabilities(
        self,
        closeness: NDArray[np.floating[Any]] | None,
        coverage: NDArray[np.floating[Any]],
        niche: NDArray[np.floating[Any]] | None,
        shared_language: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        """`probability` of many pairs at once; arrays of one length."""
        if closeness is None:
            log_odds = self.lexical_bias + self.lexical_coverage * coverage
            log_odds = log_odds + (
                self.lexical_unnamed if niche is None else self.lexical_niche * niche
            )
        else:
            log_odds = np.where(
                shared_language,
                self.bias + self.closeness * closeness,
                self.cross_bias + self.cross_closeness * closeness,
            )
            log_odds = log_odds + self.coverage * coverage
            log_odds = log_odds + (self.unnamed if niche is None else self.niche * niche)
        chance: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-log_odds.astype(np.float64)))
        return np.round(chance, DIGITS)


def _niche(value: float | None, weight: float, unnamed: float) -> dict[str, float]:
    return {"unnamed": unnamed} if value is None else {"niche": weight * value}


def load(path: Path) -> ScoreModel:
    """Read a stored model; raises KeyError or TypeError when fields are missing or unknown."""
    return ScoreModel(**json.loads(path.read_text()))


def dump(model: ScoreModel) -> str:
    """The stored form of ``model``."""
    return json.dumps(asdict(model), indent=2) + "\n"

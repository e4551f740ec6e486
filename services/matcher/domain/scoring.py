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
"""Log-odds are rounded to this many digits, so that the order of sums cannot change a shortlist."""


@dataclass(frozen=True, slots=True)
class ScoreModel:
    """Weights of the log-odds. A pair without a shared language has its own: nearness in meaning
    is smaller across languages and niches tell more, and ``cross_crowd`` is taken off for a supply
    that is near to everything. ``unnamed`` is added for a need that names no niche, as far as none
    is inferred: that is no evidence against anybody. Those of a hub without embeddings begin with
    ``lexical_``.
    """

    version: str
    bias: float
    closeness: float
    coverage: float
    niche: float
    unnamed: float
    cross_bias: float
    cross_closeness: float
    cross_crowd: float
    cross_coverage: float
    cross_niche: float
    cross_unnamed: float
    city: float
    lexical_bias: float
    lexical_coverage: float
    lexical_niche: float
    lexical_unnamed: float
    lexical_city: float

    @property
    def steepness(self) -> float:
        """The most that the log-odds change with one unit of closeness."""
        return max(abs(self.closeness), abs(self.cross_closeness))

    def parts(self, evidence: Evidence) -> dict[str, float]:
        """The terms of the sum, by name."""
        if evidence.closeness is None:
            return {
                "bias": self.lexical_bias,
                "city": self.lexical_city * evidence.same_city,
                "terms": self.lexical_coverage * evidence.coverage,
                **_niche(evidence, self.lexical_niche, self.lexical_unnamed),
            }
        if evidence.shared_language:
            return {
                "bias": self.bias,
                "city": self.city * evidence.same_city,
                "meaning": self.closeness * evidence.closeness,
                "terms": self.coverage * evidence.coverage,
                **_niche(evidence, self.niche, self.unnamed),
            }
        return {
            "bias": self.cross_bias,
            "city": self.city * evidence.same_city,
            "meaning": self.cross_closeness * evidence.closeness,
            "crowd": -self.cross_crowd * evidence.crowd,
            "terms": self.cross_coverage * evidence.coverage,
            **_niche(evidence, self.cross_niche, self.cross_unnamed),
        }

    def probability(self, evidence: Evidence) -> float:
        """The probability that the pair leads to an acceptance; log-odds have `DIGITS` digits."""
        log_odds = round(math.fsum(self.parts(evidence).values()), DIGITS)
        return float(1.0 / (1.0 + np.exp(-log_odds)))

    def probabilities(
        self,
        closeness: NDArray[np.floating[Any]] | None,
        coverage: NDArray[np.floating[Any]],
        niche: NDArray[np.floating[Any]] | None,
        shared_language: NDArray[np.bool_],
        crowd: NDArray[np.floating[Any]] | None = None,
        same_city: NDArray[np.bool_] | None = None,
        sure: float = 1.0,
    ) -> NDArray[np.float64]:
        """`probability` of many pairs at once; see `log_odds`."""
        found = self.log_odds(closeness, coverage, niche, shared_language, crowd, same_city, sure)
        chance: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.round(found, DIGITS)))
        return chance

    def log_odds(
        self,
        closeness: NDArray[np.floating[Any]] | None,
        coverage: NDArray[np.floating[Any]],
        niche: NDArray[np.floating[Any]] | None,
        shared_language: NDArray[np.bool_],
        crowd: NDArray[np.floating[Any]] | None = None,
        same_city: NDArray[np.bool_] | None = None,
        sure: float = 1.0,
    ) -> NDArray[np.float64]:
        """The sum of `parts` of many pairs at once, not rounded; arrays of one length.

        ``crowd`` and ``same_city`` None: zeros.
        """
        if closeness is None:
            log_odds = self.lexical_bias + self.lexical_coverage * coverage
            log_odds = log_odds + _niches(niche, sure, self.lexical_niche, self.lexical_unnamed)
        else:
            log_odds = self._across(closeness, coverage, niche, shared_language, crowd, sure)
        if same_city is not None:
            city = self.lexical_city if closeness is None else self.city
            log_odds = log_odds + city * same_city
        return log_odds.astype(np.float64, copy=False)

    def _across(
        self,
        closeness: NDArray[np.floating[Any]],
        coverage: NDArray[np.floating[Any]],
        niche: NDArray[np.floating[Any]] | None,
        shared: NDArray[np.bool_],
        crowd: NDArray[np.floating[Any]] | None,
        sure: float,
    ) -> NDArray[np.float64]:
        """What has weights of its own where no language is shared, added up: as if all shared one,
        and then anew for those that do not.
        """
        named = 0.0 if niche is None else sure
        total = np.full(len(shared), self.bias + (1.0 - named) * self.unnamed)
        total += self.closeness * closeness.astype(np.float64)
        total += self.coverage * coverage
        if niche is not None:
            total += (named * self.niche) * niche
        foreign = np.flatnonzero(~shared)
        other = np.full(len(foreign), self.cross_bias + (1.0 - named) * self.cross_unnamed)
        other += self.cross_closeness * closeness.take(foreign).astype(np.float64)
        other += self.cross_coverage * coverage.take(foreign)
        if crowd is not None:
            other += -self.cross_crowd * crowd.take(foreign)
        if niche is not None:
            other += (named * self.cross_niche) * niche.take(foreign)
        total[foreign] = other
        return total


def _niche(evidence: Evidence, weight: float, unnamed: float) -> dict[str, float]:
    """What niches count: those of a need as far as they are surely its own, and for the rest as
    if it named none.
    """
    if evidence.niche is None:
        return {"unnamed": unnamed}
    parts = {"niche": evidence.sure * weight * evidence.niche}
    return parts if evidence.sure == 1.0 else parts | {"unnamed": (1.0 - evidence.sure) * unnamed}


def _niches(
    values: NDArray[np.floating[Any]] | None, sure: float, weight: float, unnamed: float
) -> NDArray[np.floating[Any]] | float:
    """`_niche` of many pairs of one need, added up."""
    if values is None:
        return unnamed
    return sure * weight * values + (1.0 - sure) * unnamed


def load(path: Path) -> ScoreModel:
    """Read a stored model; raises KeyError or TypeError when fields are missing or unknown."""
    return ScoreModel(**json.loads(path.read_text()))


def dump(model: ScoreModel) -> str:
    """The stored form of ``model``."""
    return json.dumps(asdict(model), indent=2) + "\n"

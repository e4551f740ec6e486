"""What would be sent: proposals at each threshold, and how many of them are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.policy import Policy
from services.matcher.training.score import Pairs

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(4, 20))
WANTED_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Sent:
    """Proposals above ``threshold``: how many, how many right, and demands that get nobody."""

    threshold: float
    proposals: int
    right: int
    unmatched: int


def sent(pairs: Pairs, scores: NDArray[np.float64]) -> list[Sent]:
    """For each threshold what a demand that wants one partner would lead to."""
    most = Policy().members_for(1)
    found = []
    for threshold in THRESHOLDS:
        proposals = right = unmatched = 0
        for number in np.unique(pairs.need):
            places = np.flatnonzero((pairs.need == number) & (scores >= threshold))
            best = places[np.argsort(-scores[places], kind="stable")][:most]
            proposals += len(best)
            right += int(pairs.right[best].sum())
            unmatched += not len(best)
        found.append(Sent(threshold, proposals, right, unmatched))
    return found


def least_threshold(found: list[Sent]) -> Sent | None:
    """The least threshold from which on nine of ten proposals are right; None: there is none."""
    good = [
        one
        for place, one in enumerate(found)
        if all(s.right >= WANTED_SHARE * s.proposals for s in found[place:])
    ]
    return good[0] if good else None

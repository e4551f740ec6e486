"""Which of many roughly judged pairs could be among the best, so that those are judged exactly."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.policy import Policy
from services.matcher.domain.scoring import DIGITS

_ROUNDED = 2 * 10.0**-DIGITS  # both scores are of rounded log-odds
_TINY = 1e-15  # and of a sigmoid in double precision
Scores = NDArray[np.float64]


def lowered(score: float, slack: float) -> float:
    """The least that ``score`` can be exactly, when its log-odds are wrong by up to ``slack``."""
    if score <= 0:
        return -_TINY
    return score / (score + (1.0 - score) * math.exp(slack + _ROUNDED)) - _TINY


def raised(score: float, slack: float) -> float:
    """The most that ``score`` can be exactly."""
    return 1.0 - lowered(1.0 - score, slack)


def _cut(scores: Scores, many: int, slack: float) -> float:
    """The score from which on a pair could be among the ``many`` best of ``scores``.

    That many are no worse than the last of them can be; who cannot reach that is out.
    """
    if many <= 0:
        return math.inf
    if many >= len(scores):
        return -math.inf
    last = float(np.partition(scores, len(scores) - many)[len(scores) - many])
    return lowered(lowered(last, slack), slack)


def among(
    scores: Scores, offers: NDArray[np.bool_], policy: Policy, depth: int, slack: float
) -> NDArray[np.intp]:
    """The places of the pairs that `rank` may list, in ascending order.

    ``scores`` are rough probabilities, ``slack`` the most by which their log-odds are wrong, and
    ``offers`` tells which pairs are with offers: those are listed apart.
    """
    threshold = policy.threshold
    surely_below = lowered(threshold, slack)
    listed = np.zeros(len(scores), bool)
    for group in (~offers, offers):
        cut = max(_cut(scores[group], depth, slack), surely_below)
        listed |= group & (scores >= cut)
    cut = _cut(scores[scores < surely_below], policy.nearest, slack)
    listed |= (scores >= cut) & (scores < raised(threshold, slack))
    return np.flatnonzero(listed)

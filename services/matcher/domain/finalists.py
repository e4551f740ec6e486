"""Which of many roughly judged pairs could be among the best, so that those are judged exactly."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.policy import Policy
from services.matcher.domain.scoring import DIGITS

_ROUNDED = 2 * 10.0**-DIGITS  # both scores are of rounded log-odds
_CERTAIN = 20.0
"""Log-odds above which probabilities in double precision can be equal though log-odds are not."""
_CHUNK = 64
LogOdds = NDArray[np.float64]


def _cut(log_odds: LogOdds, many: int, slack: float) -> float:
    """The log-odds from which on a pair could be among the ``many`` best.

    That many are no worse than the last of them can be; who cannot reach that is out.
    """
    if many <= 0:
        return math.inf
    if many >= len(log_odds):
        return -math.inf
    if many * _CHUNK < len(log_odds):
        # As many chunks as are asked for have one no worse than this, so that many have all.
        whole = log_odds[: len(log_odds) // _CHUNK * _CHUNK].reshape(-1, _CHUNK).max(axis=1)
        if many <= len(whole):
            log_odds = log_odds[log_odds >= np.partition(whole, -many)[-many]]
    last = float(np.partition(log_odds, -many)[-many])
    return min(last, _CERTAIN) - 2 * slack


def among(
    log_odds: LogOdds, offers: NDArray[np.bool_], policy: Policy, depth: int, slack: float
) -> NDArray[np.intp]:
    """The places of the pairs that `rank` may list, in ascending order.

    ``log_odds`` are rough, ``slack`` is the most by which they are wrong, and ``offers`` tells
    which pairs are with offers: those are listed apart.
    """
    slack += _ROUNDED
    threshold = _log_odds(policy.threshold)
    surely_below = threshold - slack
    many = min(depth, len(log_odds))
    near = log_odds >= surely_below
    good = np.flatnonzero(near)
    theirs = offers[good]
    listed = np.zeros(len(log_odds), bool)
    for group in (good[~theirs], good[theirs]):
        mine = log_odds[group]
        listed[group[mine >= _cut(mine, many, slack)]] = True
    poor = log_odds if not len(good) else np.where(near, -math.inf, log_odds)
    cut = _cut(poor, policy.nearest, slack)
    listed |= (log_odds >= cut) & (log_odds < threshold + slack)
    return np.flatnonzero(listed)


def _log_odds(probability: float) -> float:
    if not 0.0 < probability < 1.0:
        return math.copysign(math.inf, probability - 0.5)
    return math.log(probability / (1.0 - probability))

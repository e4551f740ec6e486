"""Logistic regression with a prior, by Newton's method.

Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", section 4.4.1; the ridge
penalty pulls towards ``prior`` instead of 0, which is a Gaussian prior on the weights.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 100
_STEP = 1e-9

Numbers = NDArray[np.float64]


def fit(
    design: Numbers, labels: Numbers, weights: Numbers, prior: Numbers, ridge: Numbers
) -> Numbers:
    """The weights (k,) that minimise the penalised, weighted cross-entropy.

    ``design`` (n, k), ``labels`` (n,) between 0 and 1, ``weights`` (n,) of the pairs; ``ridge``
    (k,) is how strongly each weight is held to ``prior`` (k,).
    """
    beta = prior.copy()
    penalty = np.diag(ridge)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (weights * (chance - labels)) + ridge * (beta - prior)
        curvature = (design * (weights * chance * (1 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature, gradient)
        length = float(np.abs(step).max())
        beta = beta - step * min(1.0, 4.0 / max(length, 1e-12))
        if length < _STEP:
            break
    return beta

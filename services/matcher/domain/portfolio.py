"""How the pieces of one supply count together: the nearest whole, the others less and less.

A member whose second and third pieces of work answer a need as well is likelier to be the right
one than a member with one such piece. Which form and which numbers: docs/decisions/0015.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

COUNTED = 4
"""So many pieces of a supply count."""
SHARE = 0.7
"""What a piece counts beside the next nearer one."""
MOST = sum(SHARE**place for place in range(COUNTED))
"""The closeness of a supply whose pieces all say what is asked, the freshest there are."""
FAR = -1.0
"""The closeness of a supply without a vector."""
_HALF_LIFE_YEARS = 8.0
_OLDEST = 0.7

Floats = NDArray[np.floating[Any]]


def freshness(years: NDArray[np.integer[Any]], now: int) -> NDArray[np.float64]:
    """What a piece of work of ``years`` counts in the year ``now``: from 1 down to 0.7.

    Halfway after eight years. A piece without a year (0), such as the profile, counts whole.
    """
    age = np.maximum(now - years.astype(np.float64), 0.0)
    faded = _OLDEST + (1.0 - _OLDEST) * 0.5 ** (age / _HALF_LIFE_YEARS)
    fresh: NDArray[np.float64] = np.where(years > 0, faded, 1.0)
    return fresh


class Nearest:
    """The nearest pieces of each of ``count`` supplies, gathered piece by piece."""

    def __init__(self, count: int, kind: type[np.floating[Any]]) -> None:
        self._best = np.full((COUNTED, count), FAR, kind)
        self.which = np.zeros(count, np.intp)

    def add(
        self,
        whose: NDArray[np.intp],
        cosines: Floats,
        fresh: NDArray[np.float64],
        places: NDArray[np.integer[Any]] | None = None,
    ) -> None:
        """One more piece of each of ``whose``; ``places`` tell which pieces these are."""
        left = np.where(cosines > 0, cosines * fresh.astype(cosines.dtype), cosines)
        if places is not None:
            nearer = left > self._best[0, whose]
            self.which[whose[nearer]] = places[nearer]
        for row in self._best:
            kept = row[whose]
            row[whose] = np.maximum(kept, left)
            left = np.minimum(kept, left)

    def together(self) -> Floats:
        """The closeness of each supply, from -1 to `MOST`."""
        total: Floats = self._best[0].copy()
        for place, row in enumerate(self._best[1:], start=1):
            total += np.maximum(row, 0) * self._best.dtype.type(SHARE**place)
        return total

"""How the pieces of one supply count together: the nearest whole, the others less and less.

A member whose second and third pieces of work answer a need as well is likelier to be the right
one than a member with one such piece. Which form and which numbers: docs/decisions/0017.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

COUNTED = 4
"""So many pieces of a supply count."""
SHARE = 0.7
"""What a piece counts beside the next nearer one."""


def most(counted: int) -> float:
    """The closeness of a supply whose ``counted`` pieces all say what is asked, the freshest."""
    return sum(SHARE**place for place in range(counted))


MOST = most(COUNTED)
"""The closeness of a supply whose pieces all say what is asked, the freshest there are."""
FAR = -1.0
"""The closeness of a supply without a vector."""
_HALF_LIFE_YEARS = 8.0
_OLDEST = 0.7
_FEW = 0.2  # of all supplies: below it is quicker to touch these alone

Floats = NDArray[np.floating[Any]]


def freshness(years: NDArray[np.integer[Any]], now: int) -> NDArray[np.float64]:
    """What a piece of work of ``years`` counts in the year ``now``: from 1 down to 0.7.

    Halfway after eight years. A piece without a year (0), such as the profile, counts whole.
    """
    return _table(now).take(years, mode="clip")


@cache
def _table(now: int) -> NDArray[np.float64]:
    """What work of each year up to ``now`` counts."""
    ages = now - np.arange(max(now, 0) + 1)
    table = _OLDEST + (1.0 - _OLDEST) * 0.5 ** (ages / _HALF_LIFE_YEARS)
    table[0] = 1.0
    return table


def faded(cosines: Floats, fresh: NDArray[np.float64]) -> Floats:
    """``cosines``, each counting as much as its piece is fresh; those below 0 are left."""
    # What is fresh by 1 at most makes a number above 0 less, and one below 0 more.
    counted: Floats = np.minimum(cosines, cosines * fresh.astype(cosines.dtype, copy=False))
    return counted


def together(near: Sequence[float]) -> float:
    """The closeness of one supply, from -1 to `MOST`, of whose pieces each is so ``near``."""
    if not near:
        return FAR
    total, *others = sorted(near, reverse=True)[:COUNTED]
    for place, other in enumerate(others, start=1):
        total += max(other, 0.0) * SHARE**place
    return total


def counted(near: Sequence[float]) -> list[float]:
    """What each of the pieces of one supply, nearest first, adds in `together`."""
    first = [*near[:1]]
    others = [max(other, 0.0) * SHARE**place for place, other in enumerate(near[1:COUNTED], 1)]
    return first + others + [0.0] * len(near[COUNTED:])


class Nearest:
    """`together` of ``count`` supplies at once, of which the pieces are gathered one by one; of
    each the ``counted`` nearest count.
    """

    def __init__(self, count: int, kind: type[np.floating[Any]], counted: int = COUNTED) -> None:
        self._count = count
        self._counted = counted
        self._kind = kind
        self._best: list[Floats] = []  # the nearest piece of each, the second nearest ...

    def add(self, whose: NDArray[np.intp], near: Floats) -> None:
        """One more piece of each of ``whose``, so ``near``.

        No slot is named twice, and who has a second piece was there with a first one.
        """
        if len(whose) < _FEW * self._count:
            left = self._add_few(whose, near)
            if len(self._best) < self._counted:
                self._best.append(left)
        else:
            self.add_all(near if len(whose) == self._count else self._spread(whose, near))

    def add_all(self, near: Floats) -> None:
        """One more piece of every supply, in their order."""
        for place, kept in enumerate(self._best):
            self._best[place], near = np.maximum(kept, near), np.minimum(kept, near)
        if len(self._best) < self._counted:
            self._best.append(near)

    def _add_few(self, whose: NDArray[np.intp], near: Floats) -> Floats:
        for row in self._best:
            kept = row[whose]
            row[whose] = np.maximum(kept, near)
            near = np.minimum(kept, near)
        return self._spread(whose, near) if len(self._best) < self._counted else near

    def _spread(self, whose: NDArray[np.intp], near: Floats) -> Floats:
        """``near`` for ``whose``, and for all others that there is nothing."""
        spread = np.full(self._count, FAR, self._kind)
        spread[whose] = near
        return spread

    def together(self) -> Floats:
        """The closeness of each supply, from -1 to `MOST`."""
        if not self._best:
            return np.full(self._count, FAR, self._kind)
        total: Floats = self._best[0].copy()
        for place, row in enumerate(self._best[1:], start=1):
            total += np.maximum(row, 0) * np.dtype(self._kind).type(SHARE**place)
        return total

"""Who is near to everything: the mean nearness of each supply to the demands nearest to it.

In a space of many dimensions some points are among the nearest of very many others; across
languages that is what puts the wrong one first. Taking from each similarity half of the mean
similarity of the supply to its ten nearest demands mends it (cross-domain similarity local
scaling: Conneau et al. 2018, "Word Translation Without Parallel Data", section 2.3). Demands
to come cannot be known, so stored queries stand for them, and those that were seen are added.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.portfolio import COUNTED, SHARE

NEAREST = 10
_BLOCK = 8_192
_REMEMBERED = 200

Rows = NDArray[np.float32]
Cosines = NDArray[np.float32]


class _Highest:
    """The ten highest of many numbers, for each slot, in blocks that are never moved."""

    def __init__(self) -> None:
        self._blocks: list[Rows] = []

    def reach(self, size: int) -> None:
        """Have a place for each of ``size`` slots."""
        while size > len(self._blocks) * _BLOCK:
            self._blocks.append(np.zeros((_BLOCK, NEAREST), np.float32))

    def put(self, slot: int, highest: Cosines) -> None:
        self.reach(slot + 1)
        self._blocks[slot // _BLOCK][slot % _BLOCK] = highest

    def add(self, values: NDArray[np.float32]) -> None:
        """One more number for every slot there is."""
        for number, block in enumerate(self._blocks):
            part = values[number * _BLOCK : (number + 1) * _BLOCK]
            rows = np.arange(len(part))
            lowest = block[: len(part)].argmin(axis=1)
            block[rows, lowest] = np.maximum(block[rows, lowest], part)

    def mean(self, slots: NDArray[np.intp]) -> NDArray[np.float64]:
        found = np.zeros(len(slots))
        for number, block in enumerate(self._blocks):
            here = np.flatnonzero(slots // _BLOCK == number)
            picked = block[slots[here] - number * _BLOCK]
            found[here] = picked.astype(np.float64).mean(axis=1)
        return found


class Crowds:
    """How crowded the place of each supply is, as demands of each language see it.

    ``background`` are queries (n, d) of unit length by language, ``passages`` the mean (d,) of
    the passages of a language: both fixed, so that the order in which supplies come shows nowhere.
    Demands that were `seen` do leave their mark: that is history, and off by the policy.
    """

    def __init__(self, background: dict[str, NDArray[np.float32]], dimension: int) -> None:
        self._dimension = dimension
        self._asked = dict(background)
        self._stored = {language: len(many) for language, many in background.items()}
        self._highest = {language: _Highest() for language in background}

    def put(self, slot: int, centred: NDArray[np.float32]) -> None:
        """Make ``centred`` (n, d), of unit length, the pieces of ``slot``."""
        for language, asked in self._asked.items():
            highest = np.zeros(NEAREST, np.float32)
            if len(centred):
                top = np.sort(_together(asked @ centred.T))[::-1][:NEAREST]
                highest[: len(top)] = np.maximum(top, 0)
            self._highest[language].put(slot, highest)

    def of(self, language: str, slots: NDArray[np.intp]) -> NDArray[np.float64]:
        """For each of ``slots`` the mean closeness to the ten nearest demands in ``language``."""
        highest = self._highest.get(language)
        return np.zeros(len(slots)) if highest is None else highest.mean(slots)

    def seen(self, language: str, asked: NDArray[np.float64], near: Cosines) -> None:
        """A demand of unit length was ``asked``; ``near`` is the closeness of every slot to it."""
        known = self._asked.get(language, np.zeros((0, self._dimension), np.float32))
        stored = self._stored.setdefault(language, 0)
        seen = [*known[stored:], asked.astype(np.float32)][-_REMEMBERED:]
        self._asked[language] = np.vstack([known[:stored], *seen])
        highest = self._highest.setdefault(language, _Highest())
        highest.reach(len(near))
        highest.add(near)


def _together(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """The closeness of one supply's pieces (columns) to each query (rows)."""
    best = -np.sort(-cosines, axis=1)[:, :COUNTED]
    best[:, 1:] = np.maximum(best[:, 1:], 0)
    weights = SHARE ** np.arange(best.shape[1], dtype=np.float32)
    near: NDArray[np.float32] = best @ weights
    return near

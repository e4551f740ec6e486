"""Who is near to everything: the mean nearness of each supply to the demands nearest to it.

In a space of many dimensions some points are among the nearest of very many others; across
languages that is what puts the wrong one first. Taking from each similarity half of the mean
similarity of the supply to its ten nearest demands mends it (cross-domain similarity local
scaling: Conneau et al. 2018, "Word Translation Without Parallel Data", section 2.3). Demands
to come cannot be known, so stored queries stand for them, and those that were seen are added.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.columns import Column
from services.matcher.domain.portfolio import MOST, Nearest

NEAREST = 10
_BLOCK = 8_192
_REMEMBERED = 200

_STEP = MOST / 65_535

Slots = NDArray[np.intp]
Cosines = NDArray[np.float32]


class _Highest:
    """The ten highest of many numbers, for each slot: the highest first, in blocks that are never
    moved, and their sum. Kept in 16 bits, as multiples of `_STEP`: whatever the order in which
    they come, the sum is the same.
    """

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.uint16]] = []
        self._sums = Column(np.int32)

    def reach(self, size: int) -> None:
        """Have a place for each of ``size`` slots."""
        while size > len(self._blocks) * _BLOCK:
            self._blocks.append(np.zeros((NEAREST, _BLOCK), np.uint16))
        if size > self._sums.size:
            self._sums.extend(size - self._sums.size)

    def put(self, slot: int, highest: Cosines | None) -> None:
        """Make ``highest`` those of ``slot``; None: there are none."""
        if slot >= self._sums.size:
            self.reach(slot + 1)
        if highest is None and not self._sums[slot]:
            return  # there are none already
        steps = 0 if highest is None else _steps(highest)
        self._blocks[slot // _BLOCK][:, slot % _BLOCK] = steps
        self._sums[slot] = np.sum(steps, dtype=np.int32)

    def add(self, slots: Slots, values: Cosines) -> None:
        """One more number for each of ``slots``, which are ascending."""
        if not len(slots):
            return
        self.reach(int(slots[-1]) + 1)
        for block, here in self._by_block(slots):
            places, left = slots[here] % _BLOCK, _steps(values[here])
            self._sums.values[slots[here]] += np.maximum(
                left.astype(np.int32) - block[-1, places], 0
            )
            for row in block:
                kept = row[places]
                row[places] = np.maximum(kept, left)
                left = np.minimum(kept, left)

    def least(self, slots: Slots) -> Cosines:
        """What a number must be above to count, for each of ``slots``, which are ascending."""
        if len(slots):
            self.reach(int(slots[-1]) + 1)
        found = np.zeros(len(slots), np.float32)
        for block, here in self._by_block(slots):
            found[here] = block[-1, slots[here] % _BLOCK] * np.float32(_STEP)
        return found

    def _by_block(self, slots: Slots) -> Iterator[tuple[NDArray[np.uint16], slice]]:
        edges = np.searchsorted(slots, np.arange(len(self._blocks) + 1) * _BLOCK).tolist()
        for number, block in enumerate(self._blocks):
            if edges[number] < edges[number + 1]:
                yield block, slice(edges[number], edges[number + 1])

    def mean(self, slots: Slots) -> NDArray[np.float64]:
        if len(slots):
            self.reach(int(slots.max()) + 1)
        found: NDArray[np.float64] = self._sums.values.take(slots) * (_STEP / NEAREST)
        return found


def _steps(values: Cosines) -> NDArray[np.uint16]:
    """``values`` in steps; what is below 0 is 0."""
    return np.rint(np.maximum(values, 0.0) / np.float32(_STEP)).astype(np.uint16)


class Crowds:
    """How crowded the place of each supply is, as demands of each language see it.

    ``background`` are queries (n, d) of unit length by language, fixed, so that the order in which
    supplies come shows nowhere. Demands that were `seen` do leave their mark: that is history, and
    off by the policy. How demands of its own language see a supply is not known: that counts
    nowhere.
    """

    def __init__(self, background: dict[str, NDArray[np.float32]], dimension: int) -> None:
        self._dimension = dimension
        self._asked = dict(background)
        self._stored = {language: len(many) for language, many in background.items()}
        self._highest = {language: _Highest() for language in background}

    def put(self, slot: int, centred: NDArray[np.float32], own: str | None) -> None:
        """Make ``centred`` (n, d), of unit length, the pieces of ``slot``, whose supply is in the
        language ``own``.
        """
        for language, asked in self._asked.items():
            highest = None
            if len(centred) and language != own:
                near = np.sort(_together([asked @ piece for piece in centred]))[::-1]
                highest = np.zeros(NEAREST, np.float32)
                highest[: len(near)] = near[:NEAREST]
            self._highest[language].put(slot, highest)

    def of(self, language: str, slots: Slots) -> NDArray[np.float64]:
        """For each of ``slots`` the mean closeness to the ten nearest demands in ``language``."""
        highest = self._highest.get(language)
        return np.zeros(len(slots)) if highest is None else highest.mean(slots)

    def least(self, language: str, slots: Slots) -> Cosines:
        """For each of ``slots`` the closeness above which a demand is among its nearest."""
        highest = self._highest.get(language)
        return np.zeros(len(slots), np.float32) if highest is None else highest.least(slots)

    def seen(self, language: str, asked: NDArray[np.float64], slots: Slots, near: Cosines) -> None:
        """A demand of unit length was ``asked``; ``near`` is how close those of ``slots`` are to it
        that it is among the nearest of.
        """
        known = self._asked.get(language, np.zeros((0, self._dimension), np.float32))
        stored = self._stored.setdefault(language, 0)
        seen = np.concatenate((known[stored:], asked[None].astype(np.float32)))[-_REMEMBERED:]
        self._asked[language] = np.concatenate((known[:stored], seen))
        self._highest.setdefault(language, _Highest()).add(slots, near)


def _together(cosines: list[Cosines]) -> Cosines:
    """The closeness of one supply to each query; of each of its pieces the ``cosines``."""
    nearest = Nearest(len(cosines[0]), np.float32)
    for near in cosines:
        nearest.add_all(near)
    return nearest.together()

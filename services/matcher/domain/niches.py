"""The niche vocabulary: a forest of topics, and how near two of them are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.columns import Codes, Column, extend

_LONGEST_PATH = 12
_FEW = 4
"""Lists that are looked at one by one cost so many times what each costs among all."""
_REMEMBERED = 4_000_000  # numbers of 4 bytes: what is known of all lists, for one niche each
Parents = Mapping[str, str | None]


def path(niche: str, parents: Parents) -> list[str]:
    """``niche`` and its ancestors up to the root; a cycle ends the path."""
    found: list[str] = []
    step: str | None = niche
    while step is not None and step not in found and len(found) < _LONGEST_PATH:
        found.append(step)
        step = parents.get(step)
    return found


def nearness(a: str, b: str, parents: Parents) -> tuple[float, str | None]:
    """Between 0 and 1, and the nearest common ancestor: 1 for the same niche, halved a step."""
    return _met(path(a, parents), path(b, parents))


def _met(up_a: list[str], up_b: list[str]) -> tuple[float, str | None]:
    for distance_a, step in enumerate(up_a):
        if step in up_b:
            return 0.5 ** (distance_a + up_b.index(step)), step
    return 0.0, None


class Way(NamedTuple):
    """Between two niches: how near they are, and the ``path`` from one up to what they have in
    ``common`` and down to the other. Niches without a common root have none.
    """

    nearness: float = 0.0
    common: str | None = None
    path: tuple[str, ...] = ()


def way(a: str, b: str, parents: Parents) -> Way:
    """The way from ``a`` to ``b``."""
    up_a, up_b = path(a, parents), path(b, parents)
    value, common = _met(up_a, up_b)
    if common is None:
        return Way()
    down = up_b[: up_b.index(common)]
    return Way(value, common, (*up_a[: up_a.index(common) + 1], *reversed(down)))


def covered(need: Iterable[str], supply: Iterable[str], parents: Parents) -> float:
    """How well ``supply`` answers the niches that ``need`` names, between 0 and 1.

    Half is for the nearest pair, half for all that is named: who works in both niches of a need
    comes before who works in one of them, and a need that names many loses nobody.
    """
    theirs = list(supply)
    best = [nearest([mine], theirs, parents)[0] for mine in need]
    return (max(best) + sum(best) / len(best)) / 2 if best else 0.0


def nearest(
    need: Iterable[str], supply: Iterable[str], parents: Mapping[str, str | None]
) -> tuple[float, str | None]:
    """The nearest pair of two lists of niches: nearness, and what they have in common."""
    best: tuple[float, str | None] = (0.0, None)
    theirs = [path(other, parents) for other in supply]
    for mine in need:
        up = path(mine, parents)
        for other in theirs:
            value, common = _met(up, other)
            if value > best[0]:
                best = (value, common)
    return best


class Assortments:
    """The distinct lists of niches that supplies name, each with a number.

    Supplies are many, lists few: a list is compared with a need once, not once for each supply.
    """

    def __init__(self) -> None:
        self._lists: Codes[tuple[str, ...]] = Codes()
        self._niches: Codes[str | None] = Codes()
        self._niches.code(None)  # no list is without an entry
        self._entries = Column(np.int32)
        self._starts = Column(np.int32)
        self._parents: Parents = {}
        self._tables: dict[str, NDArray[np.float64]] = {}
        self._of_lists: dict[str, NDArray[np.float32]] = {}
        self._pairs: dict[tuple[str, str], Way] = {}
        self._paths: list[list[str]] = []  # by niche, those of `_parents`

    def code(self, names: tuple[str, ...]) -> int:
        """The number of a list."""
        known = len(self._lists)
        number = self._lists.code(names)
        if number == known:
            first, named = self._entries.size, names or (None,)
            extend((self._starts,))
            extend((self._entries,), len(named))
            self._starts[number] = first
            for place, name in enumerate(named, first):
                self._entries[place] = self._niches.code(name)
        return number

    def covered(
        self, wanted: Sequence[str], parents: Parents, numbers: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """`covered` of the lists with these numbers; of a few not by way of all."""
        if not len(numbers) or not wanted:
            return np.zeros(len(numbers))
        self._follow(parents)
        few = len(numbers) * _FEW < len(self._lists)
        if few:
            near = self._of_few(wanted, numbers)
        else:
            near = np.array([self._of_all(niche) for niche in wanted], np.float64)
        found: NDArray[np.float64] = near[0]
        if len(wanted) > 1:
            found = (near.max(axis=0) + near.mean(axis=0)) / 2
        return found if few else found.take(numbers)

    def _of_few(self, wanted: Sequence[str], numbers: NDArray[np.int32]) -> NDArray[np.float64]:
        """How near each of ``wanted`` is to the lists with these numbers."""
        entries, starts = self._entries.values, self._starts.values
        begin = starts.take(numbers)
        # The last list ends where the entries do.
        ends = starts.take(numbers + 1, mode="clip")
        ends[numbers + 1 == len(starts)] = len(entries)
        starts = np.cumsum(ends - begin) - (ends - begin)
        inner = np.arange(int((ends - begin).sum()))
        entries = entries.take(inner + np.repeat(begin - starts, ends - begin))
        return np.array([np.maximum.reduceat(self._near(w)[entries], starts) for w in wanted])

    def _of_all(self, wanted: str) -> NDArray[np.float32]:
        """How near ``wanted`` is to each list; powers of two, so that 4 bytes hold them as they
        are. Kept, and told of the lists that came since.
        """
        kept = self._of_lists.pop(wanted, np.zeros(0, np.float32))
        known = len(kept)
        if known < len(self._lists):
            starts = self._starts.values[known:]
            entries = self._entries.values[starts[0] :]
            fresh = np.maximum.reduceat(self._near(wanted)[entries], starts - starts[0])
            kept = np.concatenate([kept, fresh], dtype=np.float32)
            while self._of_lists and (1 + len(self._of_lists)) * len(kept) > _REMEMBERED:
                del self._of_lists[next(iter(self._of_lists))]
        self._of_lists[wanted] = kept  # the last one asked for comes last
        return kept

    def nearest(self, wanted: Sequence[str], theirs: Sequence[str], parents: Parents) -> Way:
        """The way of the `nearest` pair; the same pairs are asked for again and again."""
        self._follow(parents)
        best = Way()
        for mine in wanted:
            for other in theirs:
                found = self._pairs.get((mine, other))
                if found is None:
                    found = self._pairs[mine, other] = way(mine, other, parents)
                if found.nearness > best.nearness:
                    best = found
        return best

    def _near(self, wanted: str) -> NDArray[np.float64]:
        """How near each known niche is to ``wanted``; kept while the vocabulary is the same."""
        table = self._tables.get(wanted)
        if table is None or len(table) < len(self._niches):
            for name in self._niches.values[len(self._paths) :]:
                self._paths.append([] if name is None else path(name, self._parents))
            up = path(wanted, self._parents)
            table = self._tables[wanted] = np.array([_met(up, other)[0] for other in self._paths])
        return table

    def _follow(self, parents: Parents) -> None:
        """Forget what was found in another vocabulary."""
        if parents is not self._parents:
            self._parents, self._tables, self._of_lists, self._pairs = parents, {}, {}, {}
            self._paths = []

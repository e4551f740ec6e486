"""Nearness in meaning: how near the pieces of each supply are to what is asked, together.

A stored linear map makes little of the directions in which translations of one text differ
(docs/decisions/0017-trilingual-space.md); what is left is compared by `pieces`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.centres import Centre
from services.matcher.domain.centres import Centres as Centres
from services.matcher.domain.centres import unit as unit
from services.matcher.domain.columns import Codes, Column, extend
from services.matcher.domain.crowds import Crowds
from services.matcher.domain.model import Vector
from services.matcher.domain.pieces import Asked, Cosines, Exact, Pieces
from services.matcher.domain.portfolio import COUNTED, FAR, Nearest, faded, freshness, most
from services.matcher.domain.rows import Places

_NOWHERE = -1
_MANY = 0.4  # of all rows: from here on it is quicker to read all than to pick
Half = NDArray[np.float16]
Floats = NDArray[np.float32]
Chained = tuple[Places, Places, list[int]]
Compared = tuple[int, float, float]
Way = Callable[[Asked, Places | None], tuple[Cosines, float]]


class Meanings:
    """The vectors of every piece of every supply, by slot.

    The pieces of a slot are a chain of rows, so that a row that became free serves any other. A
    piece without a vector has no row. Of each supply the ``counted`` nearest pieces count (with 1
    the nearest alone, as in an index of single vectors).
    """

    def __init__(self, centres: Centres, counted: int = COUNTED) -> None:
        self._centres = centres
        self._counted = counted
        self._pieces = Pieces(centres)
        self._first = Column(np.int32, _NOWHERE)
        self._own = Column(np.int16, _NOWHERE)
        self._owns: Codes[str | None] = Codes()
        self._next = Column(np.int32, _NOWHERE)
        self._place = Column(np.int16)
        self._year = Column(np.int16)
        self._by_row = (self._next, self._place, self._year)
        self._free: list[int] = []
        self._chained_all: Chained | None = None
        self._queries: dict[str, Centre] = {}
        self.crowds = Crowds(centres.asked(), centres.dimension)

    @property
    def rows(self) -> int:
        """How many rows there are, free ones included."""
        return len(self._pieces)

    def put(
        self,
        slot: int,
        vectors: Half,
        languages: Sequence[str],
        years: Sequence[int | None] | None = None,
        own: str | None = None,
    ) -> None:
        """Make ``vectors`` (n, d) the pieces of ``slot``: one that is there, or the next one.

        They are mapped (`Centres.mapped`); a row of zeros is a piece without a vector. ``years``
        are those of the pieces that have one, ``own`` is the language of the supply as a whole.
        """
        if slot == self._first.size:
            extend((self._first, self._own))
        places = np.flatnonzero(vectors.any(axis=1)).tolist()
        there = vectors.astype(np.float32)[places]
        spoken = [languages[place] for place in places]
        rows = self._each_chain(np.array([slot]))[0]
        if not self._is_written(slot, rows, there, spoken, own):
            rows = self._write(slot, there, spoken, own)
        if rows:
            self._place[rows] = places
            self._year[rows] = [max(years[place] or 0, 0) if years else 0 for place in places]

    def _is_written(
        self, slot: int, rows: list[int], vectors: Floats, languages: Sequence[str], own: str | None
    ) -> bool:
        """Whether ``slot`` has these pieces, in ``rows``: most changes are none of its texts."""
        return (
            self._own[slot] == self._owns.find(own)
            and len(rows) == len(vectors)
            and self._pieces.hold(rows, vectors, languages)
        )

    def _write(
        self, slot: int, vectors: Floats, languages: Sequence[str], own: str | None
    ) -> list[int]:
        """Make ``vectors`` the pieces of ``slot`` and tell their rows."""
        self._chained_all = None
        self._take_out(slot)
        rows = self._some_rows(len(vectors))
        kept = np.empty((len(vectors), self._centres.dimension), np.float32)
        if rows:
            kept[:] = self._pieces.put(rows, vectors, languages)
            self._first[slot] = rows[0]
            self._next[rows] = [*rows[1:], _NOWHERE]
        self._own[slot] = self._owns.code(own)
        self.crowds.put(slot, unit(kept), own)
        return rows

    def _some_rows(self, count: int) -> list[int]:
        """Free rows, or new ones."""
        rows = [self._free.pop() for _ in range(min(count, len(self._free)))]
        fresh = count - len(rows)
        if fresh:
            extend(self._by_row, fresh)
            rows += [self._pieces.extend() for _ in range(fresh)]
        return rows

    def _take_out(self, slot: int) -> None:
        row = self._first[slot]
        self._first[slot] = _NOWHERE
        while row != _NOWHERE:
            self._pieces.clear(row)
            self._free.append(row)
            row = self._next[row]

    def asked(self, query: Vector, language: str) -> Asked:
        """What pieces are compared with: the mapped, centred ``query``, of unit length."""
        return unit(self._mapped(query) - self._query_centre(language).value())

    def _mapped(self, query: Vector) -> Asked:
        return self._centres.mapped(query).astype(np.float64)

    def _query_centre(self, language: str) -> Centre:
        found = self._queries.get(language)
        if found is None:
            found = self._queries[language] = Centre(self._centres.of_query(language))
        return found

    def saw(self, query: Vector, language: str, slots: Places, now: int) -> None:
        """Count a demand in: where its language lies, and for which of ``slots``, those of other
        languages, it is among the nearest (history). ``now`` is the year.
        """
        asked = self.asked(query, language)
        near, error = self.roughly(asked, slots, now)
        touched = np.flatnonzero(near + error > self.crowds.least(language, slots))
        near, _ = self.finely(asked, slots[touched], now)
        self.crowds.seen(language, asked, slots[touched], near)
        self._query_centre(language).add(self._mapped(query), +1)

    def closeness(self, asked: Asked, slots: Places, now: int) -> tuple[Exact, Places]:
        """For each of ``slots`` the closeness of its pieces, and which piece is the nearest.

        Double precision, and the same whichever other slots are asked for. ``now`` is the year.
        """
        whose, rows, ends = self._chained(slots)
        which = np.zeros(len(slots), np.intp)
        if not len(rows):
            return np.full(len(slots), FAR), which
        nearest = Nearest(len(slots), np.float64, self._counted)
        cosines = self._pieces.exactly(asked, rows)
        near = faded(cosines, freshness(self._year.values.take(rows), now))
        places = self._place.values.take(rows)
        best = np.full(len(slots), -np.inf)
        for start, end in zip([0, *ends], ends, strict=False):
            theirs, mine = whose[start:end], near[start:end]
            nearest.add(theirs, mine)
            better = mine > best.take(theirs)
            best[theirs[better]] = mine[better]
            which[theirs[better]] = places[start:end][better]
        return nearest.together().astype(np.float64, copy=False), which

    def _each_chain(self, slots: Places) -> list[list[int]]:
        """The rows of each of ``slots``, in the order of its pieces."""
        after, found = self._next.values, []
        for row in self._first.values.take(slots).tolist():
            chain = []
            while row != _NOWHERE:
                chain.append(row)
                row = after.item(row)
            found.append(chain)
        return found

    def pieces(self, asked: Asked, slots: Places, now: int) -> list[list[Compared]]:
        """Of each piece of each of ``slots`` that has a vector its place, its cosine, and what its
        year leaves of that (`freshness`); ``now`` is the year.
        """
        chains = self._each_chain(slots)
        rows = np.array([row for chain in chains for row in chain], np.intp)
        if not len(rows):
            return [[] for _ in chains]
        cosines = self._pieces.exactly(asked, rows).tolist()
        fresh = freshness(self._year.values[rows], now).tolist()
        every = zip(self._place.values[rows].tolist(), cosines, fresh, strict=True)
        return [list(islice(every, len(chain))) for chain in chains]

    def roughly(self, asked: Asked, slots: Places, now: int) -> tuple[Floats, float]:
        """`closeness` by the high bytes alone, and the most by which it is wrong for any slot."""
        return self._together(asked, slots, now, self._pieces.roughly)

    def finely(self, asked: Asked, slots: Places, now: int) -> tuple[Floats, float]:
        """`roughly`, for fewer slots and with a much smaller error."""
        return self._together(asked, slots, now, self._pieces.finely)

    def _together(self, asked: Asked, slots: Places, now: int, way: Way) -> tuple[Floats, float]:
        self._pieces.measure()
        whose, rows, ends = self._chained(slots)
        if not len(rows):
            return np.full(len(slots), FAR, np.float32), 0.0
        if len(rows) < _MANY * len(self._pieces):
            order = np.argsort(rows, kind="stable")  # memory is read in its order
            near = np.empty(len(rows), np.float32)
            near[order], error = way(asked, rows[order])
            near = faded(near, freshness(self._year.values.take(rows), now))
        else:
            every, error = way(asked, None)
            near = faded(every, freshness(self._year.values, now)).take(rows)
        nearest = Nearest(len(slots), np.float32, self._counted)
        for start, end in zip([0, *ends], ends, strict=False):
            nearest.add(whose[start:end], near[start:end])
        return nearest.together().astype(np.float32, copy=False), most(self._counted) * error

    def _chained(self, slots: Places) -> Chained:
        """The first row of each of ``slots`` that has one, then the second ones ...: which of
        ``slots``, and the rows; and where the first, the second ... end. Those of all slots are
        kept until one changes.
        """
        if len(slots) < self._first.size or np.any(slots[1:] <= slots[:-1]):
            return self._chained_anew(slots)
        if self._chained_all is None:
            self._chained_all = self._chained_anew(slots)
        return self._chained_all

    def _chained_anew(self, slots: Places) -> Chained:
        parts = list(self._chains(slots))
        if not parts:
            return np.zeros(0, np.intp), np.zeros(0, np.intp), []
        ends = np.cumsum([len(rows) for _, rows in parts]).tolist()
        whose, rows = (np.concatenate(side) for side in zip(*parts, strict=True))
        return whose, rows, ends

    def _chains(self, slots: Places) -> Iterator[tuple[Places, Places]]:
        rows = self._first.values.take(slots)
        whose = np.arange(len(slots))
        while len(rows):
            if rows.min() == _NOWHERE:
                kept = np.flatnonzero(rows != _NOWHERE)
                whose, rows = whose.take(kept), rows.take(kept)
                if not len(rows):
                    return
            rows = rows.astype(np.intp)
            yield whose, rows
            rows = self._next.values.take(rows)

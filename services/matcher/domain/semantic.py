"""Nearness in meaning: centred cosines over the pieces of every supply.

Embeddings of one model crowd around a common direction, and those of one language around a
direction of their own; queries and passages of E5 differ too. With the mean of its side and
language removed from each vector, a cosine tells what the texts are about rather than what they
are written in (measured in docs/decisions/0009-language-centres.md). A stored linear map then
makes little of the directions in which translations of one text differ (0017-trilingual-space.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.centres import Centre
from services.matcher.domain.centres import Centres as Centres
from services.matcher.domain.centres import unit as unit
from services.matcher.domain.columns import Codes, Column, let_one_grow
from services.matcher.domain.crowds import Crowds
from services.matcher.domain.model import Vector
from services.matcher.domain.portfolio import FAR, MOST, Nearest, faded, freshness
from services.matcher.domain.rows import Places, Rows

_DRIFT = 5e-4
_ROUNDING = 1e-5
_SHORTEST = 1e-6
_NOWHERE = -1
_MANY = 0.4  # of all rows: from here on it is quicker to read all than to pick
_MUCH_WORSE, _SAMPLE = 2.0, 512
Cosines = NDArray[np.float64]
Half = NDArray[np.float16]
Floats = NDArray[np.float32]
Way = Callable[
    [NDArray[np.float64], Places | None],
    tuple[NDArray[np.float32], float],
]


class Meanings:
    """The vectors of every piece of every supply, by slot.

    The pieces of a slot are a chain of rows, so that a row that became free serves any other. A
    piece without a vector has no row.
    """

    def __init__(self, centres: Centres) -> None:
        self._centres = centres
        self._rows = Rows(centres.dimension)
        self._first = Column(np.int32, _NOWHERE)
        self._next = Column(np.int32, _NOWHERE)
        self._place = Column(np.int16)
        self._language = Column(np.int16)
        self._length = Column(np.float32, 1.0)
        self._year = Column(np.int16)
        self._by_row = (
            self._next,
            self._place,
            self._language,
            self._length,
            self._year,
        )
        self._free: list[int] = []
        self._known: Codes[str] = Codes()
        self._stored: list[Vector] = []
        self._means: list[Centre] = []  # of what rows keep: texts without the stored centre
        self._queries: dict[str, Centre] = {}
        self.crowds = Crowds(centres.asked(), centres.dimension)

    @property
    def rows(self) -> int:
        """How many rows there are, free ones included."""
        return self._rows.size

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
            let_one_grow((self._first,))
            self._first.extend()
        self._take_out(slot)
        places = np.flatnonzero(vectors.any(axis=1))
        kept = np.empty((len(places), self._centres.dimension), np.float32)
        if len(places):
            rows = self._put(slot, vectors, places, languages, kept)
            self._year[rows] = [(years[place] or 0) if years else 0 for place in places.tolist()]
        self.crowds.put(slot, unit(kept), own)

    def _put(
        self, slot: int, vectors: Half, places: Places, languages: Sequence[str], kept: Floats
    ) -> list[int]:
        """The pieces at ``places``; what is kept of them goes to ``kept``."""
        rows = self._some_rows(len(places))
        numbers = [self._number(languages[place]) for place in places.tolist()]
        for row, place, number, out in zip(rows, places.tolist(), numbers, kept, strict=True):
            vector = self._rows.put(row, vectors[place].astype(np.float32) - self._stored[number])
            mean = self._means[number]
            mean.add(vector, +1)
            left = vector - mean.told
            self._length[row] = max(float(np.sqrt(left @ left)), _SHORTEST)
            out[:] = vector
        self._first[slot] = rows[0]
        self._next[rows] = [*rows[1:], _NOWHERE]
        self._place[rows] = places
        self._language[rows] = numbers
        return rows

    def _some_rows(self, count: int) -> list[int]:
        """Free rows, or new ones."""
        rows = [self._free.pop() for _ in range(min(count, len(self._free)))]
        fresh = count - len(rows)
        if fresh:
            let_one_grow(self._by_row)
            for column in self._by_row:
                column.extend(fresh)
            rows += [self._rows.extend() for _ in range(fresh)]
        return rows

    def _number(self, language: str) -> int:
        number = self._known.code(language)
        if number == len(self._means):
            self._stored.append(self._centres.of_passage(language))
            self._means.append(Centre(np.zeros(self._centres.dimension, np.float32)))
        return number

    def _take_out(self, slot: int) -> None:
        row = self._first[slot]
        self._first[slot] = _NOWHERE
        while row != _NOWHERE:
            vector = self._rows.take(np.array([row]))[0]
            self._means[self._language[row]].add(vector, -1)
            self._rows.clear(row)
            self._length[row] = 1.0
            self._free.append(row)
            row = self._next[row]

    def asked(self, query: Vector, language: str) -> NDArray[np.float64]:
        """What pieces are compared with: the mapped, centred ``query``, of unit length."""
        return unit(self._mapped(query) - self._query_centre(language).value())

    def _mapped(self, query: Vector) -> NDArray[np.float64]:
        return self._centres.mapped(query).astype(np.float64)

    def _query_centre(self, language: str) -> Centre:
        return self._queries.get(language) or Centre(self._centres.of_query(language))

    def saw(self, query: Vector, language: str, slots: Places, now: int) -> None:
        """Count a demand in: where its language lies, and for which of ``slots``, those of other
        languages, it is among the nearest (history). ``now`` is the year.
        """
        asked = self.asked(query, language)
        near, error = self.roughly(asked, slots, now)
        touched = np.flatnonzero(near + error > self.crowds.least(language, slots))
        near, _ = self.finely(asked, slots[touched], now)
        self.crowds.seen(language, asked, slots[touched], near)
        centre = self._queries.setdefault(language, self._query_centre(language))
        centre.add(self._mapped(query), +1)

    def closeness(
        self, asked: NDArray[np.float64], slots: Places, now: int
    ) -> tuple[Cosines, Places]:
        """For each of ``slots`` the closeness of its pieces, and which piece is the nearest.

        Double precision, and the same whichever other slots are asked for. ``now`` is the year.
        """
        nearest = Nearest(len(slots), np.float64)
        for whose, rows, cosines in self.cosines(asked, slots):
            fresh = freshness(self._year.values[rows], now)
            nearest.add(whose, faded(cosines, fresh), self._place.values[rows])
        return nearest.together().astype(np.float64), nearest.which

    def pieces(
        self, asked: NDArray[np.float64], slot: int, now: int
    ) -> list[tuple[int, float, float]]:
        """Of each piece of ``slot`` that has a vector its place, its cosine, and what its year
        leaves of that (`freshness`); ``now`` is the year.
        """
        return [
            (
                int(self._place[row]),
                float(cosine),
                float(freshness(self._year.values[[row]], now)[0]),
            )
            for _, rows, cosines in self.cosines(asked, np.array([slot]))
            for row, cosine in zip(rows.tolist(), cosines.tolist(), strict=True)
        ]

    def cosines(
        self, asked: NDArray[np.float64], slots: Places
    ) -> Iterator[tuple[Places, Places, Cosines]]:
        """Piece after piece of each of ``slots``: which of ``slots``, the rows, the cosines."""
        for whose, rows in self._chains(slots):
            yield whose, rows, self._exactly(asked, rows)

    def _exactly(self, asked: NDArray[np.float64], rows: Places) -> Cosines:
        centres = np.array([mean.value() for mean in self._means])
        centred = self._rows.take(rows) - centres[self._language.values[rows]]
        lengths = np.sqrt(np.einsum("ij,ij->i", centred, centred))
        found: Cosines = np.einsum("ij,j->i", centred, asked) / np.maximum(lengths, _SHORTEST)
        return found

    def roughly(
        self, asked: NDArray[np.float64], slots: Places, now: int
    ) -> tuple[NDArray[np.float32], float]:
        """`closeness` by the high bytes alone, and the most by which it is wrong for any slot."""
        return self._together(asked, slots, now, self._rough)

    def finely(
        self, asked: NDArray[np.float64], slots: Places, now: int
    ) -> tuple[NDArray[np.float32], float]:
        """`roughly`, for fewer slots and with a much smaller error."""
        return self._together(asked, slots, now, self._fine)

    def _together(
        self, asked: NDArray[np.float64], slots: Places, now: int, way: Way
    ) -> tuple[NDArray[np.float32], float]:
        self._measure()
        chains = list(self._chains(slots))
        if not chains:
            return np.full(len(slots), FAR, np.float32), 0.0
        rows = np.concatenate([rows for _, rows in chains])
        if len(rows) < _MANY * self._rows.size:
            found, error = way(asked, rows)
        else:
            found, error = way(asked, None)
            found = found[rows]
        found = faded(found, freshness(self._year.values[rows], now))
        nearest = Nearest(len(slots), np.float32)
        start = 0
        for whose, chained in chains:
            nearest.add(whose, found[start : start + len(chained)])
            start += len(chained)
        return nearest.together().astype(np.float32), MOST * error

    def _rough(
        self, asked: NDArray[np.float64], rows: Places | None
    ) -> tuple[NDArray[np.float32], float]:
        """The cosines of ``rows``, or of all that there are, and the most that one is wrong."""
        found, rounded = self._rows.rough(asked, rows)
        there: Places | slice = slice(None) if rows is None else rows
        rest = self._rows.rest.values[there]
        return self._centred(asked, found, rest + np.float32(rounded) * rest, rounded, there)

    def _fine(
        self, asked: NDArray[np.float64], rows: Places | None
    ) -> tuple[NDArray[np.float32], float]:
        chosen = np.arange(self._rows.size) if rows is None else rows
        found, rounded = self._rows.dots(asked, chosen)
        return self._centred(asked, found.astype(np.float32), np.float32(0.0), rounded, chosen)

    def _centred(
        self,
        asked: NDArray[np.float64],
        found: NDArray[np.float32],
        wrong: NDArray[np.float32] | np.float32,
        rounded: float,
        there: Places | slice,
    ) -> tuple[NDArray[np.float32], float]:
        """Cosines of products p.a: (p.a - c.a) / |p - c|; c.a is exact.

        ``wrong`` and ``rounded`` |p| are what a product is wrong by. A length is wrong by no more
        than its centre moved since it was measured. Rows far worse than most are compared exactly.
        """
        centres = np.array([mean.value() @ asked for mean in self._means], np.float32)
        drift = max(mean.drift() for mean in self._means)
        lengths = self._length.values[there]
        found -= centres.take(self._language.values[there])
        found /= lengths
        error = np.float32(rounded + _ROUNDING) * self._rows.norm.values[there]
        error += wrong
        error += np.float32(drift + _ROUNDING)
        error /= np.maximum(lengths - np.float32(drift), np.float32(_SHORTEST))
        usual = _MUCH_WORSE * float(np.median(error[:: 1 + len(error) // _SAMPLE]))
        worst = float(error.max())
        if worst <= usual:
            return found, worst
        loose = np.flatnonzero(error > usual)
        rows = loose if isinstance(there, slice) else there[loose]
        found[loose] = self._exactly(asked, rows)
        return found, usual

    def _chains(self, slots: Places) -> Iterator[tuple[Places, Places]]:
        """The first row of each of ``slots`` that has one, then the second ...: which of
        ``slots``, and the rows.
        """
        rows = self._first.values[slots].astype(np.intp)
        whose = np.arange(len(slots))
        while True:
            there = rows != _NOWHERE
            if not there.all():
                there = np.flatnonzero(there)
                whose, rows = whose[there], rows[there]
            if not len(rows):
                return
            yield whose, rows
            rows = self._next.values[rows].astype(np.intp)

    def _measure(self) -> None:
        """Measure the lengths of centred pieces anew where their centre has moved by much.

        |p - c|^2 = |p|^2 - 2 p.c + |c|^2, without a copy of the rows.
        """
        for number, centre in enumerate(self._means):
            if centre.drift() < _DRIFT:
                continue
            told = centre.tell()
            rows = np.flatnonzero(self._language.values == number)
            norms = self._rows.norm.values[rows].astype(np.float64)
            squares = norms * norms - 2 * self._rows.dots(told, rows)[0] + told @ told
            self._length.values[rows] = np.sqrt(np.maximum(squares, _SHORTEST**2))

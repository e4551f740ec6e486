"""Nearness in meaning: centred cosines over the pieces of every supply.

Embeddings of one model crowd around a common direction, and those of one language around a
direction of their own; queries and passages of E5 differ too. With the mean of its side and
language removed from each vector, a cosine tells what the texts are about rather than what they
are written in (measured in docs/decisions/0009-language-centres.md). A stored linear map then
makes little of the directions in which translations of one text differ (0017-trilingual-space.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.centres import Centre
from services.matcher.domain.centres import Centres as Centres
from services.matcher.domain.centres import unit as unit
from services.matcher.domain.columns import Codes, Column, let_one_grow
from services.matcher.domain.crowds import Crowds
from services.matcher.domain.model import Vector
from services.matcher.domain.portfolio import FAR, MOST, Nearest, freshness
from services.matcher.domain.rows import Half, Places, Rows

_DRIFT = 5e-4
_ROUNDING = 1e-5
_NOWHERE = -1
_FEW = 0.3  # of all rows: from here on it is quicker to read all than to pick
Cosines = NDArray[np.float64]


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
        self._square = Column(np.float32)
        self._length = Column(np.float32, 1.0)
        self._year = Column(np.int16)
        self._by_row = (
            self._next,
            self._place,
            self._language,
            self._square,
            self._length,
            self._year,
        )
        self._free: list[int] = []
        self._known: Codes[str] = Codes()
        self._means: list[Centre] = []
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
    ) -> None:
        """Make ``vectors`` (n, d) the pieces of ``slot``: one that is there, or the next one.

        They are mapped (`Centres.mapped`); a row of zeros is a piece without a vector. ``years``
        are those of the pieces that have one.
        """
        if slot == self._first.size:
            let_one_grow((self._first,))
            self._first.extend()
        self._take_out(slot)
        places = np.flatnonzero(vectors.any(axis=1))
        if not len(places):
            self.crowds.put(slot, np.zeros((0, self._centres.dimension), np.float32))
            return
        kept = vectors[places].astype(np.float32)
        numbers = [self._number(languages[place]) for place in places.tolist()]
        told = np.array([self._means[number].told for number in numbers])
        rows = self._some_rows(len(places))
        for row, place, number, vector in zip(rows, places, numbers, kept, strict=True):
            self._rows[row] = vectors[place]
            self._means[number].add(vector, +1)
        self._first[slot] = rows[0]
        self._next[rows] = [*rows[1:], _NOWHERE]
        self._place[rows] = places
        self._language[rows] = numbers
        self._year[rows] = [(years[place] or 0) if years else 0 for place in places.tolist()]
        self._square[rows] = np.einsum("ij,ij->i", kept, kept)
        stored = [self._centres.of_passage(languages[place]) for place in places.tolist()]
        self.crowds.put(slot, unit(kept - np.array(stored, np.float32)))
        kept -= told
        self._length[rows] = np.sqrt(np.einsum("ij,ij->i", kept, kept))

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
            self._means.append(Centre(self._centres.of_passage(language)))
        return number

    def _take_out(self, slot: int) -> None:
        row = self._first[slot]
        self._first[slot] = _NOWHERE
        while row != _NOWHERE:
            vector = self._rows.take(np.array([row]))[0]
            self._means[self._language[row]].add(vector, -1)
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

    def saw(self, query: Vector, language: str, now: int) -> None:
        """Count a demand in: where its language lies, and who is near to it (history).

        ``now`` is the year.
        """
        asked = self.asked(query, language)
        near, _ = self.roughly(asked, np.arange(self._first.size), now)
        self.crowds.seen(language, asked, near)
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
            nearest.add(whose, cosines, fresh, self._place.values[rows])
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
        centres = np.array([mean.value() for mean in self._means])
        for whose, rows in self._chains(slots):
            centred = self._rows.take(rows) - centres[self._language.values[rows]]
            lengths = np.sqrt(np.einsum("ij,ij->i", centred, centred))
            yield whose, rows, np.einsum("ij,j->i", centred, asked) / np.maximum(lengths, 1e-6)

    def roughly(
        self, asked: NDArray[np.float64], slots: Places, now: int
    ) -> tuple[NDArray[np.float32], float]:
        """`closeness` in single precision, and the most by which it is wrong for any slot."""
        self._measure()
        chains = list(self._chains(slots))
        if not chains:
            return np.full(len(slots), FAR, np.float32), 0.0
        nearest = Nearest(len(slots), np.float32)
        rows = np.concatenate([rows for _, rows in chains])
        few = len(rows) < _FEW * self._rows.size
        found = self._cosines(asked, rows) if few else self._cosines(asked, None)[rows]
        fresh = freshness(self._year.values[rows], now)
        start = 0
        for whose, chained in chains:
            end = start + len(chained)
            nearest.add(whose, found[start:end], fresh[start:end])
            start = end
        return nearest.together().astype(np.float32), MOST * self._error(asked)

    def _cosines(self, asked: NDArray[np.float64], rows: Places | None) -> NDArray[np.float32]:
        """Of ``rows``, or of all that there are: (p - c).a / |p - c|."""
        there: Places | slice = slice(None) if rows is None else rows
        centred = np.array([mean.value() @ asked for mean in self._means], np.float32)
        cosines = self._rows.dots(asked.astype(np.float32), rows)
        cosines -= centred.take(self._language.values[there])
        cosines /= np.maximum(self._length.values[there], np.float32(1e-6))
        return cosines

    def _chains(self, slots: Places) -> Iterator[tuple[Places, Places]]:
        """The first row of each of ``slots`` that has one, then the second ...: which of
        ``slots``, and the rows.
        """
        rows = self._first.values[slots].astype(np.intp)
        whose = np.arange(len(slots))
        while True:
            there = rows != _NOWHERE
            if not there.all():
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
            squares = self._square.values[rows] - 2 * self._dots(told, rows) + told @ told
            self._length.values[rows] = np.sqrt(np.maximum(squares, 1e-12))

    def _dots(self, vector: Vector, rows: Places) -> NDArray[np.float32]:
        if len(rows) < _FEW * self._rows.size:
            return self._rows.dots(vector, rows)
        return self._rows.dots(vector, None)[rows]

    def _error(self, asked: NDArray[np.float64]) -> float:
        """By how much `roughly` may be wrong: by rounding what is asked, and the lengths.

        |p.a - p.a'| <= |p| |a - a'|, and a length is wrong by no more than its centre moved.
        """
        rounded = float(np.linalg.norm(asked - asked.astype(np.float16)))
        longest = float(np.sqrt(self._square.values.max()))
        drift = max(mean.drift() for mean in self._means)
        shortest = max(float(self._length.values.min()) - drift, 1e-6)
        return (longest * rounded + drift + _ROUNDING) / shortest

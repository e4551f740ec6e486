"""Every piece of every supply by itself: its vector, and how near it is to what is asked.

Embeddings of one model crowd around a common direction, and those of one language around a
direction of their own; queries and passages of E5 differ too. With the mean of its side and
language removed from each vector, a cosine tells what the texts are about rather than what they
are written in (measured in docs/decisions/0009-language-centres.md). A cosine is had in three ways:
quickly by the high bytes, with a bound on its error; more finely by all bytes, with a smaller one;
and in double precision (docs/decisions/0019-fixed-point.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.centres import Centre, Centres
from services.matcher.domain.columns import Codes, Column, extend
from services.matcher.domain.model import Vector
from services.matcher.domain.rows import Places, Rows, lengths

_DRIFT = 5e-4
_ROUNDING = 1e-5
_SHORTEST = 1e-6
_MUCH_WORSE, _SAMPLE = 2.0, 512

Asked = NDArray[np.float64]
Exact = NDArray[np.float64]
Cosines = NDArray[np.float32]


class Pieces:
    """Vectors by row, each without the stored centre of its language; a row may be written over.

    ``language`` has for each row the number of its language.
    """

    def __init__(self, centres: Centres) -> None:
        self._centres = centres
        self._rows = Rows(centres.dimension)
        self._language = Column(np.int16)
        self._length = Column(np.float32, 1.0)  # from the centre to where it was told to be
        self._known: Codes[str] = Codes()
        self._stored: list[Vector] = []
        self._means: list[Centre] = []  # seen from the stored centre

    def __len__(self) -> int:
        return self._rows.size

    def extend(self) -> int:
        """Add a free row and tell where."""
        extend((self._language, self._length))
        return self._rows.extend()

    def put(self, rows: list[int], vectors: Vector, languages: Sequence[str]) -> Exact:
        """Write ``vectors`` (n, d) into free rows; returns what is kept of them."""
        numbers = [self._number(language) for language in languages]
        kept = self._rows.put(rows, vectors - [self._stored[number] for number in numbers])
        for number, vector in zip(numbers, kept, strict=True):
            self._means[number].add(vector, +1)
        told = kept - [self._means[number].told for number in numbers]
        self._language[rows] = numbers
        self._length[rows] = np.maximum(lengths(told), _SHORTEST)
        return kept

    def hold(self, rows: list[int], vectors: Vector, languages: Sequence[str]) -> bool:
        """Whether ``rows`` have what `put` would write into them."""
        numbers = [self._known.find(language) for language in languages]
        if [self._language[row] for row in rows] != numbers:
            return False
        stored = [self._stored[number] for number in numbers if number is not None]
        return not rows or self._rows.hold(rows, vectors - stored)

    def _number(self, language: str) -> int:
        number = self._known.code(language)
        if number == len(self._means):
            self._stored.append(self._centres.of_passage(language))
            self._means.append(Centre(np.zeros(self._centres.dimension, np.float32)))
        return number

    def clear(self, row: int) -> None:
        """Make ``row`` a free one."""
        vector = self._rows.take(np.array([row]))[0]
        self._means[self._language[row]].add(vector, -1)
        self._rows.clear(row)
        self._length[row] = 1.0

    def exactly(self, asked: Asked, rows: Places) -> Exact:
        """The cosines of ``rows``: each the same whichever others are asked for."""
        if np.any(rows[1:] < rows[:-1]):
            order = np.argsort(rows, kind="stable")  # memory is read in its order
            found: Exact = np.empty(len(rows))
            found[order] = self.exactly(asked, rows[order])
            return found
        centres = np.array([mean.value() for mean in self._means])
        centred = self._rows.take(rows)
        centred -= centres[self._language.values[rows]]
        found = np.vecdot(centred, asked)
        found /= np.maximum(lengths(centred), _SHORTEST)
        return found

    def roughly(self, asked: Asked, rows: Places | None) -> tuple[Cosines, float]:
        """The cosines of ``rows`` (None: of all), and the most that one is wrong."""
        found, rounded = self._rows.rough(asked, rows)
        rest = _of(self._rows.rest, rows)
        return self._centred(asked, found, rest * np.float32(1.0 + rounded), rounded, rows)

    def finely(self, asked: Asked, rows: Places | None) -> tuple[Cosines, float]:
        """`roughly`, with a much smaller error."""
        chosen = np.arange(len(self)) if rows is None else rows
        found, rounded = self._rows.dots(asked, chosen)
        return self._centred(asked, found.astype(np.float32), np.float32(0.0), rounded, chosen)

    def _centred(
        self,
        asked: Asked,
        found: Cosines,
        wrong: Cosines | np.float32,
        rounded: float,
        rows: Places | None,
    ) -> tuple[Cosines, float]:
        """Cosines of products p.a: (p.a - c.a) / |p - c|; c.a is exact.

        ``wrong`` and ``rounded`` |p| are what a product is wrong by. A length is wrong by no more
        than its centre moved since it was measured. Rows far worse than most are compared exactly.
        """
        centres = np.array([mean.value() @ asked for mean in self._means], np.float32)
        drift = max(mean.drift() for mean in self._means)
        far = _of(self._length, rows)
        found -= centres.take(_of(self._language, rows))
        found /= far
        error = np.float32(rounded + _ROUNDING) * _of(self._rows.norm, rows)
        error += wrong
        error += np.float32(drift + _ROUNDING)
        error /= np.maximum(far - np.float32(drift), np.float32(_SHORTEST))
        sample = error[:: 1 + len(error) // _SAMPLE]
        usual = _MUCH_WORSE * float(np.partition(sample, len(sample) // 2)[len(sample) // 2])
        worst = float(error.max())
        if worst <= usual:
            return found, worst
        loose = np.flatnonzero(error > usual)
        found[loose] = self.exactly(asked, loose if rows is None else rows[loose])
        return found, usual

    def measure(self) -> None:
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


def _of(column: Column, rows: Places | None) -> NDArray[Any]:
    """What ``column`` has for ``rows`` (None: for all)."""
    return column.values if rows is None else column.values.take(rows)

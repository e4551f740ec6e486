"""Vectors in fixed point of 16 bits, in blocks: many, compact, and quick to compare with one.

Each row has a scale of its own. The high and the low byte of its numbers lie apart, so that a rough
product reads the high ones alone, half of what is kept, and is told how much the low ones could
add. numpy has no fast product of bytes; SimSIMD has. Blocks are never copied or moved when more
come.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import simsimd
from numpy.typing import NDArray

from services.matcher.domain.columns import Column, extend

_BLOCK = 131_072  # memory that was never written to is not taken yet
_AT_ONCE = 16_384
_HIGHEST = 127 * 256  # so that the high byte stays between -127 and 127, rounded either way
_TINY = 1e-30

Places = NDArray[np.intp]
Bytes = NDArray[np.int8]
Numbers = NDArray[np.float64]


class Rows:
    """Rows of ``dimension`` numbers each; ``size`` have been added.

    ``norm`` is the length of each row, ``rest`` that of its low bytes alone.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.norm = Column(np.float32)
        self.rest = Column(np.float32)
        self._scale = Column(np.float32)
        self._high: list[Bytes] = []
        self._low: list[Bytes] = []

    @property
    def size(self) -> int:
        """How many rows there are."""
        return self._scale.size

    def extend(self) -> int:
        """Add a row of zeros and tell where."""
        if self.size == len(self._high) * _BLOCK:
            for plane in (self._high, self._low):
                plane.append(np.empty((_BLOCK, self.dimension), np.int8))
        extend((self.norm, self.rest, self._scale))
        self.clear(self.size - 1)
        return self.size - 1

    def clear(self, row: int) -> None:
        """Make zeros of ``row``."""
        self._high[row // _BLOCK][row % _BLOCK] = 0
        self._low[row // _BLOCK][row % _BLOCK] = 0
        self.norm[row] = self.rest[row] = self._scale[row] = 0.0

    def put(self, rows: list[int], vectors: NDArray[np.floating[Any]]) -> Numbers:
        """Write ``vectors`` (n, d) and tell what is kept of them."""
        numbers, scales = fixed(vectors)
        high, low = _planes(numbers)
        for place, row in enumerate(rows):
            self._high[row // _BLOCK][row % _BLOCK] = high[place]
            self._low[row // _BLOCK][row % _BLOCK] = low[place]
        kept = numbers * scales
        self._scale[rows] = scales[:, 0]
        self.norm[rows] = lengths(kept)
        self.rest[rows] = scales[:, 0] * lengths(low.astype(np.float64))
        return kept

    def hold(self, rows: list[int], vectors: NDArray[np.floating[Any]]) -> bool:
        """Whether ``rows`` have what `put` would write into them."""
        numbers, scales = fixed(vectors)
        return np.array_equal(numbers * scales, self.take(np.array(rows)))

    def take(self, rows: Places) -> Numbers:
        """``rows`` as they are kept, in their order."""
        numbers = _taken(self._high, rows, self.dimension).astype(np.int16)
        numbers *= 256
        numbers += _taken(self._low, rows, self.dimension)
        scales: Numbers = self._scale.values[rows, None].astype(np.float64)
        return numbers * scales

    def rough(self, vector: Numbers, rows: Places | None) -> tuple[NDArray[np.float32], float]:
        """The product of ``vector`` with each of ``rows`` (None: all), by high bytes alone.

        With it by how much ``vector`` was rounded, which makes the product of a row wrong by up
        to |vector| rest + rounded (norm + rest).
        """
        asked, scale = _rounded(vector)
        rounded = float(np.linalg.norm(vector - scale * 256.0 * asked))
        if rows is None:
            found = np.empty(self.size, np.float32)
            for start in range(0, self.size, _AT_ONCE):
                end = min(start + _AT_ONCE, self.size)
                block, first = self._high[start // _BLOCK], start % _BLOCK
                found[start:end] = _dots(asked[None], block[first : first + end - start])[0]
            scales = self._scale.values
        else:
            high = _taken(self._high, rows, self.dimension)
            found = _dots(asked[None], high)[0].astype(np.float32)
            scales = self._scale.values.take(rows)
        found *= scales
        found *= np.float32(256.0 * 256.0 * scale)
        return found, rounded

    def dots(self, vector: Numbers, rows: Places) -> tuple[Numbers, float]:
        """The product of ``vector``, rounded as rows are, with each of ``rows``.

        With it by how much it was rounded; nothing else is wrong but double precision.
        """
        numbers, scale = fixed(vector)
        found = np.empty(len(rows))
        asked = np.stack(_planes(numbers))
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            high = _dots(asked, _taken(self._high, some, self.dimension))
            low = _dots(asked, _taken(self._low, some, self.dimension))
            found[start : start + _AT_ONCE] = (
                65_536.0 * high[0] + 256.0 * (high[1] + low[0]) + low[1]
            )
        found *= self._scale.values.take(rows)
        found *= scale
        return found, float(np.linalg.norm(vector - numbers * scale))


def lengths(vectors: Numbers) -> Numbers:
    """The length of each of ``vectors`` (n, d)."""
    found: Numbers = np.sqrt(np.vecdot(vectors, vectors))
    return found


def fixed(vectors: NDArray[np.floating[Any]]) -> tuple[Numbers, Numbers]:
    """``vectors`` (..., d) as whole numbers of 16 bits, and the scales (..., 1) that they are
    multiplied with.
    """
    most = np.abs(vectors).max(axis=-1, keepdims=True, initial=0.0)
    scales = np.maximum(most / _HIGHEST, _TINY).astype(np.float32).astype(np.float64)
    numbers = vectors / scales
    np.rint(numbers, numbers)
    return numbers.clip(-_HIGHEST, _HIGHEST, numbers), scales


def _planes(numbers: Numbers) -> tuple[Bytes, Bytes]:
    """The high and the low bytes: ``numbers`` = 256 high + low, low between -128 and 127."""
    high = np.floor((numbers + 128.0) / 256.0)
    return high.astype(np.int8), (numbers - 256.0 * high).astype(np.int8)


def _rounded(vector: Numbers) -> tuple[Bytes, float]:
    """``vector`` in high bytes alone, and the scale of `fixed`."""
    scale = max(float(np.abs(vector).max(initial=0.0)) / _HIGHEST, _TINY)
    return np.rint(vector / (256.0 * scale)).astype(np.int8), scale


def _taken(blocks: list[Bytes], rows: Places, dimension: int) -> Bytes:
    """A copy of ``rows``, in their order."""
    if np.any(rows[1:] < rows[:-1]):
        order = np.argsort(rows, kind="stable")
        found = np.empty((len(rows), dimension), np.int8)
        found[order] = _taken(blocks, rows[order], dimension)
        return found
    found = np.empty((len(rows), dimension), np.int8)
    edges = np.searchsorted(rows, np.arange(len(blocks) + 1) * _BLOCK).tolist()
    for number, block in enumerate(blocks):
        start, end = edges[number], edges[number + 1]
        if start < end:
            block.take(rows[start:end] - number * _BLOCK, 0, found[start:end], "clip")
    return found


def _dots(asked: Bytes, many: Bytes) -> Numbers:
    """The product of each of ``asked`` (m, d) with each of ``many`` (n, d), as (m, n)."""
    if not len(many):
        return np.empty((len(asked), 0))
    # Not into `out=`: SimSIMD 6.5 then returns a None that it does not own, and before Python 3.12,
    # where None can be freed, some thousand calls end the process ("deallocating None").
    found: Numbers = np.asarray(simsimd.cdist(asked, many, "dot", out_dtype="float64"))
    return found

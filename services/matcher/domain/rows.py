"""Vectors in half precision, in blocks: many, compact, and quick to compare with one.

Half precision is how vectors travel (`jisr.supplies.v1`), so nothing is lost by it. numpy has no
fast product of such vectors; SimSIMD has. Blocks are never copied or moved when more come.
"""

from __future__ import annotations

import numpy as np
import simsimd
from numpy.typing import NDArray

from services.matcher.domain.model import Vector

# These two add up in half precision and would be wrong by far more than `Rows.dots` promises.
# Without them SimSIMD takes the next best of the processor, which adds up in single precision.
for _coarse in ("sapphire", "sve_f16"):
    simsimd.disable_capability(_coarse)

_BLOCK = 16_384

Places = NDArray[np.intp]
Half = NDArray[np.float16]


class Rows:
    """Rows of ``dimension`` numbers each; ``size`` have been added."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.size = 0
        self._blocks: list[Half] = []

    def extend(self) -> int:
        """Add a row and tell where; it is to be written before it is read."""
        if self.size == len(self._blocks) * _BLOCK:
            self._blocks.append(np.empty((_BLOCK, self.dimension), np.float16))
        self.size += 1
        return self.size - 1

    def __setitem__(self, row: int, vector: Half) -> None:
        self._blocks[row // _BLOCK][row % _BLOCK] = vector

    def take(self, rows: Places) -> Half:
        """A copy of ``rows``, in their order."""
        if np.any(rows[1:] < rows[:-1]):
            order = np.argsort(rows, kind="stable")
            found = np.empty((len(rows), self.dimension), np.float16)
            found[order] = self.take(rows[order])
            return found
        found = np.empty((len(rows), self.dimension), np.float16)
        edges = np.searchsorted(rows, np.arange(len(self._blocks) + 1) * _BLOCK).tolist()
        for number, block in enumerate(self._blocks):
            start, end = edges[number], edges[number + 1]
            if start < end:
                block.take(rows[start:end] - number * _BLOCK, 0, found[start:end], "clip")
        return found

    def dots(self, vector: Vector, rows: Places | None) -> NDArray[np.float32]:
        """The product of ``vector``, rounded to half precision, with each of ``rows`` (None: all).

        Added up in single precision.
        """
        asked = vector.astype(np.float16)[None]
        if rows is not None:
            return _dots(asked, self.take(rows)) if len(rows) else np.empty(0, np.float32)
        found = np.empty(self.size, np.float32)
        for start in range(0, self.size, _BLOCK):
            end = min(start + _BLOCK, self.size)
            found[start:end] = _dots(asked, self._blocks[start // _BLOCK][: end - start])
        return found


def _dots(asked: Half, many: Half) -> NDArray[np.float32]:
    """The product of ``asked`` (1, d) with each of ``many`` (n, d)."""
    # Not into `out=`: SimSIMD 6.5 then returns a None that it does not own, and before Python 3.12,
    # where None can be freed, some thousand calls end the process ("deallocating None").
    found: NDArray[np.float32] = np.asarray(
        simsimd.cdist(asked, many, "dot", out_dtype="float32"), np.float32
    )[0]
    return found

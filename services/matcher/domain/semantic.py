"""Nearness in meaning: centred cosines over the pieces of every supply.

Embeddings of one model crowd around a common direction, and those of one language around a
direction of their own; queries and passages of E5 differ too. With the mean of its side and
language removed from each vector, a cosine tells what the texts are about rather than what they
are written in (measured in docs/decisions/0009-language-centres.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.model import Vector

_PRIOR_WEIGHT = 20.0


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """``vectors`` (n, d) with each row scaled to length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: NDArray[np.float32] = vectors / np.maximum(lengths, 1e-9)
    return scaled


@dataclass(frozen=True, slots=True)
class Centres:
    """The stored mean vectors (d,) of each language, for queries and for passages."""

    model: str
    dimension: int
    queries: Mapping[str, Vector] = field(default_factory=dict)
    passages: Mapping[str, Vector] = field(default_factory=dict)

    def of_query(self, language: str) -> Vector:
        """The mean of queries in ``language``; that of all languages where it is unknown."""
        return self._of(self.queries, language)

    def of_passage(self, language: str) -> Vector:
        """The mean of passages in ``language``; that of all languages where it is unknown."""
        return self._of(self.passages, language)

    def _of(self, means: Mapping[str, Vector], language: str) -> Vector:
        if language in means:
            return means[language]
        if means:
            overall: Vector = np.mean(list(means.values()), axis=0, dtype=np.float32)
            return overall
        return np.zeros(self.dimension, np.float32)


class _RunningMean:
    """The mean of the passages of one language, held up by the stored one while they are few."""

    def __init__(self, prior: Vector) -> None:
        self._sum = prior.astype(np.float64) * _PRIOR_WEIGHT
        self._weight = _PRIOR_WEIGHT

    def add(self, vector: Vector, sign: int) -> None:
        self._sum += sign * vector.astype(np.float64)
        self._weight += sign

    def value(self) -> Vector:
        return (self._sum / self._weight).astype(np.float32)


class Meanings:
    """The vectors of every piece, grouped by slot."""

    def __init__(self, centres: Centres) -> None:
        self._centres = centres
        self._vectors = np.zeros((64, centres.dimension), np.float32)
        self._language = np.zeros(64, np.int32)
        self._known: dict[str, int] = {}
        self._means: list[_RunningMean] = []
        self._starts: list[int] = []
        self._counts: list[int] = []
        self._size = 0

    def add(self, vectors: NDArray[np.float32], languages: Sequence[str]) -> None:
        """Put the pieces (n, d), n >= 1, of the next slot. A zero row is a piece without vector."""
        count = len(vectors)
        while self._size + count > len(self._vectors):
            self._vectors = np.concatenate([self._vectors, np.zeros_like(self._vectors)])
            self._language = np.concatenate([self._language, np.zeros_like(self._language)])
        self._vectors[self._size : self._size + count] = vectors
        for place, (vector, language) in enumerate(zip(vectors, languages, strict=True)):
            number = self._number(language)
            self._language[self._size + place] = number
            if vector.any():
                self._means[number].add(vector, +1)
        self._starts.append(self._size)
        self._counts.append(count)
        self._size += count

    def _number(self, language: str) -> int:
        number = self._known.get(language)
        if number is None:
            number = self._known[language] = len(self._means)
            self._means.append(_RunningMean(self._centres.of_passage(language)))
        return number

    def forget(self, slot: int) -> None:
        """Take the pieces of ``slot`` out of the means."""
        start, count = self._starts[slot], self._counts[slot]
        for row in range(start, start + count):
            if self._vectors[row].any():
                self._means[self._language[row]].add(self._vectors[row], -1)

    def closeness(
        self, query: Vector, language: str
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """For each slot the cosine of its nearest piece, and which piece that is; -1: no vector."""
        if not self._starts:
            return np.empty(0, np.float32), np.empty(0, np.int64)
        cosines = self._cosines(unit(query - self._centres.of_query(language)))
        starts = np.array(self._starts)
        best = np.maximum.reduceat(cosines, starts)
        which = [
            int(cosines[s : s + n].argmax()) for s, n in zip(starts, self._counts, strict=True)
        ]
        return best.astype(np.float32), np.array(which)

    def _cosines(self, asked: Vector) -> NDArray[np.float32]:
        """(p - c) . a / |p - c| for each piece p and the centre c of its language, without a
        copy of the matrix: |p - c|^2 = |p|^2 - 2 p.c + |c|^2.
        """
        pieces = self._vectors[: self._size]
        language = self._language[: self._size]
        centres = np.stack([mean.value() for mean in self._means])
        across = pieces @ np.vstack([asked, centres]).T
        along = across[np.arange(self._size), 1 + language]
        lengths = np.einsum("ij,ij->i", pieces, pieces)
        squares = lengths - 2 * along + np.einsum("ij,ij->i", centres, centres)[language]
        found = (across[:, 0] - (centres @ asked)[language]) / np.sqrt(np.maximum(squares, 1e-12))
        found[lengths == 0] = -1.0
        cosines: NDArray[np.float32] = found
        return cosines

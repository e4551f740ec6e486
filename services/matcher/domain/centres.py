"""Where the vectors of a side and a language lie, which says nothing of what a text is about.

Stored for each embedding model (`services.matcher.training.space`); those of passages follow the
texts that are indexed, those of queries the demands that were seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.model import Vector
from services.matcher.domain.rows import fixed

_PRIOR_WEIGHT = 10.0
Floats = TypeVar("Floats", NDArray[np.float32], NDArray[np.float64])


def unit(vectors: Floats) -> Floats:
    """``vectors`` (n, d) with each row scaled to length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Floats = vectors / np.maximum(lengths, 1e-9)
    return scaled


@dataclass(frozen=True)
class Centres:
    """What is stored of a model's space: where each language lies in it, and how it is looked at.

    Mean vectors (d,) of each language, for queries and for passages; ``map`` (d, d) is applied
    to every vector before any is compared (None leaves them as they are): it makes little of the
    directions in which translations of one text differ. ``background`` are queries (n, d) of each
    language by which nearness to everything is estimated (`crowds`).
    """

    model: str
    dimension: int
    queries: Mapping[str, Vector] = field(default_factory=dict)
    passages: Mapping[str, Vector] = field(default_factory=dict)
    map: NDArray[np.float32] | None = None
    background: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def mapped(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """``vectors`` (..., d) as they are compared."""
        return vectors if self.map is None else vectors @ self.map

    def of_query(self, language: str) -> Vector:
        """The mapped mean of queries in ``language``; that of all languages where it is unknown."""
        return self._of(self.queries, language)

    def of_passage(self, language: str) -> Vector:
        """The mapped mean of passages in ``language``; that of all where it is unknown."""
        return self._of(self.passages, language)

    def _of(self, means: Mapping[str, Vector], language: str) -> Vector:
        if language in means:
            return self.mapped(means[language])
        if means:
            return self.mapped(np.mean(list(means.values()), axis=0, dtype=np.float32))
        return np.zeros(self.dimension, np.float32)

    def asked(self) -> dict[str, NDArray[np.float32]]:
        """The background queries, mapped, centred and of unit length."""
        return {
            language: unit(self.mapped(many) - self.of_query(language))
            for language, many in self.background.items()
        }


class Centre:
    """The mean of one side and language, held up by the stored one while there are few.

    ``told`` is where it was when lengths were last measured from it.
    """

    def __init__(self, prior: Vector) -> None:
        self._sum = prior.astype(np.float64) * _PRIOR_WEIGHT
        self._weight = _PRIOR_WEIGHT
        self._mean: NDArray[np.float64] | None = None  # None: not measured since it moved
        self._moved: float | None = None
        self.told = self.tell()

    def add(self, vector: NDArray[Any], sign: int) -> None:
        """Count ``vector`` in (+1) or out (-1)."""
        self._sum += vector if sign > 0 else -vector
        self._weight += sign
        self._mean = self._moved = None

    def value(self) -> NDArray[np.float64]:
        """The mean now; not to be written to."""
        if self._mean is None:
            self._mean = self._sum / self._weight
        return self._mean

    def tell(self) -> NDArray[np.float64]:
        """The mean now, rounded as `Rows.dots` rounds it, and kept as ``told``."""
        numbers, scale = fixed(self.value())
        self.told = numbers * scale
        self._moved = None
        return self.told

    def drift(self) -> float:
        """How far the mean is from where it was told to be."""
        if self._moved is None:
            self._moved = float(np.linalg.norm(self.value() - self.told))
        return self._moved

"""The space of an embedding model, from texts that say the same in several languages.

Each vector is centred on its side and language. What is left between the versions of one text
(three languages, query and passage) is noise to a matcher: directions of language and of style.
The map is the inverse square root of the covariance of that noise, shrunk towards the identity
(within-class covariance normalisation: Hatch, Kajarekar, Stolcke 2006, section 2; shrinkage as in
Ledoit and Wolf 2004, with a stated weight), so that the noise is as small in every direction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.model import Vector
from services.matcher.domain.semantic import Centres, unit
from services.matcher.training.corpus import Text

SHRINKAGE = 0.7
BACKGROUND = 300
"""Stored queries of each language, by which nearness to everything is estimated."""

Sides = Mapping[str, NDArray[np.float32]]
"""The vectors (n, d) of the same n texts, as "query" and as "passage"."""


def fit(texts: Sequence[Text], sides: Sides, model: str) -> Centres:
    """The space in which versions of one text lie together; ``sides`` are rows of ``texts``."""
    languages = np.array([text.language for text in texts])
    means = {
        side: {str(code): many[languages == code].mean(axis=0) for code in np.unique(languages)}
        for side, many in sides.items()
    }
    dimension = next(iter(sides.values())).shape[1]
    return Centres(
        model,
        dimension,
        means["query"],
        means["passage"],
        _map(_noise(texts, sides, means)),
        _background(texts, sides["query"]),
    )


def _noise(
    texts: Sequence[Text], sides: Sides, means: Mapping[str, Mapping[str, Vector]]
) -> NDArray[np.float64]:
    """How each version of a text differs from the mean of all of its versions."""
    versions: dict[tuple[int, str], list[Vector]] = defaultdict(list)
    for place, text in enumerate(texts):
        for side, many in sides.items():
            centred = unit(many[place] - means[side][text.language])
            versions[text.row, text.form].append(centred)
    found = [np.array(many) - np.mean(many, axis=0) for many in versions.values()]
    return np.concatenate(found).astype(np.float64)


def _map(noise: NDArray[np.float64]) -> NDArray[np.float32]:
    covariance = noise.T @ noise / len(noise)
    dimension = len(covariance)
    spread = np.trace(covariance) / dimension
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * spread * np.eye(dimension)
    values, directions = np.linalg.eigh(shrunk)
    inverse = directions @ np.diag(values**-0.5) @ directions.T
    # A scale of our choice, for cosines do not feel it: half precision is best near 1.
    scaled: NDArray[np.float32] = (inverse * np.sqrt(spread)).astype(np.float32)
    return scaled


def _background(
    texts: Sequence[Text], queries: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """The first queries of each language, of all forms as they come."""
    found: dict[str, list[Vector]] = defaultdict(list)
    for text, vector in zip(texts, queries, strict=True):
        if len(found[text.language]) < BACKGROUND:
            found[text.language].append(vector)
    return {language: np.array(many) for language, many in found.items()}


def save(space: Centres, path: Path) -> None:
    """Write ``space`` in half precision; `services.matcher.adapters.embedder` reads it."""
    assert space.map is not None
    parts = {"map": space.map}
    for kind in ("queries", "passages", "background"):
        parts |= {f"{kind}_{code}": many for code, many in getattr(space, kind).items()}
    halves = {name: many.astype(np.float16) for name, many in parts.items()}
    np.savez_compressed(path, **halves)  # type: ignore[arg-type]

"""What is made of a supply before it is put into the index: all that takes time or may fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain import analysis, keeping
from services.matcher.domain.analysis import Analysed
from services.matcher.domain.centres import Centres
from services.matcher.domain.facts import Facts
from services.matcher.domain.model import Supply

NAME, KEYWORDS, TITLE, TEXT = 0.5, 2.0, 1.5, 1.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A supply, ready for the index.

    ``language`` is that of all its texts, ``languages`` that of each piece. ``words`` None: those
    of the version before hold. ``vectors`` (pieces, d) are mapped (`Centres.mapped`), in half
    precision, zero where a piece has none; None without embeddings. ``kept`` is what
    `keeping.unpack` gives back.
    """

    supply: Supply
    language: str
    languages: Sequence[str]
    words: Analysed | None
    vectors: NDArray[np.float16] | None
    kept: bytes


def prepared(supply: Supply, centres: Centres | None, known: Supply | None = None) -> Prepared:
    """``supply`` analysed; ``known`` is the version before, ``centres`` None without embeddings.

    Raises ValueError for vectors that cannot be used, TypeError for a deadline without a time
    zone.
    """
    Facts.check(supply)
    language = analysis.language_of(" ".join(piece.text for piece in supply.pieces))
    same = known is not None and _said(known) == _said(supply)
    return Prepared(
        supply,
        language,
        [analysis.language_of(piece.text, language) for piece in supply.pieces],
        None if same else said_of(supply, language),
        None if centres is None else _vectors(supply, centres),
        keeping.pack(supply),
    )


def _said(supply: Supply) -> tuple[object, ...]:
    """What `said_of` depends on."""
    return supply.active, supply.name, supply.keywords, supply.pieces


def said_of(supply: Supply, language: str) -> Analysed:
    """The words of a supply; none when it has been taken back."""
    if not supply.active:
        return Analysed({}, {}, {})
    fields = [(supply.name, NAME), (", ".join(supply.keywords), KEYWORDS)]
    for piece in supply.pieces:
        fields += [(piece.title if piece.part == 0 else "", TITLE), (piece.text, TEXT)]
    return analysis.analysed(fields, language)


def _vectors(supply: Supply, centres: Centres) -> NDArray[np.float16]:
    vectors = np.zeros((len(supply.pieces), centres.dimension), np.float32)
    for place, piece in enumerate(supply.pieces):
        if piece.vector is not None and supply.active:
            if piece.vector.shape != (centres.dimension,):
                raise ValueError(
                    f"{supply.supply_id}: a vector of {piece.vector.shape} where the model's "
                    f"have {centres.dimension} dimensions"
                )
            vectors[place] = piece.vector
    halves = centres.mapped(vectors).astype(np.float16)
    if not np.isfinite(halves).all():
        raise ValueError(f"{supply.supply_id}: a vector with numbers that are not finite")
    return halves

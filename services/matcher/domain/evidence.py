"""What is known of many pairs before they are judged: a column for each kind of evidence.

Each column has one value a slot that was asked for, and that value depends on no other slot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain import analysis
from services.matcher.domain.index import Slots, SupplyIndex
from services.matcher.domain.lexical import Weighed
from services.matcher.domain.model import Evidence, Need
from services.matcher.domain.scoring import ScoreModel


@dataclass(frozen=True, slots=True)
class Asked:
    """A need, ready to be compared with any supply, as long as the index does not change.

    ``shown`` has for each term the word that shows it; ``vector`` is centred and of unit length.
    ``niches`` are those that the need names, or that were ``inferred``; ``sure`` is how far they
    count, 1 for those that it names (`inference.Guess.counts`).
    """

    terms: Weighed
    shown: Mapping[str, str]
    language: str
    niches: tuple[str, ...]
    parents: Mapping[str, str | None]
    vector: NDArray[np.float64] | None
    year: int
    city: str | None = None
    inferred: bool = False
    sure: float = 1.0

    @classmethod
    def of(
        cls, need: Need, supplies: SupplyIndex, parents: Mapping[str, str | None], year: int
    ) -> Asked:
        """``need`` as ``supplies`` compare it in ``year``, in the vocabulary of ``parents``."""
        language = analysis.primary(need.language)
        vector = None
        if supplies.meanings is not None and need.vector is not None:
            vector = supplies.meanings.asked(need.vector, language)
        query = supplies.query_of(need)
        terms = supplies.lexicon.weigh(query.terms)
        asked = cls(terms, query.shown, language, need.niches, parents, vector, year, need.city)
        if need.niches or need.kind != "demand":
            return asked
        guess = supplies.vocabulary.guess(query.terms, vector)
        if not guess.niches:
            return asked
        return replace(asked, niches=guess.niches, inferred=True, sure=guess.counts)


@dataclass(frozen=True, slots=True)
class Columns:
    """Evidence of the pairs of one need with ``slots``, in columns named as in `Evidence`.

    ``error`` is the most by which ``closeness`` is wrong.
    """

    slots: Slots
    closeness: NDArray[np.float32] | NDArray[np.float64] | None
    coverage: NDArray[np.float64]
    niche: NDArray[np.float64] | None
    shared_language: NDArray[np.bool_]
    crowd: NDArray[np.float64] | None = None
    same_city: NDArray[np.bool_] | None = None
    best_piece: NDArray[np.intp] | None = None
    error: float = 0.0
    sure: float = 1.0

    def scores(self, model: ScoreModel) -> NDArray[np.float64]:
        """The probability of each pair."""
        return model.probabilities(*self._evidence())

    def log_odds(self, model: ScoreModel) -> NDArray[np.float64]:
        """The log-odds of each pair, not rounded."""
        return model.log_odds(*self._evidence())

    def _evidence(self) -> Any:
        return (
            self.closeness,
            self.coverage,
            self.niche,
            self.shared_language,
            self.crowd,
            self.same_city,
            self.sure,
        )

    def finely(self, asked: Asked, supplies: SupplyIndex, places: Slots) -> Columns:
        """The pairs at ``places`` alone, of rough columns, with a much smaller `error`."""
        found = self._at(places)
        if supplies.meanings is None or asked.vector is None:
            return found
        closeness, error = supplies.meanings.finely(asked.vector, found.slots, asked.year)
        return replace(found, closeness=closeness, error=error)

    def exactly(self, asked: Asked, supplies: SupplyIndex, places: Slots) -> Columns:
        """The pairs at ``places`` alone, of rough columns, with nothing rough about them."""
        found = self._at(places)
        if supplies.meanings is None or asked.vector is None:
            return found
        closeness, best_piece = supplies.meanings.closeness(asked.vector, found.slots, asked.year)
        return replace(found, closeness=closeness, best_piece=best_piece, error=0.0)

    def _at(self, places: Slots) -> Columns:
        return replace(
            self,
            slots=self.slots[places],
            coverage=self.coverage[places],
            niche=None if self.niche is None else self.niche[places],
            shared_language=self.shared_language[places],
            crowd=None if self.crowd is None else self.crowd[places],
            same_city=None if self.same_city is None else self.same_city[places],
        )

    def at(self, place: int) -> Evidence:
        """The evidence of the pair with ``slots[place]``."""
        return Evidence(
            closeness=None if self.closeness is None else self.closeness.item(place),
            coverage=self.coverage.item(place),
            niche=None if self.niche is None else self.niche.item(place),
            shared_language=self.shared_language.item(place),
            same_city=self.same_city is not None and self.same_city.item(place),
            crowd=0.0 if self.crowd is None else self.crowd.item(place),
            best_piece=0 if self.best_piece is None else self.best_piece.item(place),
            sure=self.sure if self.niche is not None else 1.0,
        )


def gather(asked: Asked, supplies: SupplyIndex, slots: Slots, *, roughly: bool = False) -> Columns:
    """The evidence of ``asked`` and each of ``slots``.

    ``roughly`` is for many slots: closeness has an `Columns.error`, and no best piece is told.
    """
    closeness: NDArray[np.float32] | NDArray[np.float64] | None = None
    crowd, best_piece, error = None, None, 0.0
    shared = supplies.shares_language(asked.language, slots)
    if supplies.meanings is not None and asked.vector is not None:
        if roughly:
            closeness, error = supplies.meanings.roughly(asked.vector, slots, asked.year)
        else:
            closeness, best_piece = supplies.meanings.closeness(asked.vector, slots, asked.year)
        crowd = np.zeros(len(slots))
        foreign = np.flatnonzero(~shared)
        crowd[foreign] = supplies.meanings.crowds.of(asked.language, slots[foreign])
    return Columns(
        slots,
        closeness,
        supplies.coverage(asked.terms, slots),
        supplies.niche(asked.niches, asked.parents, slots),
        shared,
        crowd,
        supplies.facts.in_city(asked.city, slots),
        best_piece,
        error,
        asked.sure,
    )

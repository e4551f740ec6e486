"""Why this one: what spoke for a pair, as data that can be said in any language."""

from __future__ import annotations

import re

from services.matcher.domain.eligibility import World
from services.matcher.domain.evidence import Asked
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Candidate, Need, Reason
from services.matcher.domain.scoring import ScoreModel

_TERMS = 5
_FAINT_COVERAGE = 0.04
_COUNT = re.compile(r"\d{1,2}")
"""A short number by itself counts something, and says nothing of why two fit."""


class Explainer:
    """Gives reasons for any number of pairs of one need."""

    def __init__(
        self, need: Need, asked: Asked, supplies: SupplyIndex, world: World, model: ScoreModel
    ) -> None:
        self._need = need
        self._asked = asked
        self._supplies = supplies
        self._world = world
        self._model = model
        self._certification = _certification(need)

    def explained(self, candidate: Candidate) -> Candidate:
        """``candidate`` with its reasons."""
        reasons = self.reasons(candidate)
        return Candidate(candidate.supply, candidate.score, candidate.evidence, reasons)

    def reasons(self, candidate: Candidate) -> tuple[Reason, ...]:
        """The reasons of one pair, the weightiest first; their weights sum to at most 1."""
        part = self._model.parts(candidate.evidence).get
        meaning = max(part("meaning", 0.0) + part("crowd", 0.0), 0.0)
        terms, niche = max(part("terms", 0.0), 0.0), max(part("niche", 0.0), 0.0)
        whole = meaning + terms + niche or 1.0
        found = [
            *self._terms(candidate, terms / whole),
            *_meaning(candidate, meaning / whole),
            *self._niche(candidate, niche / whole),
            *self._certification,
            *_city(candidate, self._need),
        ]
        found.sort(key=_lightness)
        return tuple(found)

    def _terms(self, c: Candidate, share: float) -> list[Reason]:
        if c.evidence.coverage < _FAINT_COVERAGE:
            return []
        shown: list[str] = []
        for term, _ in self._supplies.shared_terms(self._asked.terms, c.supply.supply_id):
            word = self._asked.shown.get(term)
            if not word or _COUNT.fullmatch(word):
                continue
            if word.casefold() not in {w.casefold() for w in shown}:
                shown.append(word)
        return [Reason("terms", share, terms=tuple(shown[:_TERMS]))] if shown else []

    def _niche(self, c: Candidate, share: float) -> list[Reason]:
        nearness, common = self._supplies.assortments.nearest(
            self._asked.niches, c.supply.niches, self._world.parents
        )
        if not common or nearness <= 0:
            return []
        return [Reason("niche", share, id=common, inferred=self._asked.inferred)]


def _lightness(reason: Reason) -> float:
    return -reason.weight


def _meaning(c: Candidate, share: float) -> list[Reason]:
    if c.evidence.closeness is None or share <= 0:
        return []
    pieces = c.supply.pieces
    piece = pieces[c.evidence.best_piece] if c.evidence.best_piece < len(pieces) else None
    if piece is not None and piece.role == "portfolio":
        return [Reason("portfolio", share, text=piece.title, year=piece.year)]
    return [Reason("meaning", share)]


def _certification(need: Need) -> list[Reason]:
    asked = tuple(sorted(need.wish.certifications))
    return [Reason("certification", 0.0, terms=asked)] if asked else []


def _city(c: Candidate, need: Need) -> list[Reason]:
    if need.city is not None and need.city == c.supply.city:
        return [Reason("city", 0.0, id=need.city)]
    return []

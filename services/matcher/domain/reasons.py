"""Why this one: what spoke for a pair, as data that can be said in any language."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from services.matcher.domain.eligibility import World
from services.matcher.domain.evidence import Asked
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Candidate, Need, Piece, Reason
from services.matcher.domain.portfolio import counted
from services.matcher.domain.scoring import ScoreModel
from services.matcher.domain.semantic import Compared

_TERMS = 5
_FAINT_COVERAGE = 0.04
_COUNT = re.compile(r"\d{1,2}")
"""A short number by itself counts something, and says nothing of why two fit."""
_FAINT_PIECE = 0.05
"""A piece whose share of the evidence is less is not named; its share goes to those that are."""


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

    def explained(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """``candidates`` with their reasons, the weightiest first; weights sum to 1 at most."""
        return [
            Candidate(one.supply, one.score, one.evidence, self._reasons(one, compared))
            for one, compared in zip(candidates, self._compared(candidates), strict=True)
        ]

    def _compared(self, candidates: Sequence[Candidate]) -> Sequence[Sequence[Compared]]:
        """What each piece of each of ``candidates`` has to do with the need, in one reading."""
        meanings, asked = self._supplies.meanings, self._asked
        if meanings is None or asked.vector is None:
            return [()] * len(candidates)
        slots = [self._supplies.slot_of(one.supply.supply_id) for one in candidates]
        return meanings.pieces(asked.vector, np.array(slots, np.intp), asked.year)

    def _reasons(self, candidate: Candidate, compared: Sequence[Compared]) -> tuple[Reason, ...]:
        part = self._model.parts(candidate.evidence).get
        meaning = max(part("meaning", 0.0) + part("crowd", 0.0), 0.0)
        terms, niche = max(part("terms", 0.0), 0.0), max(part("niche", 0.0), 0.0)
        whole = meaning + terms + niche or 1.0
        found = [
            *self._terms(candidate, terms / whole),
            *_meaning(candidate, compared, meaning / whole),
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
        way = self._supplies.assortments.nearest(
            self._asked.niches, c.supply.niches, self._world.parents
        )
        if way.common is None:
            return []
        inferred = self._asked.inferred
        return [Reason("niche", share, id=way.common, inferred=inferred, path=way.path)]


def _meaning(c: Candidate, compared: Sequence[Compared], share: float) -> list[Reason]:
    """Each piece that speaks for the pair, with its part of ``share``; the profile and what has no
    title speak together as what is said.
    """
    if c.evidence.closeness is None or share <= 0:
        return []
    of = _by_text(c, compared)
    kept = {said: counts for said, counts in of.items() if share * counts >= _FAINT_PIECE}
    kept = kept or dict([max(of.items(), key=_counts)])
    whole = math.fsum(kept.values())
    return [
        Reason("portfolio", share * counts / whole, text=said[0], year=said[1])
        if said
        else Reason("meaning", share * counts / whole)
        for said, counts in kept.items()
    ]


def _by_text(
    c: Candidate, compared: Sequence[Compared]
) -> dict[tuple[str, int | None] | None, float]:
    """What part of closeness each piece of past work is, by its title and year; under None that of
    all else. A long text is one piece here.
    """
    near = sorted(((min(cos, cos * fresh), place) for place, cos, fresh in compared), key=_first)
    counts = [max(one, 0.0) for one in counted([value for value, _ in near])]
    whole = math.fsum(counts)
    found: dict[tuple[str, int | None] | None, float] = {}
    for (_, place), part in zip(near, counts, strict=True):
        piece = c.supply.pieces[place]
        said = (piece.title, piece.year) if _is_work(piece) else None
        found[said] = found.get(said, 0.0) + (part / whole if whole else 0.0)
    return found if whole else {None: 1.0}


def _lightness(reason: Reason) -> float:
    return -reason.weight


def _is_work(piece: Piece) -> bool:
    return piece.role == "portfolio" and bool(piece.title)


def _first(near: tuple[float, int]) -> tuple[float, int]:
    """The nearest first; of equals the one that was told first."""
    return -near[0], near[1]


def _counts(said: tuple[object, float]) -> float:
    return said[1]


def _certification(need: Need) -> list[Reason]:
    asked = tuple(sorted(need.wish.certifications))
    return [Reason("certification", 0.0, terms=asked)] if asked else []


def _city(c: Candidate, need: Need) -> list[Reason]:
    if need.city is not None and need.city == c.supply.city:
        return [Reason("city", 0.0, id=need.city)]
    return []

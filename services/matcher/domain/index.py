"""Every supply, ready to be ranked: facts, words and meanings in step with one another.

A supply has one slot for good; a new version is written over the old one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain import analysis, keeping
from services.matcher.domain.analysis import Analysed
from services.matcher.domain.columns import Codes, Column, extend
from services.matcher.domain.eligibility import World
from services.matcher.domain.facts import Facts
from services.matcher.domain.inference import Niche, Vocabulary
from services.matcher.domain.lexical import Lexicon, Weighed
from services.matcher.domain.model import Need, Supply, Vector
from services.matcher.domain.niches import Assortments
from services.matcher.domain.preparing import Prepared, prepared
from services.matcher.domain.screening import eligible
from services.matcher.domain.semantic import Centres, Meanings
from services.matcher.domain.spelling import Spelling

NEED_TITLE, NEED_KEYWORDS, NEED_SUMMARY, NEED_TEXT = 2.0, 2.0, 1.5, 1.0
Slots = NDArray[np.intp]
_NOWHERE = -1
_unpacked = lru_cache(maxsize=2_048)(keeping.unpack)
"""The same few supplies are listed for many needs, and again whenever one is looked at anew."""


def text_of(need: Need) -> str:
    """All that a need says, for analysis and for its embedding."""
    parts = (need.title, need.summary, need.description, ", ".join(need.keywords))
    return ". ".join(part for part in parts if part)


def said_by(need: Need) -> Analysed:
    """The words of a need, before any is corrected; repetition counts by its root."""
    found = analysis.analysed(
        [
            (need.title, NEED_TITLE),
            (", ".join(need.keywords), NEED_KEYWORDS),
            (need.summary, NEED_SUMMARY),
            (need.description, NEED_TEXT),
        ],
        analysis.primary(need.language),
    )
    return found._replace(weights={term: math.sqrt(w) for term, w in found.weights.items()})


class Query(NamedTuple):
    """Terms with their weight, and for each the word of the need that a reader would recognise."""

    terms: Mapping[str, float]
    shown: Mapping[str, str]


class SupplyIndex:
    """Holds supplies by id; ``centres`` None means without embeddings."""

    def __init__(self, centres: Centres | None = None) -> None:
        self.centres = centres
        self.facts = Facts()
        self.lexicon = Lexicon()
        self.spelling = Spelling()
        self.meanings = Meanings(centres) if centres else None
        self.assortments = Assortments()
        self.vocabulary = Vocabulary(())
        self._slot_of = Column(np.int32, _NOWHERE)  # by name, see `Facts.names`
        self._name = Column(np.int32)
        self._version = Column(np.int64)
        self._languages: Codes[str] = Codes()
        self._language = Column(np.int16)
        self._assortment = Column(np.int32)
        self._by_slot = (self._name, self._version, self._language, self._assortment)
        self._kept: list[bytes] = []

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Supply]:
        return (self._whole(slot) for slot in range(len(self)))

    def saw(self, need: Need, now: datetime) -> None:
        """Let a demand that was ranked count in the running estimates (history)."""
        if self.meanings is not None and need.vector is not None:
            language = analysis.primary(need.language)
            foreign = np.flatnonzero(~self.shares_language(language, np.arange(len(self))))
            self.meanings.saw(need.vector, language, foreign, now.year)

    def name(self, niches: Sequence[Niche], vectors: Mapping[str, Vector]) -> None:
        """Make ``niches`` the vocabulary; ``vectors`` are those there are of `Niche.texts`."""
        self.vocabulary = Vocabulary(niches, vectors, self.centres)

    def get(self, supply_id: str) -> Supply | None:
        """The supply with this id, without its vectors; None when there is none."""
        slot = self.slot_of(supply_id)
        return None if slot is None else self._whole(slot)

    def _whole(self, slot: int) -> Supply:
        return keeping.unpack(self._kept[slot])

    def put(self, supply: Supply) -> bool:
        """Add or replace; False when what is here is as new or newer (nothing changes then).

        Raises ValueError for vectors that cannot be used, TypeError for a deadline without a time
        zone; nothing changes then either.
        """
        slot = self.slot_of(supply.supply_id)
        if slot is not None and self._version[slot] >= supply.version:
            return False
        known = None if slot is None else self._whole(slot)
        self.write(prepared(supply, self.centres, known))
        return True

    def write(self, ready: Prepared) -> None:
        """Put in what was prepared, in place of an older version."""
        supply = ready.supply
        slot = self.slot_of(supply.supply_id)
        if slot is None:
            slot = self._new_slot(supply.supply_id)
        self.facts.put(slot, supply)
        if ready.words is not None:
            self.lexicon.put(slot, ready.words.weights)
            self.spelling.put(slot, ready.words.words)
        if self.meanings is not None and ready.vectors is not None:
            years = [piece.year for piece in supply.pieces]
            self.meanings.put(slot, ready.vectors, ready.languages, years, ready.language)
        self._version[slot] = supply.version
        self._language[slot] = self._languages.code(ready.language)
        self._assortment[slot] = self.assortments.code(supply.niches)
        self._kept[slot] = ready.kept

    def _new_slot(self, supply_id: str) -> int:
        extend(self._by_slot)
        self.facts.extend()
        slot = len(self._kept)
        self._kept.append(b"")
        name = self._name[slot] = self.facts.names.code(supply_id)
        if name >= self._slot_of.size:
            self._slot_of.extend(name + 1 - self._slot_of.size)
        self._slot_of[name] = slot
        return slot

    def slot_of(self, supply_id: str) -> int | None:
        """The slot of a supply; None when it is unknown."""
        name = self.facts.names.find(supply_id)
        if name is None or name >= self._slot_of.size:
            return None
        slot: int = self._slot_of[name]
        return slot if slot != _NOWHERE else None

    def supply_at(self, slot: int) -> Supply:
        """The supply of ``slot``, without its vectors."""
        return _unpacked(self._kept[slot])

    def ids_of(self, slots: Slots) -> list[str]:
        """The ids of the supplies of ``slots``."""
        names = self.facts.names.values
        return [names[name] for name in self._name.values.take(slots).tolist()]

    def eligible(self, need: Need, world: World, now: datetime) -> Slots:
        """The slots of those that no rule keeps from ``need``, in ascending order."""
        return eligible(need, self.facts, world, now)

    def query_of(self, need: Need) -> Query:
        """What ``need`` asks for in words that supplies have, typing errors corrected."""
        said = said_by(need)
        found = self.spelling.corrected(said.weights, said.words, self.lexicon.__contains__)
        shown = {term: said.shown[meant] for term, meant in found.stands_for.items()}
        return Query(found.weights, shown | said.shown)

    def coverage(self, query: Weighed, slots: Slots) -> NDArray[np.float64]:
        """For each of ``slots`` the share of the query's weighted vocabulary, between 0 and 1."""
        if not query.ceiling:
            return np.zeros(len(slots))
        return self.lexicon.scores(query, slots) / query.ceiling

    def niche(
        self, wanted: tuple[str, ...], parents: Mapping[str, str | None], slots: Slots
    ) -> NDArray[np.float64] | None:
        """For each of ``slots`` how well its niches answer ``wanted``; None: nothing is wanted."""
        if not wanted:
            return None
        return self.assortments.covered(wanted, parents, self._assortment.values.take(slots))

    def shares_language(self, language: str, slots: Slots) -> NDArray[np.bool_]:
        """For each of ``slots`` whether its supply is written in ``language``."""
        code = self._languages.find(language)
        known = _NOWHERE if code is None else code
        found: NDArray[np.bool_] = self._language.values.take(slots) == known
        return found

    def shared_terms(self, query: Weighed, supply_id: str) -> list[tuple[str, float]]:
        """The query's terms that the supply has too, the most telling first, with their weight."""
        slot = self.slot_of(supply_id)
        shared = [] if slot is None else self.lexicon.shared(query, slot)
        return sorted(shared, key=lambda pair: (-pair[1], pair[0]))

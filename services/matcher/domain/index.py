"""Every supply, ready to be ranked: facts, words and meanings in step with one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain import analysis, niches
from services.matcher.domain.lexical import Lexicon
from services.matcher.domain.model import Need, Supply, Vector
from services.matcher.domain.semantic import Centres, Meanings

NAME, KEYWORDS, TITLE, TEXT = 0.5, 2.0, 1.5, 1.0
NEED_TITLE, NEED_KEYWORDS, NEED_SUMMARY, NEED_TEXT = 2.0, 2.0, 1.5, 1.0
_COMPACT_ABOVE = 64


@dataclass(frozen=True, slots=True)
class _Document:
    slot: int
    supply: Supply
    terms: Mapping[str, float]
    language: str


def text_of(need: Need) -> str:
    """All that a need says, for analysis and for its embedding."""
    parts = (need.title, need.summary, need.description, ", ".join(need.keywords))
    return ". ".join(part for part in parts if part)


def query_of(need: Need) -> dict[str, float]:
    """The weighted vocabulary of a need; repetition counts by its root."""
    language = analysis.analysed_as(need.language)
    counted = analysis.weighted(
        [
            (need.title, NEED_TITLE),
            (" ".join(need.keywords), NEED_KEYWORDS),
            (need.summary, NEED_SUMMARY),
            (need.description, NEED_TEXT),
        ],
        language,
    )
    return {term: float(np.sqrt(weight)) for term, weight in counted.items()}


def _language(supply: Supply) -> str:
    return analysis.language_of(" ".join(piece.text for piece in supply.pieces))


def _terms(supply: Supply, language: str) -> dict[str, float]:
    fields = [(supply.name, NAME), (" ".join(supply.keywords), KEYWORDS)]
    for piece in supply.pieces:
        fields += [(piece.title, TITLE), (piece.text, TEXT)]
    return analysis.weighted(fields, language)


def _vectors(supply: Supply, dimension: int) -> NDArray[np.float32]:
    none = np.zeros(dimension, np.float32)
    if not supply.pieces or not supply.active:
        return np.zeros((max(len(supply.pieces), 1), dimension), np.float32)
    vectors = np.stack([none if p.vector is None else p.vector for p in supply.pieces])
    if vectors.shape[1] != dimension or not np.isfinite(vectors).all():
        raise ValueError(f"{supply.supply_id}: vectors must be {dimension} finite numbers")
    return vectors


class SupplyIndex:
    """Holds supplies by id; ``centres`` None means without embeddings."""

    def __init__(self, centres: Centres | None = None) -> None:
        self._centres = centres
        self._documents: dict[str, _Document] = {}
        self._clear()

    def _clear(self) -> None:
        self._slots: list[str | None] = []
        self._languages: list[str] = []
        self._lexicon = Lexicon()
        self._meanings = Meanings(self._centres) if self._centres else None

    def __len__(self) -> int:
        return len(self._documents)

    def __iter__(self) -> Iterator[Supply]:
        return (document.supply for document in self._documents.values())

    def get(self, supply_id: str) -> Supply | None:
        """The supply with this id, None when there is none."""
        document = self._documents.get(supply_id)
        return document.supply if document else None

    def put(self, supply: Supply) -> bool:
        """Add or replace; False when what is here is as new or newer (nothing changes then)."""
        present = self._documents.get(supply.supply_id)
        if present is not None and present.supply.version >= supply.version:
            return False
        self._insert(supply)
        if len(self._slots) > 2 * len(self._documents) + _COMPACT_ABOVE:
            self._compact()
        return True

    def _insert(self, supply: Supply) -> None:
        """All that may raise comes before the first change."""
        language = _language(supply)
        terms = _terms(supply, language) if supply.active else {}
        languages = [analysis.language_of(p.text, language) for p in supply.pieces]
        vectors = _vectors(supply, self._centres.dimension) if self._centres else None
        present = self._documents.get(supply.supply_id)
        if present is not None:
            self._forget(present)
        slot = len(self._slots)
        self._lexicon.add(slot, terms)
        if self._meanings is not None and vectors is not None:
            self._meanings.add(vectors, languages or [language])
        self._slots.append(supply.supply_id)
        self._languages.append(language)
        self._documents[supply.supply_id] = _Document(slot, supply, terms, language)

    def _forget(self, document: _Document) -> None:
        self._lexicon.forget(document.terms)
        if self._meanings is not None:
            self._meanings.forget(document.slot)
        self._slots[document.slot] = None

    def _compact(self) -> None:
        kept = [document.supply for document in self._documents.values()]
        self._documents = {}
        self._clear()
        for supply in kept:
            self._insert(supply)

    def coverage(self, query: Mapping[str, float]) -> NDArray[np.float32]:
        """For each slot the share of the query's weighted vocabulary, between 0 and 1."""
        ceiling = self._lexicon.ceiling(query)
        if not ceiling:
            return np.zeros(len(self._slots), np.float32)
        return self._lexicon.scores(query) / np.float32(ceiling)

    def closeness(
        self, vector: Vector | None, language: str
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]] | None:
        """For each slot nearness in meaning and the nearest piece; None without embeddings."""
        if self._meanings is None or vector is None:
            return None
        return self._meanings.closeness(vector, language)

    def niche(
        self, wanted: tuple[str, ...], parents: Mapping[str, str | None]
    ) -> NDArray[np.float32] | None:
        """For each slot how well its niches answer ``wanted``; None when nothing is wanted."""
        if not wanted:
            return None
        found = np.zeros(len(self._slots), np.float32)
        for document in self._documents.values():
            found[document.slot] = niches.covered(wanted, document.supply.niches, parents)
        return found

    def shares_language(self, language: str) -> NDArray[np.bool_]:
        """For each slot whether its supply is written in ``language``."""
        return np.array([other == language for other in self._languages], bool)

    def ids(self) -> NDArray[np.str_]:
        """The supply id of each slot, "" for a dead one."""
        return np.array([supply_id or "" for supply_id in self._slots], np.str_)

    def supply_at(self, slot: int) -> Supply | None:
        """The supply of ``slot``; None when the slot is dead."""
        supply_id = self._slots[slot]
        return self._documents[supply_id].supply if supply_id is not None else None

    def slot_of(self, supply_id: str) -> int | None:
        """The slot of a supply."""
        document = self._documents.get(supply_id)
        return document.slot if document else None

    def shared_terms(self, query: Mapping[str, float], supply_id: str) -> list[tuple[str, float]]:
        """The query's terms that the supply has too, the most telling first, with their weight."""
        theirs = self._documents[supply_id].terms
        shared = [(t, w * self._lexicon.idf(t)) for t, w in query.items() if t in theirs]
        return sorted(shared, key=lambda pair: (-pair[1], pair[0]))

"""BM25 over a collection that changes while it is searched.

Okapi BM25 with Lucene's idf, ln(1 + (N - df + 0.5) / (df + 0.5)) (Robertson and Zaragoza 2009,
section 3.4.1; the idf of Lucene's BM25Similarity, never negative). `bm25s`, the library for
BM25, builds an index once and cannot change it; a hub gains and loses supplies all day, so the
postings are ours, and the tests compare every score with bm25s (docs/decisions/0004).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_GROWTH = 2
_NONE: NDArray[np.int32] = np.empty(0, np.int32)


class _Posting:
    """Where one term stands: slots and frequencies, in arrays that double."""

    __slots__ = ("frequencies", "size", "slots")

    def __init__(self) -> None:
        self.slots = np.empty(4, np.int32)
        self.frequencies = np.empty(4, np.float32)
        self.size = 0

    def append(self, slot: int, frequency: float) -> None:
        if self.size == len(self.slots):
            self.slots = np.resize(self.slots, self.size * _GROWTH)
            self.frequencies = np.resize(self.frequencies, self.size * _GROWTH)
        self.slots[self.size] = slot
        self.frequencies[self.size] = frequency
        self.size += 1


class Lexicon:
    """Postings, lengths and document frequencies. A slot is a document; a dead one stays empty.

    ``k1`` bounds what repetition adds, ``b`` how much length counts.
    """

    def __init__(self, k1: float = 1.2, b: float = 0.6) -> None:
        self._k1 = k1
        self._b = b
        self._postings: dict[str, _Posting] = {}
        self._frequency: dict[str, int] = {}
        self._lengths = np.zeros(64, np.float32)
        self._slots = 0
        self._alive = 0
        self._total = 0.0

    def __len__(self) -> int:
        return self._alive

    def add(self, slot: int, terms: Mapping[str, float]) -> None:
        """Put a document into ``slot``, the next free one."""
        if slot != self._slots:
            raise ValueError(f"slot {slot} is not the next one, {self._slots}")
        if slot == len(self._lengths):
            self._lengths = np.concatenate([self._lengths, np.zeros_like(self._lengths)])
        for term, frequency in terms.items():
            posting = self._postings.get(term)
            if posting is None:
                posting = self._postings[term] = _Posting()
            posting.append(slot, frequency)
            self._frequency[term] = self._frequency.get(term, 0) + 1
        length = math.fsum(terms.values())
        self._lengths[slot] = length
        self._slots += 1
        self._alive += 1
        self._total += length

    def forget(self, terms: Mapping[str, float]) -> None:
        """Take a document with these terms out of the statistics; its slot is not used again."""
        for term in terms:
            self._frequency[term] -= 1
            if not self._frequency[term]:
                del self._frequency[term]
        self._alive -= 1
        self._total -= math.fsum(terms.values())

    def idf(self, term: str) -> float:
        """How rare ``term`` is among the documents that are there; 0 where it is unknown."""
        frequency = self._frequency.get(term, 0)
        if not frequency:
            return 0.0
        return math.log(1.0 + (self._alive - frequency + 0.5) / (frequency + 0.5))

    def idf_unseen(self) -> float:
        """The idf of a term that no document has: what a query misses by it."""
        return math.log(1.0 + (self._alive + 0.5) / 0.5)

    def scores(self, query: Mapping[str, float]) -> NDArray[np.float32]:
        """BM25 of every slot; ``query`` maps terms to their weight. Dead slots keep a score."""
        total = np.zeros(self._slots, np.float32)
        if not self._alive:
            return total
        mean = max(self._total / self._alive, 1e-9)
        norms = self._k1 * (1.0 - self._b + self._b * self._lengths[: self._slots] / mean)
        for term in sorted(query):
            posting = self._postings.get(term)
            idf = self.idf(term)
            if posting is None or not idf:
                continue
            slots = posting.slots[: posting.size]
            tf = posting.frequencies[: posting.size]
            total[slots] += np.float32(query[term] * idf) * tf / (tf + norms[slots])
        return total

    def ceiling(self, query: Mapping[str, float]) -> float:
        """What a document would score that had every term of ``query`` endlessly often."""
        unseen = self.idf_unseen()
        return math.fsum(w * (self.idf(term) or unseen) for term, w in query.items())

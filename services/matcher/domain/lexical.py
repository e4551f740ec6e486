"""BM25 over a collection that changes while it is searched.

Okapi BM25 with Lucene's idf, ln(1 + (N - df + 0.5) / (df + 0.5)) (Robertson and Zaragoza 2009,
section 3.4.1; the idf of Lucene's BM25Similarity, never negative). `bm25s`, the library for
BM25, builds an index once and cannot change it; a hub gains and loses supplies all day, so the
postings are ours, and the tests compare every score with bm25s (docs/decisions/0004).

Each document stands twice: in the postings of its terms, read when many documents are asked
for, and by itself, read when few are. Both are packed: a slot or term is 4 bytes, a frequency 2.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.columns import Column, extend

_MOST = 60_000.0  # a frequency is kept in half precision
_POSTING, _LIST, _TERM, _DOCUMENT = 3.0, 1_500.0, 3.0, 800.0  # nanoseconds for one, roughly
_MANY = 0.25  # of all documents: from here on it is quicker to score all
Slots = NDArray[np.intp]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A query as a lexicon knows it, as long as that does not change.

    ``known`` has the number and the weight (times idf) of the terms that some document has,
    ``ceiling`` is what a document would score that had every term endlessly often, ``postings`` how
    many postings the known terms have.
    """

    known: Mapping[str, tuple[int, float]]
    ceiling: float
    postings: int


class Lexicon:
    """Documents by slot, postings by term, and the statistics of both.

    ``k1`` bounds what repetition adds, ``b`` how much length counts.
    """

    def __init__(self, k1: float = 1.2, b: float = 0.6) -> None:
        self._k1 = k1
        self._b = b
        self._terms: dict[str, int] = {}
        self._spelling: list[str] = []
        self._unused: list[int] = []
        self._where: list[bytearray] = []  # by term: slots, int32
        self._often: list[bytearray] = []  # by term: frequencies, float16
        self._has: list[bytes] = []  # by slot: terms, int32
        self._counts: list[bytes] = []  # by slot: frequencies, float16
        self._lengths = Column(np.float32)
        self._sizes = Column(np.int32)
        self._postings = 0
        self._total = 0.0

    def __len__(self) -> int:
        return len(self._has)

    @property
    def vocabulary(self) -> int:
        """How many different terms there are."""
        return len(self._terms)

    def put(self, slot: int, terms: Mapping[str, float]) -> None:
        """Make ``terms`` the document of ``slot``: one that is there, or the next one."""
        if slot == len(self._has):
            extend((self._lengths, self._sizes))
            self._has.append(b"")
            self._counts.append(b"")
        elif not 0 <= slot < len(self._has):
            raise ValueError(f"slot {slot} is neither there nor the next one, {len(self._has)}")
        self._take_out(slot)
        counts = np.minimum(np.fromiter(terms.values(), np.float64, len(terms)), _MOST)
        packed = counts.astype(np.float16).tobytes()
        number_of, where, often = self._terms.get, self._where, self._often
        here = slot.to_bytes(4, sys.byteorder)
        numbers = []
        start = 0
        for term in terms:
            number = number_of(term)
            if number is None:
                number = self._new_term(term)
            numbers.append(number)
            where[number] += here
            often[number] += packed[start : start + 2]
            start += 2
        self._has[slot] = np.array(numbers, np.int32).tobytes()
        self._counts[slot] = packed
        self._sizes[slot] = len(terms)
        self._lengths[slot] = math.fsum(terms.values())
        self._total += self._lengths[slot]
        self._postings += len(terms)

    def _new_term(self, term: str) -> int:
        if self._unused:
            number = self._unused.pop()
            self._spelling[number] = term
        else:
            number = len(self._spelling)
            self._spelling.append(term)
            self._where.append(bytearray())
            self._often.append(bytearray())
        self._terms[term] = number
        return number

    def _take_out(self, slot: int) -> None:
        """Leave ``slot`` empty. The last posting of each of its terms takes the place left."""
        numbers = np.frombuffer(self._has[slot], np.int32).tolist()
        for number in numbers:
            where, often = self._where[number], self._often[number]
            place = int(np.flatnonzero(np.frombuffer(where, np.int32) == slot)[0])
            where[4 * place : 4 * place + 4] = where[-4:]
            often[2 * place : 2 * place + 2] = often[-2:]
            del where[-4:], often[-2:]
            if not where:
                del self._terms[self._spelling[number]]
                self._spelling[number] = ""
                self._unused.append(number)
        self._postings -= len(numbers)
        self._total -= self._lengths[slot]

    def __contains__(self, term: object) -> bool:
        return term in self._terms

    def idf(self, term: str) -> float:
        """How rare ``term`` is among the documents that are there; 0 where it is unknown."""
        number = self._terms.get(term)
        if number is None:
            return 0.0
        frequency = len(self._where[number]) // 4
        return math.log(1.0 + (len(self) - frequency + 0.5) / (frequency + 0.5))

    def idf_unseen(self) -> float:
        """The idf of a term that no document has: what a query misses by it."""
        return math.log(1.0 + (len(self) + 0.5) / 0.5)

    def weigh(self, query: Mapping[str, float]) -> Weighed:
        """``query``, which maps terms to their weight, with what each term tells here."""
        unseen = self.idf_unseen()
        known: dict[str, tuple[int, float]] = {}
        ceiling, postings = [], 0
        for term, weight in query.items():
            idf = self.idf(term)
            ceiling.append(weight * (idf or unseen))
            if idf:
                number = self._terms[term]
                known[term] = (number, weight * idf)
                postings += len(self._where[number]) // 4
        return Weighed(known, math.fsum(ceiling), postings)

    def shared(self, query: Weighed, slot: int) -> list[tuple[str, float]]:
        """The terms of ``query`` that the document of ``slot`` has too, with their weight."""
        theirs = set(np.frombuffer(self._has[slot], np.int32).tolist())
        return [(t, weight) for t, (number, weight) in query.known.items() if number in theirs]

    def scores(self, query: Weighed, slots: Slots) -> Scores:
        """BM25 of the documents in ``slots``.

        By postings or by documents, whichever is quicker; the ways differ by rounding alone
        (double precision).
        """
        if not query.known or not len(slots):
            return np.zeros(len(slots))
        known = list(query.known.values())
        if len(slots) >= _MANY * len(self):
            return self._by_posting(known, self._norms(self._lengths.values)).take(slots)
        norms = self._norms(self._lengths.values.take(slots))
        each = _DOCUMENT + _TERM * self._postings / len(self)
        if len(slots) * each < len(known) * _LIST + query.postings * _POSTING:
            return self._by_document(known, slots, norms)
        return self._by_posting_of(known, slots, norms)

    def _norms(self, lengths: NDArray[np.float32]) -> Scores:
        """What a frequency is weighed against in documents of these lengths."""
        mean = max(self._total / len(self), 1e-9)
        return self._k1 * (1.0 - self._b) + (self._k1 * self._b / mean) * lengths.astype(np.float64)

    def _by_posting(self, known: Sequence[tuple[int, float]], norms: Scores) -> Scores:
        slots, often, ends = self._postings_of(known)
        parts = _parts(known, often, norms.take(slots), np.diff(ends, prepend=0))
        return np.bincount(slots, parts, minlength=len(self)).astype(np.float64)

    def _by_posting_of(
        self, known: Sequence[tuple[int, float]], slots: Slots, norms: Scores
    ) -> Scores:
        """`_by_posting` of few: each posting is looked up, and most are left."""
        place = np.empty(len(self), np.int32)  # only what is asked for is ever read
        place[slots] = np.arange(len(slots), dtype=np.int32)
        wanted = np.zeros(len(self), bool)  # small, for the cache
        wanted[slots] = True
        where, often, ends = self._postings_of(known)
        found = np.flatnonzero(wanted.take(where))
        where = place.take(where.take(found))
        counts = np.diff(np.searchsorted(found, ends), prepend=0)
        parts = _parts(known, often.take(found), norms.take(where), counts)
        total = np.bincount(where, parts, minlength=len(slots)).astype(np.float64)
        return total[place[slots]]  # a slot that is asked for twice has one place

    def _postings_of(
        self, known: Sequence[tuple[int, float]]
    ) -> tuple[NDArray[np.int32], NDArray[np.float16], NDArray[np.intp]]:
        """Slots and frequencies of one term after another, and where each term's end."""
        where = [self._where[number] for number, _ in known]
        often = b"".join([self._often[number] for number, _ in known])
        ends = np.cumsum([len(one) // 4 for one in where])
        return np.frombuffer(b"".join(where), np.int32), np.frombuffer(often, np.float16), ends

    def _by_document(
        self, known: Sequence[tuple[int, float]], slots: Slots, norms: Scores
    ) -> Scores:
        place = np.zeros(len(self._spelling), np.int16)  # in the query, from 1 on; small, for cache
        place[[number for number, _ in known]] = np.arange(1, len(known) + 1)
        weights = np.array([0.0, *(weight for _, weight in known)])
        listed = slots.tolist()
        terms = np.frombuffer(b"".join([self._has[slot] for slot in listed]), np.int32)
        which = place[terms]
        found = np.flatnonzero(which)
        counts = np.frombuffer(b"".join([self._counts[slot] for slot in listed]), np.float16)
        often = counts[found].astype(np.float64)
        ends = np.cumsum(self._sizes.values[slots])
        whose = np.searchsorted(ends, found, side="right")
        parts = weights[which[found]] * (often / (often + norms[whose]))
        return np.bincount(whose, parts, minlength=len(slots)).astype(np.float64)


def _parts(
    known: Sequence[tuple[int, float]],
    often: NDArray[np.float16],
    norms: Scores,
    counts: NDArray[np.intp],
) -> Scores:
    """What each posting adds; of each of the ``known`` terms there are ``counts``."""
    times = often.astype(np.float32)
    found: Scores = times / (times + norms)
    found *= np.repeat([weight for _, weight in known], counts)
    return found

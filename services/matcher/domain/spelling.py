"""Words of a need that no supply has, read as the words that were meant.

A word whose term is unknown is taken for a word of some supply that differs by one letter left
out, put in, exchanged or swapped with its neighbour (Damerau 1964; "optimal string alignment"),
or for two such words written as one. Known words are never touched. Candidates are found by
deletion neighbourhoods (Bocek, Hunt, Stiller, "Fast similarity search in large dictionaries",
2007): two words one edit apart that begin alike become equal by leaving at most one later letter
out of each. What lost: docs/decisions/0012-analysis.md.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Mapping
from typing import NamedTuple
from zlib import crc32

SHORTEST = 5
"""Letters of a word that may be corrected: of shorter ones too many are one edit apart."""

SHORTEST_HALF = 4
"""Letters of each of two words that may have been written as one."""

_SHARE_OF_TWO = 0.7
_BUCKET = 0x3FFFF
_NUMBER = 0xFFFFFFFF
_ENTRY = 8


class Corrected(NamedTuple):
    """A query in known terms, and for each term that was put in the one that it stands for."""

    weights: dict[str, float]
    stands_for: dict[str, str]


class Spelling:
    """The words that the supplies have now, by slot; each with the term that it is stemmed to."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._pairs: list[tuple[str, str]] = []
        self._counts = array("i")
        self._unused: list[int] = []
        self._of_word: dict[str, tuple[int, ...]] = {}
        self._buckets: dict[int, bytearray] = {}  # uint64: a key's hash, and a pair's number
        self._has: list[bytes] = []  # by slot: numbers of its pairs of word and term, uint32

    def __len__(self) -> int:
        return len(self._of_word)

    def put(self, slot: int, words: Mapping[str, str]) -> None:
        """Make ``words`` (folded, each with its term) those of ``slot``: one there, or the next."""
        if slot == len(self._has):
            self._has.append(b"")
        pairs = (pair for pair in words.items() if len(pair[0]) >= SHORTEST_HALF)
        numbers = array("I", [self._number(pair) for pair in pairs])
        before = array("I", self._has[slot])
        for number in numbers:
            self._counts[number] += 1
        for number in before:
            self._counts[number] -= 1
            if not self._counts[number]:
                self._forget(number)
        self._has[slot] = numbers.tobytes()

    def _number(self, pair: tuple[str, str]) -> int:
        number = self._numbers.get(pair)
        if number is not None:
            return number
        if self._unused:
            number = self._unused.pop()
            self._pairs[number] = pair
        else:
            number = len(self._pairs)
            self._pairs.append(pair)
            self._counts.append(0)
        self._numbers[pair] = number
        word = pair[0]
        known = self._of_word.get(word)
        self._of_word[word] = (number,) if known is None else (*known, number)
        for key in _keys(word):
            entry = _entry(key, number)
            bucket = self._buckets.get(key & _BUCKET)
            if bucket is None:
                self._buckets[key & _BUCKET] = bytearray(entry)
            else:
                bucket += entry
        return number

    def _forget(self, number: int) -> None:
        pair = self._pairs[number]
        del self._numbers[pair]
        left = tuple(other for other in self._of_word[pair[0]] if other != number)
        if left:
            self._of_word[pair[0]] = left
        else:
            del self._of_word[pair[0]]
        for key in _keys(pair[0]):
            bucket = self._buckets[key & _BUCKET]
            place = _ENTRY * array("Q", bucket).index(key << 32 | number)
            bucket[place : place + _ENTRY] = bucket[-_ENTRY:]
            del bucket[-_ENTRY:]
            if not bucket:
                del self._buckets[key & _BUCKET]
        self._pairs[number] = ("", "")
        self._unused.append(number)

    def corrected(
        self, weights: Mapping[str, float], words: Mapping[str, str], known: Callable[[str], object]
    ) -> Corrected:
        """``weights`` with the terms that are not ``known`` read as those that were meant.

        ``words`` are the folded words of the query with their terms. A term put in weighs the
        less, the shorter the word that was changed; the rest of the weight stays with the term
        that nobody has, so that a guess never covers a need as well as the word itself.
        """
        found = dict(weights)
        stands_for: dict[str, str] = {}
        for word, term in words.items():
            if term not in weights or known(term):
                continue
            meant, share = self._meant(word)
            for other in meant:
                found[other] = found.get(other, 0.0) + weights[term] * share
                stands_for.setdefault(other, term)
            if meant:
                found[term] = weights[term] * (1.0 - share)
        return Corrected({t: w for t, w in found.items() if w > 0}, stands_for)

    def _meant(self, word: str) -> tuple[list[str], float]:
        """The terms that an unknown word stands for, and with what share of its weight."""
        same = self._terms(word)
        if same:  # the same word in a text of another language
            return same, 1.0
        if len(word) < SHORTEST:
            return [], 0.0
        near = self.near(word)
        if near:
            commonest = min(near, key=lambda other: (-self._often(other), other))
            return self._terms(commonest), 1.0 - 2.0 / len(word)
        return self._two(word), _SHARE_OF_TWO

    def _terms(self, word: str) -> list[str]:
        return sorted(self._pairs[number][1] for number in self._of_word.get(word, ()))

    def _often(self, word: str) -> int:
        return sum(self._counts[number] for number in self._of_word[word])

    def near(self, word: str) -> set[str]:
        """The words of supplies that are one edit away and begin alike."""
        numbers: set[int] = set()
        for key in _keys(word):
            bucket = array("Q", self._buckets.get(key & _BUCKET, b""))
            numbers.update(entry & _NUMBER for entry in bucket if entry >> 32 == key)
        candidates = {self._pairs[number][0] for number in numbers}
        return {o for o in candidates if len(o) >= SHORTEST and one_edit_apart(word, o)}

    def _two(self, word: str) -> list[str]:
        """The terms of two words that make ``word``: the pair whose rarer is commonest."""
        best: list[str] = []
        most = 0
        for at in range(SHORTEST_HALF, len(word) - SHORTEST_HALF + 1):
            left, right = word[:at], word[at:]
            if left in self._of_word and right in self._of_word:
                rarer = min(self._often(left), self._often(right))
                if rarer > most:
                    best, most = [*self._terms(left), *self._terms(right)], rarer
        return best


def _keys(word: str) -> set[int]:
    """Hashes of ``word`` and of what is left of it without one of its letters after the first."""
    keys = {crc32(word.encode())}
    for at in range(1, len(word)):
        keys.add(crc32((word[:at] + word[at + 1 :]).encode()))
    return keys


def _entry(key: int, number: int) -> bytes:
    return (key << 32 | number).to_bytes(_ENTRY, sys.byteorder)


def one_edit_apart(one: str, other: str) -> bool:
    """Whether one insertion, deletion, exchange or swap of neighbours makes one of the other."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1 or one == other:
        return False
    at = 0
    while at < len(one) and one[at] == other[at]:
        at += 1
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2] == other[at : at + 2][::-1]
    return one[at + 1 :] == other[at + 1 :] or (swapped and one[at + 2 :] == other[at + 2 :])

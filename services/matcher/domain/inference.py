"""Which niches a demand that names none is about; none when that is unsure.

A niche speaks for itself by its labels in French, Arabic and English and by its synonyms: their
words are looked for in the demand, and where there are embeddings, each label with the synonyms
is compared with it in meaning. A logistic model over both, which is fitted on members (who say in
their own words what they do, and name their niches), gives the confidence; how it was chosen, and
what it is worth: docs/decisions/0018-inferred-niches.md.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain import analysis
from services.matcher.domain.centres import Centres, unit
from services.matcher.domain.model import Vector

MOST = 2
"""Niches that are inferred at most."""

SURE = 0.8
"""The least confidence of a niche that is inferred."""

FEWEST = 8
"""Niches with vectors from which on meanings count. A demand's nearness to a niche tells something
only beside its nearness to others: how near texts are to one another differs between models."""

_PLAIN = 2.0  # the weight of a word that the title and the text have: more says no more
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the log-odds that a demand names a niche: ``words`` is between 0 and 1, ``meaning`` in
    standard deviations among all niches; ``lead`` is over the best other niche, of the meanings
    where they are known, else of the words.
    """

    bias: float
    words: float
    meaning: float
    lead: float


BY_BOTH = Weights(-3.67, 3.43, 0.93, 0.68)
BY_WORDS = Weights(-3.8, 6.88, 0.0, 1.85)


@dataclass(frozen=True, slots=True)
class Niche:
    """A node of the vocabulary as it is told: ``labels`` by language, ``synonyms`` in any."""

    niche_id: str
    labels: Mapping[str, str]
    synonyms: tuple[str, ...] = ()

    def texts(self) -> dict[str, str]:
        """What is embedded, as passages: in each language the label, with all synonyms."""
        return {
            language: ". ".join(filter(None, (label, ", ".join(self.synonyms))))
            for language, label in self.labels.items()
        }


@dataclass(frozen=True, slots=True)
class Guess:
    """The niches that a demand seems to be about, the likeliest first.

    ``sure`` is the probability of the first, between 0 and 1: 0 where there is none. ``counts`` is
    how far they count in the score: as far as they are sure, and not at all where words alone
    told them, for those words count already.
    """

    niches: tuple[str, ...] = ()
    sure: float = 0.0
    counts: float = 0.0


class Vocabulary:
    """The niches, ready to be found in demands.

    ``vectors`` are those of `Niche.texts` by text, of the model that ``centres`` are of; None:
    words alone. ``missing`` are the texts that wait for theirs. The order of ``niches`` counts for
    nothing.
    """

    def __init__(
        self,
        niches: Sequence[Niche],
        vectors: Mapping[str, Vector] | None = None,
        centres: Centres | None = None,
    ) -> None:
        told = sorted(niches, key=lambda niche: niche.niche_id)
        self._ids = [niche.niche_id for niche in told]
        few = centres is None or len(told) < FEWEST
        self.missing = [] if few else lacking(told, vectors or {})
        self._phrases = _Phrases(told)
        self._labels: list[tuple[NDArray[np.intp], Numbers]] = []
        if vectors and centres is not None:
            self._labels = _centred(told, vectors, centres)
        known = [places for places, _ in self._labels]
        self._known = np.unique(np.concatenate(known)) if known else np.zeros(0, np.intp)

    def __len__(self) -> int:
        return len(self._ids)

    def guess(self, terms: Mapping[str, float], asked: Numbers | None) -> Guess:
        """The niches of a demand that says ``terms``, each with its weight.

        ``asked`` is its vector as pieces are compared with it (`semantic.Meanings.asked`), None
        without embeddings.
        """
        chances = self.chances(terms, asked)
        best = np.argsort(-chances, kind="stable")[:MOST]
        found = [place for place in best.tolist() if chances[place] >= SURE]
        if not found:
            return Guess()
        sure = float(chances[found[0]])
        counts = sure if self._by_meaning(asked) else 0.0
        return Guess(tuple(self._ids[place] for place in found), sure, counts)

    def chances(self, terms: Mapping[str, float], asked: Numbers | None) -> Numbers:
        """The probability of each niche, in the order of their ids."""
        words = self._phrases.found(terms)
        if asked is None or not self._by_meaning(asked):
            return _chances(BY_WORDS, words, np.zeros(len(words)), _lead(words))
        meaning = self._meaning(asked)
        return _chances(BY_BOTH, words, meaning, _lead(meaning))

    def _by_meaning(self, asked: Numbers | None) -> bool:
        return asked is not None and len(self._known) >= FEWEST

    def _meaning(self, asked: Numbers) -> Numbers:
        """How near each niche is, in standard deviations; 0 where nothing of it has a vector."""
        total, count = np.zeros(len(self._ids)), np.zeros(len(self._ids))
        for places, labels in self._labels:
            total[places] += labels @ asked
            count[places] += 1
        near = total[self._known] / count[self._known]
        found = np.zeros(len(self._ids))
        found[self._known] = (near - near.mean()) / max(float(near.std()), 1e-9)
        return found


def lacking(niches: Sequence[Niche], vectors: Mapping[str, Vector]) -> list[str]:
    """The texts of ``niches`` that are not among ``vectors``."""
    texts = dict.fromkeys(text for niche in niches for text in niche.texts().values())
    return [text for text in texts if text.strip() and text not in vectors]


class _Phrases:
    """The labels and synonyms as terms, and in which of them each term stands."""

    def __init__(self, niches: Sequence[Niche]) -> None:
        phrases = [_phrases_of(niche) for niche in niches]
        having = Counter(term for many in phrases for term in frozenset().union(*many))
        rare = {term: math.log(1 + len(niches) / count) for term, count in having.items()}
        self._many = len(niches)
        self._niche: list[int] = []
        self._where: dict[str, list[tuple[int, float]]] = {}
        for place, many in enumerate(phrases):
            for phrase in many:
                whole = math.fsum(rare[term] for term in phrase)
                for term in sorted(phrase):
                    here = self._where.setdefault(term, [])
                    here.append((len(self._niche), rare[term] / whole))
                self._niche.append(place)

    def found(self, terms: Mapping[str, float]) -> Numbers:
        """For each niche how well its best phrase is said, between 0 and 1.

        That is the share of the phrase that is there, times the same with each term counting by
        its weight in the demand; rare terms are a greater share.
        """
        there: dict[int, float] = {}
        said: dict[int, float] = {}
        for term, weight in sorted(terms.items()):
            for phrase, share in self._where.get(term, ()):
                there[phrase] = there.get(phrase, 0.0) + share
                said[phrase] = said.get(phrase, 0.0) + share * min(weight / _PLAIN, 1.0)
        found = np.zeros(self._many)
        for phrase, share in there.items():
            place = self._niche[phrase]
            found[place] = max(found[place], share * said[phrase])
        return found


def _phrases_of(niche: Niche) -> list[frozenset[str]]:
    """Synonyms name no language, so each is read in all."""
    said = [(text, language) for language, text in niche.labels.items()]
    said += [(text, language) for text in niche.synonyms for language in analysis.LANGUAGES]
    found = {_terms(text, language) for text, language in said}
    return sorted((phrase for phrase in found if phrase), key=sorted)


@lru_cache(maxsize=50_000)  # a vocabulary is told niche by niche, and made anew each time
def _terms(text: str, language: str) -> frozenset[str]:
    return frozenset(analysis.terms(text, language))


def _centred(
    niches: Sequence[Niche], vectors: Mapping[str, Vector], centres: Centres
) -> list[tuple[NDArray[np.intp], Numbers]]:
    """Language after language the places of the niches that have a vector in it, and those."""
    found: dict[str, list[tuple[int, Vector]]] = {}
    for place, niche in enumerate(niches):
        for language, text in niche.texts().items():
            if text in vectors:
                found.setdefault(language, []).append((place, vectors[text]))
    return [
        (
            np.array([place for place, _ in many]),
            unit(_mapped(many, centres) - centres.of_passage(language).astype(np.float64)),
        )
        for language, many in sorted(found.items())
    ]


def _mapped(many: Sequence[tuple[int, Vector]], centres: Centres) -> Numbers:
    mapped = centres.mapped(np.array([vector for _, vector in many], np.float32))
    return mapped.astype(np.float64)


def _lead(values: Numbers) -> Numbers:
    """By how much each value is above the best of the others; 0 stands in where there is none."""
    if len(values) < 2:
        return values
    best = int(values.argmax())
    lead: Numbers = values - values[best]
    lead[best] = values[best] - np.delete(values, best).max()
    return lead


def _chances(weights: Weights, words: Numbers, meaning: Numbers, lead: Numbers) -> Numbers:
    odds = weights.bias + weights.words * words + weights.meaning * meaning + weights.lead * lead
    chances: Numbers = 1.0 / (1.0 + np.exp(-odds))
    return chances

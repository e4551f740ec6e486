"""Parts of our engine that find what a peer finds: the best by words or by meaning alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from bench.engine.own import TOP, best
from bench.engine.profiles import Profiles
from services.matcher.domain import finalists
from services.matcher.domain.lexical import Lexicon
from services.matcher.domain.model import Need
from services.matcher.domain.policy import Policy
from services.matcher.domain.semantic import Meanings

_TANTIVY_K1, _TANTIVY_B = 1.2, 0.75
_FEW = 200  # up to so many are judged exactly at once, as in `rank`
_ALL = Policy(threshold=0.0, nearest=0)  # the best, however far
Search = Callable[[Need], list[int]]
Texts = list[list[str]]


def words_of(need: Need) -> list[str]:
    """The made-up words of a demand, each once."""
    return sorted({w for w in f"{need.title} {need.description}".split() if w.endswith("k")})


def by_words(lexicon: Lexicon) -> Search:
    """The members whose words answer best, by BM25."""
    slots = np.arange(len(lexicon))

    def search(need: Need) -> list[int]:
        query = lexicon.weigh(dict.fromkeys(words_of(need), 1.0))
        return list(best(lexicon.scores(query, slots)).tolist())

    return search


def as_tantivy(texts: Texts) -> Lexicon:
    """Our words with the constants of tantivy."""
    lexicon = Lexicon(_TANTIVY_K1, _TANTIVY_B)
    for slot, words in enumerate(texts):
        lexicon.put(slot, {word: float(often) for word, often in Counter(words).items()})
    return lexicon


def by_meaning(meanings: Meanings, size: int) -> Search:
    """Closeness as `rank` finds it: roughly, finely where many are left, and exactly."""
    slots, year, members = np.arange(size), datetime.now(UTC).year, np.zeros(size, bool)

    def search(need: Need) -> list[int]:
        assert need.vector is not None
        asked = meanings.asked(need.vector, need.language)
        rough, error = meanings.roughly(asked, slots, year)
        likely = finalists.among(rough.astype(np.float64), members, _ALL, TOP, error)
        if len(likely) > _FEW:
            fine, error = meanings.finely(asked, likely, year)
            near = fine.astype(np.float64)
            likely = likely[finalists.among(near, members[: len(near)], _ALL, TOP, error)]
        exact, _ = meanings.closeness(asked, likely, year)
        return list(likely[best(exact)].tolist())

    return search


def of_single_pieces(profiles: Profiles, size: int) -> Meanings:
    """The same vectors, of each member the nearest piece alone."""
    meanings = Meanings(replace(profiles.centres, background={}), counted=1)
    for slot, profile in enumerate(profiles.members(size)):
        ready = profile.prepared
        assert ready.vectors is not None
        meanings.put(slot, ready.vectors, ready.languages, own=ready.language)
    return meanings

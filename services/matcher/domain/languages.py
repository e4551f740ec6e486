"""Which language a text is in, and each sentence of a text that mixes several.

Arabic is told by its script, other languages by their function words where these speak clearly,
and by py3langid's character n-grams where they do not. Each alone is wrong where the other is
right, and most sentences never reach the slower one (docs/decisions/0012-analysis.md).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from services.matcher.domain.letters import ARABIC, fold
from services.matcher.domain.stopwords import FUNCTION_WORDS

TOLD = tuple(FUNCTION_WORDS)
"""The languages of Latin script that are told from one another."""

SURE = 0.4
"""From this probability on the n-grams overrule the language that was expected."""

VERY_SURE = 0.8
"""So sure must they be of a language that nobody here is expected to write, without a single
function word of it: two or three words alone look like anything."""

DEFAULT = "fr"
"""What most members and cities write; taken when nothing speaks for another."""

_OURS = ("fr", "en")
_READ = 2_000  # characters; who writes longer has shown his language by then
_SPELLED = 240
"""Characters that the n-grams read: they are sure by then, and take a microsecond for each."""
_ARABIC_SHARE = 1 / 3  # Arabic texts of this field are full of Latin names and terms
_CLEAR = 2  # function words that settle it, when no other language speaks for itself
_SENTENCE = re.compile(r"(?<=[.!?؟;؛…])\s+|:\s+|\s+[–—|•-]\s+|[\n\r\t•|]+")
_BREAK = re.compile("[.!?؟;؛…:–—|•\\-\n\r\t]")
"""What no text that has several sentences is without."""
_LATIN = re.compile(r"[a-z]+")
_ARABIC_RUN = re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]+")
_LETTER = re.compile(r"[^\W\d_]")
_SPOKEN_IN = {
    word: tuple(code for code, known in FUNCTION_WORDS.items() if word in known)
    for word in frozenset[str]().union(*FUNCTION_WORDS.values())
}


def language_of(text: str, default: str = DEFAULT) -> str:
    """The language of most of ``text``: one of `TOLD`, or ``ar``; else ``default``."""
    text = text[:_READ]
    folded = fold(text)
    if not folded.isascii():
        arabic = len(ARABIC.findall(folded))
        if arabic and arabic >= _ARABIC_SHARE * len(_LETTER.findall(folded)):
            return "ar"
    return _latin(text, default)


def sentences(text: str, expected: str) -> Iterator[tuple[str, str]]:
    """Each sentence with the language of its words in Latin script (Arabic ones show their own).

    ``expected`` is the language of the text, or the best guess at it; a sentence that says
    nothing else is in the language of the whole.
    """
    parts = [part for part in _SENTENCE.split(text) if part] if _BREAK.search(text) else []
    start = expected if expected != "ar" else DEFAULT
    whole = _latin(text[:_READ], start)
    if len(parts) < 2:
        yield text, whole
        return
    for part in parts:
        yield part, _latin(part, whole)


def _latin(text: str, expected: str) -> str:
    said = _votes(text)
    if not said.words:
        return expected
    if said.clear:
        return said.likeliest
    if said.words < 2 or (said.second == 0 and said.most and said.likeliest == expected):
        return expected
    for language, probability in _by_letters(_ARABIC_RUN.sub(" ", text)[:_SPELLED]):
        if language in _OURS or language in said.heard or probability >= VERY_SURE:
            return str(language) if probability >= SURE else expected
    return expected


class _Said(NamedTuple):
    """How many words in Latin script a text has, of which languages some are function words, of
    which the most and the second most, and whether that tells the language.
    """

    words: int
    heard: frozenset[str]
    likeliest: str
    most: int
    second: int
    clear: bool


@lru_cache(maxsize=1_024)  # a text is read for its language, and again for those of its sentences
def _votes(text: str) -> _Said:
    words = _LATIN.findall(fold(text))
    votes = dict.fromkeys(TOLD, 0)
    said = Counter(filter(None, map(_SPOKEN_IN.get, words)))
    for codes, often in said.items():
        for code in codes:
            votes[code] += often
    first, second = sorted(votes, key=lambda code: -votes[code])[:2]
    heard = frozenset(code for code, many in votes.items() if many)
    most, next_most = votes[first], votes[second]
    clear = most >= _CLEAR and (most >= 2 * next_most or _speaks_alone(said, first, second))
    return _Said(len(words), heard, first, most, next_most, clear)


def _speaks_alone(said: Mapping[tuple[str, ...], int], first: str, second: str) -> bool:
    """Whether every word ``said`` in ``second`` is one of ``first`` as well, and not the other way
    round: "de la" is Spanish too, but "de la recherche et des services" is not. ``said`` counts
    words by the languages that have them.
    """
    if any(second in codes and first not in codes for codes in said):
        return False
    alone = (many for codes, many in said.items() if first in codes and second not in codes)
    return sum(alone) >= _CLEAR


@lru_cache(maxsize=1_024)
def _by_letters(text: str) -> list[tuple[str, float]]:
    """Languages and their probabilities, the likeliest first, by py3langid."""
    found: list[tuple[str, float]] = _identifier().rank(text)
    return found


@cache
def _identifier() -> Any:
    """py3langid for `TOLD` alone: 1 s to load once, and 50 MB, which `warm` does ahead."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    every = LanguageIdentifier.from_model_file(MODEL_FILE)
    every.set_languages(list(TOLD))
    # A second identifier, because the first keeps the columns of all its languages.
    return LanguageIdentifier(
        every.nb_ptc,
        every.nb_pc,
        every.nb_classes,
        every.tk_nextmove,
        every.tk_output,
        norm_probs=True,
        tk_row=every.tk_row,
    )


def warm() -> None:
    """Load what tells languages apart now, so that the first text does not wait for it."""
    _identifier()

"""From text to terms, in French, English and Arabic, and sanely in other languages.

Each sentence is analysed by the rules of its own language. Accents are folded before stemming,
because people leave them out; Arabic letters are brought to one form, diacritics and tatweel
dropped, as Lucene's ArabicNormalizer does. The stemmers are Snowball's; a language without one
here keeps its words as they are. Acronyms and compounds keep a term of their own beside their
parts (IoT, R&D, C++, .NET, 5G, e-paiement).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import Stemmer

from services.matcher.domain.languages import language_of as language_of
from services.matcher.domain.languages import sentences
from services.matcher.domain.letters import ARABIC
from services.matcher.domain.letters import fold as fold
from services.matcher.domain.stopwords import FUNCTION_WORDS, STOPWORDS

_LETTERS = r"\w[\w\u0300-\u036f\u064b-\u065f\u0670]*"  # with their accents or vowel marks
_JOINTS = r"&'’‘ʼ´`′.\-‐‑/"
_WORD = re.compile(rf"(?:(?<![\w.])\.(?=[A-Z]))?{_LETTERS}(?:[{_JOINTS}]{_LETTERS})*(?:\+\+?|#)?")
_ELISION = re.compile("['’‘ʼ´`′]")
_PART = re.compile(r"[&.\-‐‑/]")
_NUMBER = re.compile(r"[^\W\d]*\d+(?:\.\d+)+")  # 4.0, PM2.5
_SPACED_AMPERSAND = re.compile(r"(?<!\w)(\w) & (\w)(?!\w)")  # R & D
# Soft hyphens, joiners and marks of direction stand inside words and are no part of them.
_UNSEEN = re.compile("[\u00ad\u034f\u061c\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069]")
_ARTICLE = re.compile("^(?:[وبكف]?ال|لل)(?=.{3})")
_CONJUNCTION = ("و", "ف")  # written as one with the word that follows
# Before a hamza: `fold` takes that away, and the stemmer then takes these for part of the word.
_BEFORE_HAMZA = re.compile("^[وف]?[بكل]?(?=[إأآ].{3})")
# Without a cache of its own: `_readings` has one, and this one is cleared, 2 ms long, while
# somebody waits.
_STEMMERS = {
    "fr": Stemmer.Stemmer("french", 0),
    "en": Stemmer.Stemmer("english", 0),
    "ar": Stemmer.Stemmer("arabic", 0),
}
_NO_STOPWORD = frozenset(("AI", "IT", "SI", "US"))
LANGUAGES = ("fr", "en", "ar")
_STOP = FUNCTION_WORDS | STOPWORDS
_ACRONYM = 4
"""A compound of parts up to so many letters, joined by a slash, is an acronym: TCP/IP."""
_LONGEST_ACRONYM = 5


class Reading(NamedTuple):
    """One term that a word stands for, the part of the word that shows it, that part folded, and
    whether it is plain: one that may be misspelt, letters alone, and no acronym.
    """

    term: str
    shown: str
    folded: str
    plain: bool

    @classmethod
    def of(cls, folded: str, shown: str, language: str) -> Reading:
        """The reading of ``shown``, a word or part of one."""
        plain = folded.isalpha() and shown.isalpha() and not _is_acronym(shown)
        return cls(_stem(folded, language), shown, folded, plain)


def primary(tag: str) -> str:
    """The language of a BCP 47 tag without its region or script: ``ar`` of ``ar-MA``."""
    return tag.split("-")[0].lower()


def words(text: str) -> list[str]:
    """The words of ``text`` as they stand, compounds whole."""
    if not text.isascii():
        text = _UNSEEN.sub("", text)
    if "_" in text:
        text = text.replace("_", " ")
    if " & " in text:
        text = _SPACED_AMPERSAND.sub(r"\1&\2", text)
    return _WORD.findall(text)


def _stem(word: str, language: str) -> str:
    if not word.isalpha():
        return word
    if not word.isascii() and ARABIC.search(word):
        word, language = _bare(word), "ar"
    stemmer = _STEMMERS.get(language)
    stemmed: str = word if stemmer is None else stemmer.stemWord(word)
    return stemmed


def _bare(word: str) -> str:
    """A folded Arabic word as the stemmer knows it: Snowball's keeps the article of short words
    and takes a final ta marbuta off, but not the ha that `fold` (and many a writer) makes of it.
    """
    word = _ARTICLE.sub("", word)
    return f"{word[:-1]}ة" if len(word) > 3 and word.endswith("ه") else word


def _says_nothing(part: str, shown: str, language: str) -> bool:
    if part.isascii() or not ARABIC.search(part):
        return not part or (part in _STOP.get(language, ()) and shown not in _NO_STOPWORD)
    arabic = _STOP["ar"]
    return part in arabic or (part.startswith(_CONJUNCTION) and part[1:] in arabic)


@lru_cache(maxsize=200_000)
def _readings(word: str, language: str) -> tuple[Reading, ...]:
    """What one word stands for: each part between apostrophes by itself, compounds whole too."""
    if word.isalpha() and "ʼ" not in word:  # most words by far are one part
        folded = fold(word if word.isascii() else _BEFORE_HAMZA.sub("", word))
        if len(folded) < 2 or _says_nothing(folded, word, language):
            return ()
        return (Reading.of(folded, word, language),)
    found: list[Reading] = []
    for shown in _ELISION.split(word):
        parts = _PART.split(shown)
        kept = [
            (f, p) for f, p in ((fold(p), p) for p in parts) if not _says_nothing(f, p, language)
        ]
        number = _NUMBER.fullmatch(shown) is not None
        found += [
            # The parts of PM2.5 are terms of their own, and nobody knows them by themselves.
            Reading.of(folded, part, language)._replace(shown=shown if number else part)
            for folded, part in kept
            if len(folded) > 1 or folded.isdigit()
        ]
        whole = _whole(shown, parts, len(kept))
        if whole:
            found.append(Reading.of(whole, shown, language))
    return tuple(found)


def _whole(shown: str, parts: list[str], kept: int) -> str:
    """The term of a compound as one, "" when it is none: e-paiement and epaiement are one."""
    if len(parts) < 2:
        return ""
    folded = fold(shown)
    letters = all(len(part) == 1 and part.isalpha() for part in parts)
    if letters and "." not in folded:  # R&D, A/B
        return folded
    if not parts[0]:  # .NET
        return folded
    joined = _PART.sub("", folded)
    if parts[-1].isdigit() and parts[-2][-1:].isdigit():  # 4.0, 24/7, PM2.5
        return folded
    if letters or all(part.isdigit() or len(part) == 1 for part in parts):  # S.A.R.L., 3-D, H.264
        return joined
    if "/" in folded:
        short = all(part.isupper() and len(part) <= _ACRONYM for part in parts)
        return joined if short else ""
    return joined if kept > 1 and "." not in folded else ""


def readings(text: str, language: str) -> Iterator[Reading]:
    """What ``text`` says, term by term; ``language`` is that of the whole, or the best guess."""
    for sentence, its_language in sentences(text, language):
        for word in words(sentence):
            yield from _readings(word, its_language)


def terms(text: str, language: str) -> list[str]:
    """Every term of ``text``, repeated as often as it stands there."""
    return [reading.term for reading in readings(text, language)]


class Analysed(NamedTuple):
    """What some texts say: how often each term stands there, the first word of the texts that
    shows it, and the term of each plain word, folded (`Reading`).
    """

    weights: dict[str, float]
    shown: dict[str, str]
    words: dict[str, str]


def analysed(fields: list[tuple[str, float]], language: str) -> Analysed:
    """The terms of several texts, each counted ``weight`` times."""
    weights: dict[str, float] = {}
    first: dict[str, str] = {}
    plain_words: dict[str, str] = {}
    for text, weight in fields:
        for term, shown, folded, plain in readings(text, language) if text else ():
            weights[term] = weights.get(term, 0.0) + weight
            first.setdefault(term, shown)
            if plain:
                plain_words[folded] = term
    return Analysed(weights, first, plain_words)


def _is_acronym(shown: str) -> bool:
    return shown.isupper() and len(shown) <= _LONGEST_ACRONYM

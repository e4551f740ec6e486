"""From text to terms, in French, English and Arabic.

Accents are folded before stemming, because people leave them out; Arabic letters are brought
to one form (alef, ya, ta marbuta, digits), diacritics and tatweel dropped, as Lucene's
ArabicNormalizer does. The stemmers are Snowball's. Acronyms and compounds keep their own term
beside their parts (IoT, R&D, C++, 5G, e-paiement).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

import Stemmer

from services.matcher.domain.stopwords import STOPWORDS

_LETTER = r"[^\W_][\u0300-\u036f\u064b-\u065f\u0670]*"  # with its accents or vowel marks
_WORD = re.compile(rf"(?:{_LETTER})+(?:[&'’.\-/](?:{_LETTER})+)*[+#]*")
_PART = re.compile(r"[&'’.\-/]")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_ARTICLE = re.compile("^(?:[وبكف]?ال|لل)(?=.{3})")
_ARABIC_FORMS = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه",
        "ـ": None, **{chr(0x0660 + d): str(d) for d in range(10)},
    }
)  # fmt: skip
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})
_STEMMERS = {
    "fr": Stemmer.Stemmer("french"),
    "en": Stemmer.Stemmer("english"),
    "ar": Stemmer.Stemmer("arabic"),
}
LANGUAGES = ("fr", "en", "ar")


def primary(tag: str) -> str:
    """The language of a BCP 47 tag without its region or script: ``ar`` of ``ar-MA``."""
    return tag.split("-")[0].lower()


def analysed_as(tag: str) -> str:
    """The language by whose rules a text of language ``tag`` is analysed."""
    language = primary(tag)
    return language if language in LANGUAGES else "fr"


def fold(text: str) -> str:
    """Lower case, without accents, Arabic in its plain form."""
    if text.isascii():
        return text.lower()
    # Decomposed twice: a letter may be upper case only once it is decomposed (ϒ), and lower case
    # may decompose further.
    lower = unicodedata.normalize("NFKD", text).casefold()
    decomposed = unicodedata.normalize("NFKD", lower)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return plain.translate(_LIGATURES).translate(_ARABIC_FORMS)


def words(text: str) -> list[str]:
    """The words of ``text`` as they stand, compounds whole."""
    return _WORD.findall(text)


@lru_cache(maxsize=50_000)
def _stem(word: str, language: str) -> str:
    if _ARABIC.search(word):
        word, language = _bare(word), "ar"
    stemmed: str = _STEMMERS[language].stemWord(word)
    return stemmed


def _bare(word: str) -> str:
    """A folded Arabic word as the stemmer knows it: Snowball's keeps the article of short words
    and takes a final ta marbuta off, but not the ha that `fold` (and many a writer) makes of it.
    """
    word = _ARTICLE.sub("", word)
    return f"{word[:-1]}ة" if len(word) > 3 and word.endswith("ه") else word


def language_of(text: str, default: str = "fr") -> str:
    """The language that most function words of ``text`` belong to; Arabic by its script."""
    folded = [fold(part) for word in words(text[:2_000]) for part in _PART.split(word)]
    if not folded:
        return default
    arabic = sum(1 for word in folded if _ARABIC.search(word))
    if arabic * 2 > len(folded):
        return "ar"
    votes = {code: sum(word in STOPWORDS[code] for word in folded) for code in ("fr", "en")}
    if votes["fr"] == votes["en"]:
        return default if default in votes else "fr"
    return max(votes, key=lambda code: votes[code])


def _says_nothing(part: str, language: str) -> bool:
    return not part or part in STOPWORDS["ar" if _ARABIC.search(part) else language]


def _readings(word: str, language: str) -> list[tuple[str, str]]:
    """The terms that one word stands for, each with the part of the word that shows it."""
    shown = _PART.split(word)
    parts = [(fold(part), part) for part in shown]
    kept = [(folded, part) for folded, part in parts if not _says_nothing(folded, language)]
    found = [
        (_stem(folded, language) if folded.isalpha() else folded, part)
        for folded, part in kept
        if len(folded) > 1 or folded.isdigit()
    ]
    acronym = len(shown) > 1 and all(len(part) == 1 for part in shown)  # R&D, A/B
    if len(kept) > 1 or acronym:
        found.append((fold(word).replace("’", "'"), word))
    return found


def terms_of(word: str, language: str) -> list[str]:
    """The terms that one word as it stands stands for."""
    return [term for term, _ in _readings(word, language)]


def terms(text: str, language: str) -> list[str]:
    """Every term of ``text``, repeated as often as it stands there."""
    return [term for word in words(text) for term in terms_of(word, language)]


def surfaces(text: str, language: str) -> dict[str, str]:
    """For each term the word of ``text`` that a reader would recognise (the first one).

    A part stands for itself (eau of "d'eau"), a compound for the whole (R&D).
    """
    found: dict[str, str] = {}
    for word in words(text):
        for term, shown in _readings(word, language):
            found.setdefault(term, shown)
    return found


def weighted(fields: list[tuple[str, float]], language: str) -> dict[str, float]:
    """Term frequencies of several texts, each counted ``weight`` times."""
    total: Counter[str] = Counter()
    for text, weight in fields:
        for term, count in Counter(terms(text, language)).items():
            total[term] += count * weight  # type: ignore[assignment]
    return dict(total)

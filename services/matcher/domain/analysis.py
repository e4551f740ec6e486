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

_WORD = re.compile(r"[^\W_]+(?:[&'’.\-/][^\W_]+)*[+#]*")
_PART = re.compile(r"[&'’.\-/]")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
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


def fold(text: str) -> str:
    """Lower case, without accents, Arabic in its plain form."""
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(_LIGATURES))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return plain.translate(_ARABIC_FORMS)


def words(text: str) -> list[str]:
    """The words of ``text`` as they stand, compounds whole."""
    return _WORD.findall(text)


@lru_cache(maxsize=50_000)
def _stem(word: str, language: str) -> str:
    stemmed: str = _STEMMERS["ar" if _ARABIC.search(word) else language].stemWord(word)
    return stemmed


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


def terms_of(word: str, language: str) -> list[str]:
    """The terms that one word as it stands stands for."""
    parts = [fold(part) for part in _PART.split(word)]
    kept = [p for p in parts if p and p not in STOPWORDS["ar" if _ARABIC.search(p) else language]]
    found = [_stem(p, language) if p.isalpha() else p for p in kept if len(p) > 1 or p.isdigit()]
    if len(kept) > 1 or (kept and not kept[-1].isalnum()):
        found.append(fold(word).replace("’", "'"))
    return found


def terms(text: str, language: str) -> list[str]:
    """Every term of ``text``, repeated as often as it stands there."""
    return [term for word in words(text) for term in terms_of(word, language)]


def surfaces(text: str, language: str) -> dict[str, str]:
    """For each term the word of ``text`` that a reader would recognise (the first one)."""
    found: dict[str, str] = {}
    for word in words(text):
        for term in terms_of(word, language):
            found.setdefault(term, word)
    return found


def weighted(fields: list[tuple[str, float]], language: str) -> dict[str, float]:
    """Term frequencies of several texts, each counted ``weight`` times."""
    total: Counter[str] = Counter()
    for text, weight in fields:
        for term, count in Counter(terms(text, language)).items():
            total[term] += count * weight  # type: ignore[assignment]
    return dict(total)

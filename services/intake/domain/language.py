"""Names the language of a text: Arabic by its script, French or English by a classifier."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

Classify = Callable[[str], tuple[str, float]]
"""Text to (``fr`` or ``en``, probability of it between 0 and 1)."""

DEFAULT = "fr"
"""The language of most of what cities send; taken when nothing speaks clearly for another."""

ENOUGH_LETTERS = 40
"""Below this many letters a classifier guesses: 'mobile payment' looks French to it."""

SURE = 0.8
"""A short text is taken for other than the default from this probability on."""

_ARABIC_SHARE = 0.3
_READ = 2_000
# RFC 5646, section 2.2.1: the two-letter code where there is one.
_SHORTEST = {"ara": "ar", "fra": "fr", "fre": "fr", "eng": "en", "spa": "es", "ber": "ber"}


def detect(text: str, classify: Classify) -> str:
    """``ar``, ``fr`` or ``en``, from the first 2,000 characters of ``text``.

    Arabic texts of this field are full of Latin names and terms, while Arabic words in French
    or English ones are rare: a third of the letters decides.
    """
    text = text[:_READ]
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return DEFAULT
    arabic = sum(unicodedata.name(c, "").startswith("ARABIC") for c in letters)
    if arabic >= _ARABIC_SHARE * len(letters):
        return "ar"
    language, probability = classify(text)
    if len(letters) < ENOUGH_LETTERS and probability < SURE:
        return DEFAULT
    return language


def normalise_tag(tag: str) -> str:
    """``tag`` in the case of RFC 5646, section 2.1.1: ``AR-ma`` is ``ar-MA``."""
    first, *rest = tag.lower().split("-")
    parts = [_SHORTEST.get(first, first)]
    for subtag in rest:
        if len(parts[-1]) == 1:  # after a singleton everything stays in lower case
            parts.append(subtag)
        elif len(subtag) == 2:
            parts.append(subtag.upper())
        elif len(subtag) == 4 and subtag.isalpha():
            parts.append(subtag.title())
        else:
            parts.append(subtag)
    return "-".join(parts)

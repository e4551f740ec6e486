"""One form for letters that are written in several ways."""

from __future__ import annotations

import re
import unicodedata

ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f]")
"""A letter of the Arabic script, in the form that `fold` gives."""

_APOSTROPHES = "’‘ʼ´`′"
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
# Every mark that combines with the letter before it: a search by regex is ten times quicker than
# asking for each letter. All stand in the first two planes; to ask the other fifteen takes a while.
_MARK = re.compile(
    "[" + "".join(c for c in map(chr, range(0x20000)) if unicodedata.combining(c)) + "]"
)
# Lucene's ArabicNormalizer, the seats of hamza, Persian and Urdu shapes of Arabic letters, and the
# letters for g, v, p and ch: Moroccan names are written with them or with their nearest neighbour.
_FORMS = str.maketrans(
    {
        "œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i",
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ـ": None,
        "ی": "ي", "ې": "ي", "ے": "ي", "ک": "ك", "ڪ": "ك", "ہ": "ه", "ھ": "ه", "ە": "ه",
        "گ": "ك", "ڭ": "ك", "ݣ": "ك", "ڤ": "ف", "ڥ": "ف", "پ": "ب", "چ": "ج", "ژ": "ز",
        "٫": ".", "٬": None, **dict.fromkeys(_APOSTROPHES, "'"),
        **{chr(0x0660 + d): str(d) for d in range(10)},
        **{chr(0x06F0 + d): str(d) for d in range(10)},
    }
)  # fmt: skip


def fold(text: str) -> str:
    """Lower case, without accents, Arabic in its plain form, digits and apostrophes in ASCII."""
    if text.isascii():
        return text.lower()
    text = _APOSTROPHE.sub("'", text)  # first: decomposing an acute accent makes a space of it
    # Decomposed twice: a letter may be upper case only once it is decomposed (ϒ), and lower case
    # may decompose further.
    lower = unicodedata.normalize("NFKD", text).casefold()
    plain = _MARK.sub("", unicodedata.normalize("NFKD", lower))
    return plain if plain.isascii() else plain.translate(_FORMS)

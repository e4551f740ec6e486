"""Typing errors as people make them, the same for the same seed.

Four of five wrong words differ from the right one by one letter left out, put in, exchanged or
swapped with its neighbour (Damerau 1964); the rest are spaces and second errors. Wrong letters
lie beside the right ones on the keyboard; accents are left out, and hamza is written wrong or
not at all.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable

_KEYBOARDS = {
    "fr": ("azertyuiop", "qsdfghjklm", "wxcvbn"),
    "en": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "ar": ("ضصثقفغعهخحج", "شسيبلاتنمكط", "ئءؤرىةوزظ"),
}
_HAMZA = {
    "أ": "اإ",
    "إ": "اأ",
    "آ": "ا",
    "ا": "أ",
    "ة": "ه",
    "ه": "ة",
    "ى": "ي",
    "ي": "ى",
    "ؤ": "و",
    "ئ": "ي",
}
_WORD = re.compile(r"[^\W\d_]{4,}")
_ARABIC = re.compile(r"[\u0621-\u064a]")
_SECOND = 0.12
"""The share of wrong words that are wrong twice."""

Error = Callable[[str, random.Random, str], str]


def _place(word: str, chance: random.Random, last: int) -> int:
    """Where the error is; the first letter is wrong half as often as its share."""
    place = chance.randrange(last)
    return chance.randrange(last) if place == 0 else place


def _dropped(word: str, chance: random.Random, _: str) -> str:
    at = _place(word, chance, len(word))
    return word[:at] + word[at + 1 :]


def _doubled(word: str, chance: random.Random, _: str) -> str:
    at = _place(word, chance, len(word))
    return word[: at + 1] + word[at:]


def _swapped(word: str, chance: random.Random, _: str) -> str:
    at = _place(word, chance, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _neighbour(letter: str, chance: random.Random, language: str) -> str:
    plain = unicodedata.normalize("NFD", letter)[0].lower()
    for row, keys in enumerate(_KEYBOARDS[language]):
        if plain in keys:
            at = keys.index(plain)
            near = [keys[i] for i in (at - 1, at + 1) if 0 <= i < len(keys)]
            near += [
                r[min(at, len(r) - 1)] for r in _KEYBOARDS[language][max(row - 1, 0) : row + 2]
            ]
            return chance.choice([key for key in near if key != plain])
    return letter


def _beside(word: str, chance: random.Random, language: str) -> str:
    at = _place(word, chance, len(word))
    return word[:at] + _neighbour(word[at], chance, language) + word[at + 1 :]


def _slipped_in(word: str, chance: random.Random, language: str) -> str:
    at = _place(word, chance, len(word))
    return word[: at + 1] + _neighbour(word[at], chance, language) + word[at + 1 :]


def _unmarked(word: str, chance: random.Random, language: str) -> str:
    """Accents left out; hamza, alef, ya and ta marbuta taken for one another."""
    if language == "ar":
        return "".join(
            chance.choice(_HAMZA[c]) if c in _HAMZA and chance.random() < 0.5 else c for c in word
        )
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def _split(word: str, chance: random.Random, _: str) -> str:
    at = chance.randrange(2, len(word) - 1)
    return f"{word[:at]} {word[at:]}"


_ERRORS: list[tuple[Error, int]] = [
    (_dropped, 20), (_doubled, 10), (_slipped_in, 10), (_swapped, 15), (_beside, 25),
    (_unmarked, 10), (_split, 4),
]  # fmt: skip
_JOINED = 6


def _wrong(word: str, chance: random.Random, language: str) -> str:
    errors, weights = zip(*_ERRORS, strict=True)
    error: Error = chance.choices(errors, weights)[0]
    return error(word, chance, language)


def damaged(text: str, share: float, language: str, seed: int) -> str:
    """``text`` with about ``share`` of its words of four letters and more wrong.

    ``language`` names the keyboard of its Latin letters. Six of a hundred wrong words are joined
    to the next one.
    """
    chance = random.Random(f"{seed} {text}")
    latin = language if language in ("fr", "en") else "fr"
    found: list[str] = []
    end = 0
    for match in _WORD.finditer(text):
        if chance.random() >= share:
            continue
        keyboard = "ar" if _ARABIC.search(match[0]) else latin
        found.append(text[end : match.start()])
        end = match.end()
        if chance.randrange(100) < _JOINED and text[end : end + 1] == " ":
            found.append(match[0])
            end += 1
            continue
        word = _wrong(match[0], chance, keyboard)
        twice = chance.random() < _SECOND and " " not in word and len(word) > 3
        found.append(_wrong(word, chance, keyboard) if twice else word)
    return "".join([*found, text[end:]])

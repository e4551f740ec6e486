"""What is embedded of a text: all of it, in parts that an embedding model reads whole.

Models of the E5 family read 512 tokens; a French or English token is some 4 characters, an Arabic
one 3. A longer text is cut where it pauses: between paragraphs, else sentences, else words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from services.matcher.domain.model import Vector
from services.matcher.domain.semantic import unit

LONGEST = 1_600
"""Characters of a part, at most: about 400 tokens of French or English."""
MOST = 16
"""Parts of one text that are embedded; the rest of it counts by its words."""
MOST_OF_SUPPLY = 256
"""Parts of a supply that are embedded, unless it has more pieces than that: each has its first."""
REST = -1
"""The number of what is left of a text behind its embedded parts."""

_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.!?…؟۔;؛])\s+|\n+")
_WORD = re.compile(r"\s+")


def passage(title: str, text: str, part: int = 0) -> str:
    """What is embedded of one part of a piece of a supply; "" (nothing) of a `REST`."""
    if part == REST:
        return ""
    return text if not title or title in text else f"{title}. {text}"


def numbered(texts: Sequence[str]) -> list[list[tuple[int, str]]]:
    """For each of the texts of a supply its parts with their numbers, from 0, and a `REST`."""
    cut = [parts(text) for text in texts]
    spare = max(MOST_OF_SUPPLY - len(cut), 0)
    found: list[list[tuple[int, str]]] = []
    for of_text in cut:
        many = 1 + min(len(of_text) - 1, MOST - 1, spare)
        spare -= many - 1
        rest = "\n".join(of_text[many:])
        found.append([*enumerate(of_text[:many]), *([(REST, rest)] if rest else [])])
    return found


def parts(text: str, longest: int = LONGEST) -> list[str]:
    """``text`` in parts of about equal length, each of at most ``longest`` characters.

    Joined they are the text again, but for blanks at the cuts. A short text is one part.
    """
    whole = text.strip()
    if len(whole) <= longest:
        return [whole]
    aim = len(whole) / -(-len(whole) // longest)
    found: list[str] = []
    while len(whole) > longest:
        cut = _cut(whole, round(min(aim, longest)), longest)
        found.append(whole[:cut].rstrip())
        whole = whole[cut:].lstrip()
        aim = len(whole) / max(-(-len(whole) // longest), 1)
    return [*found, whole] if whole else found


def _cut(text: str, aim: int, longest: int) -> int:
    """Where to cut: the best kind of pause there is near ``aim``, the nearest of that kind."""
    for pause in (_PARAGRAPH, _SENTENCE, _WORD):
        places = [m.end() for m in pause.finditer(text, aim // 2, longest + 1)]
        places = [place for place in places if place <= longest]
        if places:
            return min(places, key=lambda place: abs(place - aim))
    return longest


def mean(vectors: Sequence[Vector], weights: Sequence[float]) -> Vector:
    """The vector of a whole text from those (n, d) of its parts, of unit length."""
    summed: Vector = np.average(np.stack(vectors), axis=0, weights=weights).astype(np.float32)
    whole: Vector = unit(summed[None])[0]
    return whole

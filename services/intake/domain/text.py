"""Makes text safe to keep and to show: one spelling of each character, none that misleads.

Applied to every string of a submission before it is validated, so that a title made only of
control characters is an empty title.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

MANY_LINES = frozenset({"description", "summary", "text", "reason", "interests"})
"""Fields that keep their line breaks; in every other, a line break is a space."""

LONGEST_MARK_RUN = 30
"""Combining marks in a row that are kept (UAX 15, Stream-Safe Text Format). NFC sorts each run
in quadratic time: 64 KiB of marks would hold the event loop for a second."""

# Removed: C0 and C1 controls; explicit bidi embeddings, overrides and isolates (U+202A-202E,
# U+2066-2069), by which text can show other than it reads; deprecated format characters
# (U+206A-206F); the byte order mark; interlinear annotation; noncharacters.
# Kept: U+200E, U+200F and U+061C, which right-to-left writers need beside Latin words and which
# reorder nothing but their neighbours; U+200C and U+200D, which shape letters and emoji.
_LINE_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17)
)
_REMOVED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\u206a-\u206f"
    f"\ufeff\ufff9-\ufffb{_NONCHARACTERS}]"
)
_INVISIBLE = ("Z", "C")


def clean(text: str, *, many_lines: bool = False) -> str:
    """``text`` in NFC without what could harm; "" when nothing visible is left.

    Applying it twice changes nothing more.
    """
    if not text.isprintable():  # quick to tell; whatever is removed is not printable
        text = _REMOVED.sub("", _LINE_BREAK.sub("\n", text))
        if not many_lines:
            text = text.replace("\n", " ").replace("\t", " ")
    if text.isascii():
        return text if text.strip() else ""
    text = unicodedata.normalize("NFC", _with_short_mark_runs(text))
    return text if any(map(_is_visible, text)) else ""


def clean_all(value: Any, name: str = "") -> Any:
    """`clean` every string inside a JSON ``value``; ``name`` is the field that holds it."""
    if isinstance(value, str):
        return clean(value, many_lines=name in MANY_LINES)
    if isinstance(value, list):
        return [clean_all(item, name) for item in value]
    if isinstance(value, Mapping):
        return {key: clean_all(item, key) for key, item in value.items()}
    return value


def _with_short_mark_runs(text: str) -> str:
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= LONGEST_MARK_RUN:
            kept.append(character)
    return "".join(kept)


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in _INVISIBLE

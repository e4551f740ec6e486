"""What is embedded of a text."""

from __future__ import annotations

LONGEST = 2_000
"""Characters of a passage that are embedded: its beginning."""


def passage(title: str, text: str) -> str:
    """What is embedded of a piece of a supply; `LONGEST` characters of it."""
    whole = text if not title or title in text else f"{title}. {text}"
    return whole[:LONGEST]

"""Contact data that somebody writes into a text: it belongs into the vault, and is blanked.

What a demand, an offer or a member says travels in topics, and is read by others before anybody
has accepted (design, I6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.blanking import without_contacts

FREE_TEXTS = frozenset({"title", "summary", "description", "text", "interests"})
"""Fields that are written as people write; all others are names, codes and times."""


def blanked(value: Any, name: str = "") -> Any:
    """A JSON ``value`` whose free texts name no address and no telephone number; ``name`` is the
    field that holds it.
    """
    if isinstance(value, str):
        return without_contacts(value) if name in FREE_TEXTS else value
    if isinstance(value, list):
        return [blanked(item, name) for item in value]
    if isinstance(value, Mapping):
        return {key: blanked(item, key) for key, item in value.items()}
    return value


def differing(before: Any, after: Any, pointer: str = "") -> Iterator[str]:
    """Where two JSON values of one shape differ, as RFC 6901 JSON Pointers."""
    if isinstance(before, Mapping):
        for key, item in before.items():
            yield from differing(item, after[key], f"{pointer}/{key}")
    elif isinstance(before, list):
        for place, item in enumerate(before):
            yield from differing(item, after[place], f"{pointer}/{place}")
    elif before != after:
        yield pointer

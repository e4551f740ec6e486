"""What to say as data: a message of the catalogues and the values that go into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Phrase:
    """One message with its values; a tuple of values is a list in the reader's language, a moment
    is said as its day, and a phrase in the reader's words.
    """

    message: str
    values: Mapping[str, Value] = field(default_factory=dict)


Value: TypeAlias = str | tuple[str, ...] | datetime | Phrase


def N_(message: str) -> str:  # noqa: N802 - the name that message extractors look for
    """Mark ``message`` for translation without translating it here."""
    return message

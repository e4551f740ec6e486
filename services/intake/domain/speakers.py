"""Who speaks, and what each may say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a source is to the hub; each may do what the one before it may."""

    CITY = "city"
    CLUSTER = "cluster"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class Speaker:
    """A source that proved who it is."""

    source: str
    role: Role

    @property
    def is_hub(self) -> bool:
        """Whether it may act for every source."""
        return self.role is Role.HUB

    def owns(self, source: str) -> bool:
        """Whether what came from ``source`` is this speaker's to read, change and withdraw."""
        return self.is_hub or self.source == source


def objection(speaker: Speaker, kind: str, owner: str | None = None) -> str | None:
    """Why ``speaker`` may not submit a ``kind``, in a sentence; None when it may.

    ``owner`` is the type of who stands behind an offer: a city speaks for itself alone.
    """
    if kind == "directory" and not speaker.is_hub:
        return "Only the hub itself writes the directory."
    if speaker.role is Role.CITY and kind == "member":
        return "A city's source submits demands and offers, not members."
    if speaker.role is Role.CITY and kind == "offer" and owner != "city":
        return "A city's source offers what a city owns: owner.type must be 'city'."
    return None

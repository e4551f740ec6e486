"""What a digest tells, in which order: best first, grouped by city, each matter once.

Of a demand that much was said about, the newest comes first; what does not fit into the mail is
counted, and stands on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from services.notifier.domain.concerns import CONCERN, Concern
from services.notifier.domain.identity import kind_of
from services.notifier.domain.messages import Message, match_of
from services.notifier.domain.phrases import N_, Phrase

LEAD = Phrase(N_("Here is what is new for you since we last wrote."))
MOST_SHOWN = 10
"""Matters in one mail."""
_FIRST: tuple[Concern, ...] = ("introductions", "answers", "proposals", "office", "news")


class Told(Protocol):
    """One thing to tell; see `use_cases.reader_ports.DigestItem`."""

    @property
    def message(self) -> Message: ...

    @property
    def told_at(self) -> datetime: ...


T = TypeVar("T", bound=Told)


@dataclass(frozen=True, slots=True)
class Matter(Generic[T]):
    """Everything that is told of one demand or one offer, newest first."""

    items: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class Group(Generic[T]):
    """The matters of one city, best first; ``city`` is None for what is of none."""

    city: str | None
    matters: tuple[Matter[T], ...]


@dataclass(frozen=True, slots=True)
class Digest(Generic[T]):
    """``groups``, the one with the best matter first; ``more``: matters that are not shown."""

    groups: tuple[Group[T], ...]
    more: int = 0


def composed(items: Sequence[T], most: int = MOST_SHOWN) -> Digest[T]:
    """The digest of ``items``."""
    by_matter: dict[tuple[str, str], list[T]] = {}
    for item in sorted(items, key=lambda one: one.told_at, reverse=True):
        by_matter.setdefault(_matter(item.message), []).append(item)
    matters = sorted((Matter(tuple(found)) for found in by_matter.values()), key=_place)
    groups: dict[str | None, list[Matter[T]]] = {}
    for matter in matters[:most]:
        groups.setdefault(_city(matter.items[0].message), []).append(matter)
    return Digest(
        tuple(Group(city, tuple(found)) for city, found in groups.items()),
        max(0, len(matters) - most),
    )


def _matter(message: Message) -> tuple[str, str]:
    """A demand; of an interest, which is always open, the offer that meets it."""
    match = match_of(message)
    if match is not None and match.need.kind == "interest":
        return ("supply", match.supply.id)
    return ("need", message.need.id)


def _city(message: Message) -> str | None:
    """The city that asks; of an offer the one that makes it."""
    match = match_of(message)
    if match is not None and match.need.kind == "interest":
        return match.supply.owner.id if match.supply.owner.kind == "city" else None
    return message.need.city


def _place(matter: Matter[T]) -> tuple[int, float, float]:
    """What somebody waits for comes first, then what fits best, then what is newest."""
    concern = min(_FIRST.index(CONCERN[kind_of(one.message)]) for one in matter.items)
    matches = [match_of(one.message) for one in matter.items]
    score = max((match.score for match in matches if match), default=0.0)
    return concern, -score, -matter.items[0].told_at.timestamp()

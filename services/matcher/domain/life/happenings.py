"""What may happen to a need. Each is data; `life.step` says what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from services.matcher.domain.life.case import Answer, Because, Bell, Side
from services.matcher.domain.life.effects import Asking, Replying


@dataclass(frozen=True, slots=True)
class Answered:
    """One side says yes or no. ``room``: the supply has a place left, which the caller keeps
    locked until what follows is stored. ``batched``: its places are given to several at once, so
    whoever is asked first and says yes gets in line. ``said_at`` is when it was said (None: now).
    """

    match_id: str
    side: Side
    answer: Answer
    reason: str | None = None
    room: bool = True
    batched: bool = False
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutcomeSaid:
    """One side says what came of an introduction."""

    match_id: str
    side: Side
    outcome: Literal["met", "contract", "nothing"]
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class PlaceGiven:
    """Its turn has come: there is a place, which the caller keeps locked until it is stored."""

    match_id: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """There is no place for it now; it is the one of this number (from 1) in line."""

    match_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Questioned:
    """The side that is to answer wants to know something first."""

    match_id: str
    side: Side
    text: str
    question_id: str = ""


@dataclass(frozen=True, slots=True)
class Replied:
    """What was ``asked`` is answered, by the other side or by the ambassador."""

    match_id: str
    asked: Asking
    reply: Replying


@dataclass(frozen=True, slots=True)
class Rang:
    """A timer is due."""

    bell: Bell
    match_id: str = ""


@dataclass(frozen=True, slots=True)
class Fresh:
    """Somebody to propose, who was not proposed before."""

    match_id: str
    supply_id: str
    supply_kind: Literal["member", "offer"]


@dataclass(frozen=True, slots=True)
class Judged:
    """The need was judged again on what is known now: ``fresh`` are to be asked, in ``wave``.

    ``nobody``: all waves are dry. ``gone`` are matches that no longer hold, and why.
    """

    fresh: tuple[Fresh, ...] = ()
    wave: int = 1
    nobody: bool = False
    gone: Mapping[str, Because] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edited:
    """A newer version of the need; ``expires_at`` as it would be without an extension."""

    wanted: int | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The asker took the need back."""


@dataclass(frozen=True, slots=True)
class Extended:
    """The asker wants more time."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The ambassador made up its mind about the candidates of ``wave``."""

    wave: int
    struck: frozenset[str] = frozenset()
    added: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


OfMatch: TypeAlias = Answered | PlaceGiven | Numbered | OutcomeSaid | Questioned | Replied
"""What may happen to one of its matches."""

Happening: TypeAlias = OfMatch | Rang | Judged | Edited | Withdrawn | Extended | Confirmed

"""What follows outside of the case; the case itself says what became of the matches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from services.matcher.domain.life.case import Because, Side
from services.matcher.domain.model import Owner

NoticeKind = Literal[
    "reminder",
    "answer-asked",
    "introduced",
    "declined",
    "closed",
    "outcome-asked",
    "outcome-reminder",
    "expiry-near",
    "expired",
    "question",
    "confirmation-asked",
    "asker-silent",
    "waiting",
    "place-free",
    "kept-after-edit",
]


@dataclass(frozen=True, slots=True)
class TakePlace:
    """A place of the supply is taken (1) or free again (-1), in the same transaction."""

    supply_id: str
    places: Literal[1, -1]


@dataclass(frozen=True, slots=True)
class LineChanged:
    """Somebody came into the line for the supply's places (``joined``), or went out of it, or
    is wanted now by the offerer.
    """

    supply_id: str
    joined: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """A question that ``by`` asks."""

    question_id: str
    by: Side
    text: str


@dataclass(frozen=True, slots=True)
class Replying:
    """The answer to a question: of the other side, or of an ambassador."""

    by: Owner
    text: str


@dataclass(frozen=True, slots=True)
class Tell:
    """One side, or the ambassador of the need's city, is told something, once for each
    (kind, to, match, ``round``). ``round`` tells apart what may be said several times, as a wave
    that is confirmed anew after the need was reopened.
    """

    kind: NoticeKind
    to: Side | Literal["ambassador"]
    match_id: str = ""
    reason: str | None = None
    because: Because | None = None
    text: str = ""
    until: datetime | None = None
    round: str = ""
    asking: Asking | None = None
    replying: Replying | None = None


@dataclass(frozen=True, slots=True)
class LookFurther:
    """The need is to be judged again: somebody else may be asked now."""


Effect: TypeAlias = TakePlace | LineChanged | Tell | LookFurther

"""What can be said, as data: a proposal, a note to an ambassador, or a notice of what followed.

Texts are as their authors wrote them; nothing here is translated, and nothing here is an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Locale = Literal["fr", "ar", "en"]
LOCALES: tuple[Locale, ...] = ("fr", "ar", "en")
PartyKind = Literal["member", "city", "committee"]
RecipientKind = Literal["member", "city", "committee", "ambassador"]
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
    "lead",
    "duplicate",
    "waiting",
    "place-free",
    "kept-after-edit",
]
MessageKind: TypeAlias = Literal["proposal", "ambassador-note"] | NoticeKind
Channel = Literal["inbox", "mail", "webhook", "push"]
MatchState = Literal["proposed", "accepted", "declined", "lapsed", "superseded", "introduced"]
CloseReason = Literal[
    "enough", "withdrawn", "edited", "expired", "supply-gone", "full", "asker-silent", "struck"
]
Side = Literal["need", "supply"]
ReasonKind = Literal["terms", "meaning", "niche", "portfolio", "city", "certification"]


@dataclass(frozen=True, slots=True)
class Party:
    """A member, a city or a committee."""

    kind: PartyKind
    id: str


@dataclass(frozen=True, slots=True)
class Scope:
    """One demand or offer of an organisation: all that the contact of that item is told of."""

    kind: Literal["demand", "offer"]
    id: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told. An ambassador is a member in its office; it reads the inbox of that member."""

    kind: RecipientKind
    id: str
    name: str = ""
    locale: Locale = "fr"

    @property
    def inbox(self) -> Party:
        """Whose inbox page shows what is told to this recipient."""
        return Party("member" if self.kind == "ambassador" else self.kind, self.id)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that spoke for a match; ``weight`` is the share of the score it explains, 0-1.

    ``inferred`` marks a niche that the need does not name; ``path`` leads from the need's niche
    over ``id``, which both have in common, to the supply's (empty where an older event tells it).
    """

    kind: ReasonKind
    terms: tuple[str, ...] = ()
    id: str | None = None
    text: str | None = None
    year: int | None = None
    weight: float = 0.0
    inferred: bool = False
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """What is asked: a demand of a city, or an interest of a member. ``language`` is BCP 47."""

    kind: Literal["demand", "interest"]
    id: str
    owner: Party
    need_kind: str
    title: str
    language: str
    version: int
    summary: str = ""
    description: str = ""
    city: str | None = None
    structure: str | None = None
    structure_kind: str | None = None
    deadline: datetime | None = None
    niches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Supply:
    """What could answer the need. An offer says what it is, in its own ``language`` (BCP 47)."""

    kind: Literal["member", "offer"]
    id: str
    owner: Party
    title: str
    summary: str = ""
    description: str = ""
    language: str = ""
    niches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """The last word of one side of a match."""

    answer: Literal["accept", "decline", "withdraw"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One match in its present state, told to ``recipient``. ``score`` is a probability.

    ``recipient`` is the side that is asked first. ``waiting``: its number on the waiting list.
    ``told_outcome``: the sides that have said what came of it.
    """

    match_id: str
    need: Need
    supply: Supply
    recipient: Recipient
    state: MatchState
    score: float
    version: int
    reasons: tuple[Reason, ...] = ()
    decline_reason: str | None = None
    answer_by: datetime | None = None
    need_said: Said | None = None
    supply_said: Said | None = None
    closed_because: CloseReason | None = None
    crosses_border: bool = False
    across_border: Literal["contact", "organisation"] = "contact"
    waiting: int | None = None
    told_outcome: frozenset[Side] = frozenset()

    @property
    def is_own(self) -> bool:
        """True when the recipient would be alerted about its own item."""
        asks = self.recipient.inbox == self.need.owner
        supplies = self.recipient.inbox == self.supply.owner
        return asks and (supplies or self.need.kind == "demand")

    @property
    def is_offer(self) -> bool:
        """True when an offer is shown to the member whose interest it meets."""
        return self.need.kind == "interest" and self.recipient.inbox == self.need.owner


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of an ambassador's note: who, how well it fits, and why."""

    name: str
    rank: int
    score: float
    reasons: tuple[Reason, ...] = ()
    supply_id: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """Somebody who was asked for a demand, and what became of it."""

    name: str
    state: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AmbassadorNote:
    """What was decided about a demand of the ambassador's city in one wave."""

    need: Need
    outcome: Literal["proposed", "unmatched"]
    wave: int
    proposed: tuple[Candidate, ...] = ()
    nearest: tuple[Candidate, ...] = ()
    considered: int = 0
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is told. An ambassador is named by its office: ``cluster``, and ``id``, the city."""

    kind: RecipientKind
    id: str
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """What ``by`` wants to know about a match before it answers."""

    id: str
    by: Party
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a question: of the other side, or of the ambassador (a member)."""

    by: Party
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that followed from an answer, from silence or from a change of mind.

    ``notice_id`` is the same however often it is told. ``wave`` is that of the ``candidates``. A
    ``question`` without a ``reply`` is told to those who may answer it, with one to who asked.
    """

    notice_id: str
    kind: NoticeKind
    to: Addressee
    need: Need
    match: Proposal | None = None
    reason: str | None = None
    because: CloseReason | None = None
    text: str = ""
    candidates: tuple[Candidate, ...] = ()
    wave: int | None = None
    until: datetime | None = None
    question: AskedQuestion | None = None
    reply: Reply | None = None


Message: TypeAlias = Proposal | AmbassadorNote | Notice


def match_of(message: Message) -> Proposal | None:
    """The match that ``message`` is about, as it was when it was told."""
    match message:
        case Proposal():
            return message
        case Notice():
            return message.match
    return None


def question_of(message: Message) -> AskedQuestion | None:
    """The question that ``message`` brings to somebody who may answer it."""
    asks = isinstance(message, Notice) and message.reply is None
    return message.question if isinstance(message, Notice) and asks else None


def is_to_office(message: Message) -> bool:
    """True for what is told to whoever is ambassador of a city."""
    match message:
        case AmbassadorNote():
            return True
        case Notice():
            return message.to.kind == "ambassador"
    return False

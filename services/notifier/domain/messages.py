"""What can be said, as data: a proposal to somebody, or a note to an ambassador.

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
MessageKind = Literal["proposal", "ambassador-note"]
Channel = Literal["inbox", "mail"]
MatchState = Literal["proposed", "accepted", "declined", "lapsed", "superseded", "introduced"]
ReasonKind = Literal["terms", "meaning", "niche", "portfolio", "city", "certification"]


@dataclass(frozen=True, slots=True)
class Party:
    """A member, a city or a committee."""

    kind: PartyKind
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
class Preferences:
    """How somebody wants to be told. The inbox cannot be switched off: it is the record."""

    channels: frozenset[Channel] = frozenset({"inbox", "mail"})


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that spoke for a match; ``weight`` is the share of the score it explains, 0-1.

    ``inferred`` marks a niche that the need does not name.
    """

    kind: ReasonKind
    terms: tuple[str, ...] = ()
    id: str | None = None
    text: str | None = None
    year: int | None = None
    weight: float = 0.0
    inferred: bool = False


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


@dataclass(frozen=True, slots=True)
class Supply:
    """What could answer the need."""

    kind: Literal["member", "offer"]
    id: str
    owner: Party
    title: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """One match in its present state, told to ``recipient``. ``score`` is a probability."""

    match_id: str
    need: Need
    supply: Supply
    recipient: Recipient
    state: MatchState
    score: float
    version: int
    reasons: tuple[Reason, ...] = ()
    decline_reason: str | None = None

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


@dataclass(frozen=True, slots=True)
class AmbassadorNote:
    """What was decided about a demand of the ambassador's city in one wave."""

    need: Need
    outcome: Literal["proposed", "unmatched"]
    wave: int
    proposed: tuple[Candidate, ...] = ()
    nearest: tuple[Candidate, ...] = ()
    considered: int = 0


Message: TypeAlias = Proposal | AmbassadorNote

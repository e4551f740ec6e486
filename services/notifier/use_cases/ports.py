"""What the use cases need of the world; the adapters and the tests' fakes provide it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from services.notifier.domain.answers import Answer
from services.notifier.domain.attempts import Outcome, Verdict
from services.notifier.domain.messages import (
    Channel,
    Locale,
    MatchState,
    Message,
    MessageKind,
    Party,
    Preferences,
    Proposal,
    Recipient,
)
from services.notifier.domain.routing import Planned


@dataclass(frozen=True, slots=True)
class News:
    """A message, and the data of the event that brought it, to be kept with the entry."""

    message: Message
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of somebody who can be told."""

    name: str
    locale: Locale
    preferences: Preferences
    active: bool
    link_epoch: int


@dataclass(frozen=True, slots=True)
class Report:
    """One line for ``jisr.deliveries.v1``: the result of one attempt. No address in it."""

    delivery_id: UUID
    recipient: Recipient
    channel: Channel
    kind: MessageKind
    match_id: str | None
    need_id: str
    state: Literal["delivered", "retrying", "failed"]
    attempt: int
    detail: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """One mail to send now. ``address`` is for the mail server only; it is never shown."""

    delivery_id: UUID
    recipient: Recipient
    message: Message
    attempt: int
    planned_at: datetime
    link_epoch: int
    answered: bool
    state: str
    contact_name: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an inbox. ``state`` is the match's, or the outcome of a note."""

    entry_id: UUID
    message: Message
    state: str
    created_at: datetime
    answer: str | None = None
    answer_reason: str | None = None
    answered_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """True while an answer is awaited; a note awaits none."""
        asks = isinstance(self.message, Proposal)
        return asks and self.state == "proposed" and self.answer is None


@dataclass(frozen=True, slots=True)
class Asked:
    """A proposal as it stands while its answer is written."""

    entry_id: UUID
    match_id: str
    need_id: str
    state: MatchState
    answered: bool


@dataclass(frozen=True, slots=True)
class Unheard:
    """A note that reached nobody. ``member_id``: who was in office without an address then, and
    has one now; None when nobody was in office.
    """

    delivery_id: UUID
    member_id: str | None
    news: News


class Ledger(Protocol):
    """Writes of one transaction."""

    async def known(self, parties: Iterable[Party]) -> dict[Party, Known]:
        """Those of ``parties`` that were heard of."""

    async def put_recipients(self, recipients: Iterable[Recipient]) -> None:
        """Make sure that each has an inbox."""

    async def put_entries(self, entries: Sequence[tuple[Planned, News]]) -> dict[UUID, bool]:
        """The entries that changed, with True for those that are new."""

    async def put_deliveries(
        self, deliveries: Sequence[tuple[Planned, News]], now: datetime
    ) -> set[UUID]:
        """Store what was not planned before; returns its delivery ids."""

    async def report(self, reports: Sequence[Report], now: datetime) -> None:
        """Publish results with this transaction."""

    async def unheard(self, offices: Sequence[tuple[str, str]], limit: int) -> list[Unheard]:
        """Notes that are still true and reach somebody of ``offices`` (city, member) now; held
        until the end.
        """

    async def send_again(self, deliveries: Sequence[UUID]) -> None:
        """Let these mails go out now, under the ids that they have."""

    async def told_later(self, deliveries: Sequence[UUID]) -> None:
        """Remember that these notes, which were for nobody, have been told to somebody."""

    async def finish(self, claimed: Claimed, verdict: Verdict, now: datetime) -> bool:
        """Record a result; False when a later attempt has taken the delivery over."""

    async def asked(self, entry_id: UUID, party: Party) -> Asked | None:
        """The proposal, locked until the end of the transaction; None when there is none."""

    async def put_answer(self, asked: Asked, party: Party, answer: Answer, now: datetime) -> None:
        """Store the answer and publish it."""


class Post(Protocol):
    """Writes a mail and hands it to a mail server."""

    async def send(self, claimed: Claimed) -> Outcome:
        """Never raises for what a server says or does."""

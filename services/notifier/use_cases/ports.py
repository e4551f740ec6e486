"""What the use cases need of the world; the adapters and the tests' fakes provide it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notifier.domain.answers import Given
from services.notifier.domain.attempts import Outcome, Verdict
from services.notifier.domain.introductions import Place, VaultCard
from services.notifier.domain.messages import (
    Channel,
    Locale,
    Message,
    MessageKind,
    Notice,
    Party,
    Recipient,
    Scope,
)
from services.notifier.domain.preferences import MOROCCO, Preferences
from services.notifier.domain.routing import Planned
from services.notifier.domain.standing import Standing
from services.notifier.use_cases.reader_ports import DigestItem, ReaderLedger


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

    @property
    def spoken(self) -> Locale:
        """The language that it chose itself, else the one in which it is known."""
        return self.preferences.locale or self.locale


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
    """One mail to send now. ``address`` is for the mail server only; it is never shown. ``zone``:
    the clock of its reader.

    ``holds``: of the attempts so far, those that only found that it was not to go yet. ``items``:
    what a digest tells; empty in what tells its one ``message``.

    ``scope``: the demand or offer whose own contact is written to; None for the organisation's.
    ``cards``: whom an introduction names, read as the mail is claimed and kept nowhere. ``lane``:
    what shares one receiving service.
    """

    delivery_id: UUID
    recipient: Recipient
    message: Message
    attempt: int
    planned_at: datetime
    link_epoch: int
    standing: Standing = field(default_factory=Standing)
    scope: Scope | None = None
    contact_name: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    cards: Mapping[Place, VaultCard] = field(default_factory=dict, repr=False)
    channel: Channel = "mail"
    lane: str = ""
    holds: int = 0
    is_digest: bool = False
    items: tuple[DigestItem, ...] = ()
    zone: ZoneInfo = ZoneInfo(MOROCCO)  # noqa: RUF009 - immutable, one for each name

    @property
    def tries(self) -> int:
        """How often it was tried, this time included."""
        return self.attempt - self.holds


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an inbox: what was told, and how the matter stands now. ``cards``: of whom its
    reader was introduced to, as the vault has them at this moment. ``is_reachable``: there is a
    contact of the reader itself that the other side would be told.
    """

    entry_id: UUID
    message: Message
    created_at: datetime
    standing: Standing = field(default_factory=Standing)
    cards: Mapping[Place, VaultCard] = field(default_factory=dict, repr=False)
    is_reachable: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody was told, as it stands while it says something about it."""

    message: Message
    standing: Standing

    @property
    def wave(self) -> int:
        """The wave of the candidates to confirm."""
        named = self.message.wave if isinstance(self.message, Notice) else None
        return named or self.standing.need.wave


@dataclass(frozen=True, slots=True)
class Unheard:
    """A note that reached nobody. ``member_id``: who was in office without an address then, and
    has one now; None when nobody was in office.
    """

    delivery_id: UUID
    member_id: str | None
    news: News


class Ledger(ReaderLedger, Protocol):
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

    async def announce(self, entries: Sequence[tuple[Planned, News]], now: datetime) -> None:
        """Tell the endpoints of whoever these new entries are for."""

    async def unheard(
        self, offices: Sequence[tuple[str, str]], cluster: str, limit: int
    ) -> list[Unheard]:
        """What is still true and reaches somebody of ``offices`` ("cluster/city", member) now; held
        until the end. ``cluster``: whose ambassadors it is for that names no cluster.
        """

    async def send_again(self, deliveries: Sequence[UUID]) -> None:
        """Let these mails go out now, under the ids that they have."""

    async def told_later(self, deliveries: Sequence[UUID]) -> None:
        """Remember that these notes, which were for nobody, have been told to somebody."""

    async def finish(self, claimed: Claimed, verdict: Verdict, now: datetime) -> bool:
        """Record a result; False when a later attempt has taken the delivery over."""

    async def move(self, holders: Sequence[tuple[str, str]]) -> int:
        """Give the open entries of each office to the member that holds it; how many moved."""

    async def asked(self, entry_id: UUID, party: Party, scope: Scope | None) -> Asked | None:
        """What was told, locked until the end of the transaction; None when it is not there, or
        not within ``scope``.
        """

    async def say(self, asked: Asked, party: Party, given: Given, now: datetime) -> bool:
        """Store what was said and publish it; False when it was said before."""


class Post(Protocol):
    """Writes a mail and hands it to a mail server."""

    async def send(self, claimed: Claimed) -> Outcome:
        """Never raises for what a server says or does."""

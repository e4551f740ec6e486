"""What is asked of the world about one reader: its preferences, and its turn to be written to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.notifier.domain.choices import Choices
from services.notifier.domain.messages import Message, Party, RecipientKind, Scope
from services.notifier.domain.standing import Standing


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: a party, or with a ``scope`` the contact of that one item of it."""

    party: Party
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What stands around a delivery that wants to go. ``is_mine``: no other worker has it by now.
    ``slot``: of the digest that it waited for. ``is_digest``: it began as one before. ``begun``:
    when other messages to the same reader began, of the last days; ``slots``: of digests that
    wait for it.
    """

    is_mine: bool
    slot: datetime | None = None
    is_digest: bool = False
    begun: tuple[datetime, ...] = ()
    slots: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One thing that a digest tells, under the id that it would have had by itself."""

    delivery_id: UUID
    recipient_kind: RecipientKind
    message: Message
    told_at: datetime
    standing: Standing = field(default_factory=Standing)


class ReaderLedger(Protocol):
    """Reads and writes about one reader, within a transaction."""

    async def hold_reader(self, reader: Reader) -> None:
        """Nobody else sends to it, or changes its preferences, until the end."""

    async def layers(self, reader: Reader) -> tuple[Choices, Choices]:
        """What was chosen for it (the hub's defaults and what its system published), and what it
        chose itself.
        """

    async def choose(self, reader: Reader, chosen: Choices, now: datetime) -> None:
        """Store what it chose, and let what waits for it be asked anew."""

    async def turn(self, delivery: UUID, attempt: int, reader: Reader, since: datetime) -> Turn:
        """What stands around a delivery; ``since``: how far back what began is counted."""

    async def begin(
        self, delivery: UUID, attempt: int, reader: Reader, now: datetime, *, digest: bool
    ) -> None:
        """Count it as begun at ``now``."""

    async def hold(
        self, delivery: UUID, attempt: int, wait_s: float, slot: datetime | None
    ) -> None:
        """Let it be asked again after ``wait_s`` seconds, in the digest of ``slot`` if given."""

    async def gather(
        self, delivery: UUID, reader: Reader, now: datetime, *, anew: bool
    ) -> list[DigestItem]:
        """All that the digest tells, newest first. ``anew``: take what waits for its slot; else
        what it took when it began, as far as it is still the same reader's.
        """

    async def let_go(self, delivery: UUID) -> None:
        """Let what this digest took along go its own way again."""

    async def finish_items(
        self, delivery: UUID, state: str, moot: list[UUID], why: str, detail: str
    ) -> None:
        """Record what became of all that a digest told; ``moot`` it did not tell, since ``why``."""

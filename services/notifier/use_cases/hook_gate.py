"""Ask the gate about what goes to somebody's own system, at the moment of sending it.

Many webhooks are claimed with one statement, so what their readers chose is read with it. What has
waited since, behind a slow receiver, is asked by what is chosen now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.notifier.domain.choices import Choices, preferences_of
from services.notifier.domain.gate import Drop, Gather, Push, Today, Wait, may_go
from services.notifier.domain.preferences import Preferences
from services.notifier.domain.webhooks import Postponed, Withheld
from services.notifier.use_cases.reader_ports import Reader

FRESH_S = 1.0
"""For so many seconds what was read with the claim counts as what is chosen now."""

MOVED = "it is for another reader by now"


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook tells somebody with an inbox. ``preferences``: as of ``read_at`` (seconds of
    a monotonic clock). ``push``: without what only somebody who chose about it asks for.
    ``is_theirs``: what is told to an office moves with it, an endpoint does
    not.
    """

    reader: Reader
    push: Push
    preferences: Preferences
    read_at: float
    is_theirs: bool = True


class Chosen(Protocol):
    """What readers chose."""

    async def told(self, delivery: UUID) -> Told | None:
        """What the gate asks of ``delivery``, as of now."""


class HoldLedger(Protocol):
    """Of one transaction, what it takes to let something wait; see `reader_ports.ReaderLedger`."""

    async def hold_reader(self, reader: Reader) -> None:
        """Nobody changes its preferences until the end."""

    async def layers(self, reader: Reader) -> tuple[Choices, Choices]:
        """What was chosen for it, and what it chose itself."""

    async def hold(
        self, delivery: UUID, attempt: int, wait_s: float, slot: datetime | None
    ) -> None:
        """Let it be asked again after ``wait_s`` seconds; no attempt is counted."""


async def kept_back(
    delivery: UUID, told: Told, chosen: Chosen, now: datetime, monotonic: float
) -> Withheld | Postponed | None:
    """Why ``delivery`` does not go at ``now``; None when it does."""
    if monotonic - told.read_at > FRESH_S:
        told = await chosen.told(delivery) or told
    if not told.is_theirs:
        return Withheld(MOVED)
    match may_go(told.push, told.preferences, Today(), now):
        case Drop(why):
            return Withheld(why)
        case Wait(until) | Gather(until):
            return Postponed(until)
    return None


@dataclass(frozen=True, slots=True)
class ToHold:
    """A claim that is to wait: its delivery, its fence, and what it tells."""

    delivery_id: UUID
    attempt: int
    told: Told


async def hold(ledger: HoldLedger, some: Sequence[ToHold], now: datetime) -> None:
    """Let ``some`` wait for as long as their readers want now. Whoever ends a pause holds the
    reader too, so it finds them waiting, or they find that it has ended.
    """
    by_reader: dict[Reader, list[ToHold]] = {}
    for one in some:
        by_reader.setdefault(one.told.reader, []).append(one)
    for reader in sorted(by_reader, key=lambda one: (one.party.kind, one.party.id)):
        await ledger.hold_reader(reader)
        preferences = preferences_of(*await ledger.layers(reader))
        for one in by_reader[reader]:
            passage = may_go(one.told.push, preferences, Today(), now)
            until = passage.until if isinstance(passage, Wait) else now
            wait_s = max(0.0, (until - now).total_seconds())
            await ledger.hold(one.delivery_id, one.attempt, wait_s, None)

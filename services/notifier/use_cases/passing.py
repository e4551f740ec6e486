"""Ask the gate at the moment of sending, holding the reader, and do what it says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from services.notifier.domain.choices import preferences_of
from services.notifier.domain.gate import (
    Drop,
    Gather,
    Go,
    Passage,
    Today,
    Wait,
    digest_may_go,
    may_go,
    push_of,
)
from services.notifier.domain.local_time import day_of
from services.notifier.domain.muting import Tree
from services.notifier.domain.preferences import Preferences
from services.notifier.use_cases.ports import Claimed, Ledger
from services.notifier.use_cases.reader_ports import Reader, Turn

_COUNTED = timedelta(days=2)
"""A day of a reader is at most so long, whatever its clock does."""


@dataclass(frozen=True, slots=True)
class Sent:
    """It goes now, as `going` has it."""

    going: Claimed
    preferences: Preferences


@dataclass(frozen=True, slots=True)
class Held:
    """It is asked again at ``until``."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Lost:
    """Another worker has it, or another mail tells it."""


Asked: TypeAlias = Sent | Held | Lost | Drop


async def pass_gate(ledger: Ledger, claimed: Claimed, now: datetime, tree: Tree) -> Asked:
    """Whether ``claimed`` may go at ``now``. When it may, it is counted as begun, and a digest has
    all that it tells, with this transaction. ``tree``: of the niches, as it is now.
    """
    reader = Reader(claimed.recipient.inbox, claimed.scope)
    await ledger.hold_reader(reader)
    preferences = preferences_of(*await ledger.layers(reader))
    turn = await ledger.turn(claimed.delivery_id, claimed.attempt, reader, now - _COUNTED)
    if not turn.is_mine:
        return Lost()
    passage = _passage(claimed, turn, preferences, now, tree)
    match passage:
        case Go(digest):
            return Sent(
                await _begin(ledger, claimed, turn, reader, preferences, now, digest), preferences
            )
        case Wait(until):
            slot = turn.slot
        case Gather(until):
            slot = until
        case Drop():
            return passage
    wait_s = max(0.0, (until - now).total_seconds())
    await ledger.hold(claimed.delivery_id, claimed.attempt, wait_s, slot)
    return Held(until)


def _passage(
    claimed: Claimed, turn: Turn, preferences: Preferences, now: datetime, tree: Tree
) -> Passage:
    today = _today(turn, preferences, now)
    if turn.is_digest:
        return digest_may_go(preferences, today, now)
    push = push_of(claimed.message, claimed.recipient.inbox, claimed.channel, tree)
    return may_go(push, preferences, today, now, turn.slot)


def _today(turn: Turn, preferences: Preferences, now: datetime) -> Today:
    begin, end = day_of(now, preferences.zone)
    return Today(
        sum(begin <= began < end for began in turn.begun),
        min((slot for slot in turn.slots if slot < end), default=None),
    )


async def _begin(
    ledger: Ledger,
    claimed: Claimed,
    turn: Turn,
    reader: Reader,
    preferences: Preferences,
    now: datetime,
    digest: bool,
) -> Claimed:
    delivery, attempt = claimed.delivery_id, claimed.attempt
    await ledger.begin(delivery, attempt, reader, now, digest=digest)
    recipient = claimed.recipient
    if preferences.locale is not None:
        recipient = replace(recipient, locale=preferences.locale)
    claimed = replace(claimed, recipient=recipient, zone=preferences.zone)
    if not digest:
        return claimed
    items = await ledger.gather(delivery, reader, now, anew=not turn.is_digest)
    return replace(claimed, is_digest=True, items=tuple(items))

"""Ask whether somebody may be told now what it has to know about its own systems."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.notifier.domain.choices import Choices, preferences_of
from services.notifier.domain.gate import Wait, notice_may_go
from services.notifier.domain.preferences import Preferences
from services.notifier.use_cases.reader_ports import Reader, ReaderLedger


async def ask(
    ledger: ReaderLedger,
    delivery: UUID,
    attempt: int,
    reader: Reader | None,
    defaults: Choices,
    now: datetime,
) -> Preferences | None:
    """How the reader of this notice wants to be told, when it may go at ``now``; else None, and it
    waits. Without a ``reader`` (an address that a system named) the hub's ``defaults`` hold.
    """
    if reader is None:
        preferences = preferences_of(defaults)
    else:
        await ledger.hold_reader(reader)
        preferences = preferences_of(*await ledger.layers(reader))
    passage = notice_may_go(preferences, now)
    if isinstance(passage, Wait):
        await ledger.hold(delivery, attempt, (passage.until - now).total_seconds(), None)
        return None
    return preferences

"""End mails of one kind, or begin them again, by the address that stands in them."""

from __future__ import annotations

from datetime import datetime

from services.notifier.domain.preferences import Preferences
from services.notifier.domain.unsubscribing import Mailings, mails
from services.notifier.use_cases.preferences import change, present
from services.notifier.use_cases.reader_ports import ReaderLedger


async def preferences_of(ledger: ReaderLedger, mailings: Mailings) -> Preferences:
    """How the reader of ``mailings`` is told."""
    return (await present(ledger, mailings.party, mailings.scope)).preferences


async def let_mails(
    ledger: ReaderLedger, mailings: Mailings, now: datetime, *, wanted: bool
) -> Preferences:
    """Let ``mailings`` be ``wanted`` or not; other channels stay. Doing it
    twice is doing it once.
    """
    before = await preferences_of(ledger, mailings)
    changes = mails(before, mailings.concern, wanted=wanted)
    party, scope = mailings.party, mailings.scope
    return (await change(ledger, party, changes, now, scope)).preferences

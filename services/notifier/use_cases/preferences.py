"""Show and change how somebody wants to be told.

Whoever changes holds the reader as whoever sends does, so the next message already obeys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.notifier.domain.choices import (
    NOTHING,
    BadPreferences,
    Choices,
    Wrong,
    differing,
    laid_over,
    preferences_of,
    read,
)
from services.notifier.domain.messages import Party, Scope
from services.notifier.domain.phrases import Phrase
from services.notifier.domain.preference_wording import PAUSE_IS_OVER
from services.notifier.domain.preferences import Preferences
from services.notifier.use_cases.reader_ports import Reader, ReaderLedger


@dataclass(frozen=True, slots=True)
class Chosen:
    """How somebody is told. ``chosen``: what it chose itself; the rest follows the hub."""

    preferences: Preferences
    chosen: Choices


async def present(ledger: ReaderLedger, party: Party, scope: Scope | None = None) -> Chosen:
    """How ``party`` is told; with a ``scope`` the contact of that item, who is another reader."""
    given, chosen = await ledger.layers(Reader(party, scope))
    return Chosen(preferences_of(given, chosen), chosen)


async def change(
    ledger: ReaderLedger,
    party: Party,
    changes: Mapping[str, object],
    now: datetime,
    scope: Scope | None = None,
) -> Chosen:
    """Let ``party`` be told as ``changes`` say, from the next message on.

    ``changes``: as JSON has them, see `domain.choices`; a field that is left out stays, None takes
    the own choice back. What waits to go is asked anew. Changing nothing changes nothing. Raises
    `BadPreferences`, and then nothing is changed.

    A mail is switched off by ``{"channels": []}`` or, for one concern, by
    ``{"channels": {"news": []}}``.
    """
    wanted = read(changes)
    return await _store(ledger, Reader(party, scope), now, lambda _, own: laid_over(own, wanted))


async def replace(
    ledger: ReaderLedger,
    party: Party,
    choices: Mapping[str, object],
    now: datetime,
    scope: Scope | None = None,
) -> Chosen:
    """As `change`, and what ``choices`` leave out follows the hub again."""
    wanted = laid_over(NOTHING, read(choices))
    return await _store(ledger, Reader(party, scope), now, lambda *_: wanted)


async def settle(
    ledger: ReaderLedger,
    party: Party,
    wanted: Mapping[str, object],
    now: datetime,
    scope: Scope | None = None,
) -> Chosen:
    """As `change`, but what is as the hub has it anyway is no choice: a form sends all its fields,
    and who changes one does not decide about the others.
    """
    chosen = read(wanted)

    def over(given: Choices, own: Choices) -> Choices:
        return laid_over(own, differing(chosen, preferences_of(given)))

    return await _store(ledger, Reader(party, scope), now, over)


async def resume(
    ledger: ReaderLedger, party: Party, now: datetime, scope: Scope | None = None
) -> Chosen:
    """End the pause of ``party`` at ``now``, whoever chose it."""

    def over(given: Choices, own: Choices) -> Choices:
        without = laid_over(own, {"paused_until": None})
        if preferences_of(given, without).pause_at(now) is None:
            return without
        # What the hub or its system chose for it stays theirs: its own word is that it is over.
        return laid_over(own, {"paused_until": now.isoformat()})

    reader = Reader(party, scope)
    await ledger.hold_reader(reader)
    given, before = await ledger.layers(reader)
    return await _put(ledger, reader, given, before, over(given, before), now)


def _must_lie_ahead(wanted: object, before: object, now: datetime) -> None:
    """Raise `BadPreferences` for a new pause that is over already: it would silence nothing, and
    who chose it thinks that it does.
    """
    if isinstance(wanted, str) and wanted != before and datetime.fromisoformat(wanted) <= now:
        raise BadPreferences((Wrong("paused_until", Phrase(PAUSE_IS_OVER)),))


async def _store(
    ledger: ReaderLedger,
    reader: Reader,
    now: datetime,
    over: Callable[[Choices, Choices], Choices],
) -> Chosen:
    await ledger.hold_reader(reader)
    given, before = await ledger.layers(reader)
    after = over(given, before)
    _must_lie_ahead(after.get("paused_until"), before.get("paused_until"), now)
    return await _put(ledger, reader, given, before, after, now)


async def _put(
    ledger: ReaderLedger,
    reader: Reader,
    given: Choices,
    before: Choices,
    after: Choices,
    now: datetime,
) -> Chosen:
    if after != before:
        await ledger.choose(reader, after, now)
    return Chosen(preferences_of(given, after), after)

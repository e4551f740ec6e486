"""Open an inbox by its link, and take the answers given there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.notifier.domain.answers import Confirmation, Given
from services.notifier.domain.choices import preferences_of
from services.notifier.domain.exceptions import (
    AlreadyAnswered,
    LinkExpired,
    UnknownEntry,
    UnknownMember,
)
from services.notifier.domain.links import Link, verify
from services.notifier.domain.messages import Party
from services.notifier.domain.standing import must_be_open
from services.notifier.use_cases.ports import Known, Ledger
from services.notifier.use_cases.reader_ports import Reader


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who holds a good link."""

    party: Party
    known: Known
    link: Link


async def admit(ledger: Ledger, token: str, secret: bytes, now: datetime) -> Visitor:
    """Who ``token`` lets in. Raises `ForgedLink`, or `LinkExpired` also when it was revoked."""
    link = verify(token, secret, now)
    known = (await ledger.known([link.party])).get(link.party)
    if known is None or known.link_epoch != link.epoch:
        raise LinkExpired
    if link.scope is not None:
        # The contact of one item has chosen for itself.
        layers = await ledger.layers(Reader(link.party, link.scope))
        known = replace(known, preferences=preferences_of(*layers))
    return Visitor(link.party, known, link)


async def speak(
    ledger: Ledger, visitor: Visitor, entry_id: UUID, given: Given, now: datetime
) -> None:
    """Record what the visitor says on one of its entries, once, with its event.

    Raises `UnknownEntry`, `UnknownMember`, `AlreadyAnswered` or `ProposalClosed`.
    """
    asked = await ledger.asked(entry_id, visitor.party, visitor.link.scope)
    if asked is None:
        raise UnknownEntry
    if isinstance(given, Confirmation):
        await _must_be_known(ledger, given.added)
    must_be_open(given.act, asked.message, asked.standing, visitor.party, now)
    if not await ledger.say(asked, visitor.party, given, now):
        raise AlreadyAnswered


async def _must_be_known(ledger: Ledger, added: Sequence[str]) -> None:
    """Raise `UnknownMember` rather than let a misspelt name go unheard."""
    members = {Party("member", one) for one in added}
    known = await ledger.known(members)
    if not all(member in known and known[member].active for member in members):
        raise UnknownMember

"""Reads, claims and transactions of the notifier's database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.notifier.adapters.events import restore
from services.notifier.adapters.gathering import GatheringLedger
from services.notifier.adapters.postgres_ledger import PostgresLedger
from services.notifier.adapters.sql_files import statement
from services.notifier.adapters.standings import standing_of
from services.notifier.adapters.vault import cards_of, holds_of
from services.notifier.domain.choices import NOTHING, Choices
from services.notifier.domain.introductions import (
    can_be_reached,
    introduced_to,
    shown_of,
    tells_contact,
)
from services.notifier.domain.messages import Party, Recipient, Scope
from services.notifier.use_cases.ports import Claimed, Entry
from services.runtime.database import Database

_CLAIM = statement("claim_deliveries")
_CLAIM_PUSHES = statement("claim_pushes")
_RELEASE = statement("release_deliveries")
_WAITING = statement("waiting_deliveries")
_ENTRIES = statement("inbox_entries")
_MAKE_SECRET = statement("make_secret")
_PUT_SECRET = statement("put_secret")
_PURGE = statement("purge_deliveries")
_PURGED_AT_ONCE = 1_000
_LONGEST_INBOX = 200
NOBODY: Mapping[str, int] = {}
_MOST_MEMBERS = 1_000


class Store:
    """Reads, claims and transactions of the notifier's database. ``defaults``: how all are told
    who chose nothing, over those of `Preferences`.
    """

    def __init__(self, database: Database, defaults: Choices = NOTHING) -> None:
        self.database = database
        self.defaults = defaults

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresLedger]:
        """A ledger whose writes commit together."""
        async with self.database.transaction() as connection:
            yield PostgresLedger(connection, self.defaults)

    @asynccontextmanager
    async def gathering(self) -> AsyncIterator[GatheringLedger]:
        """The same, for many pieces of work."""
        async with self.database.transaction() as connection:
            ledger = GatheringLedger(connection, self.defaults)
            yield ledger
            await ledger.publish_gathered()

    async def claim(
        self, limit: int, lease_s: float, _held: Mapping[str, int] = NOBODY
    ) -> list[Claimed]:
        """Up to ``limit`` mails that are due, held for ``lease_s`` seconds; no other channel's.
        They have one lane, for they go to one server.
        """
        rows = await self.database.pool.fetch(_CLAIM, limit, lease_s)
        return [await self._with_cards(_claimed(row)) for row in rows]

    async def release(self, claims: Sequence[tuple[UUID, int]]) -> None:
        """Give back what was claimed (its id and attempt) and not begun."""
        if claims:
            names, attempts = zip(*claims, strict=True)
            await self.database.pool.execute(_RELEASE, list(names), list(attempts))

    async def claim_pushes(
        self, limit: int, lease_s: float, held: Mapping[str, int], of_lane: int
    ) -> list[Claimed]:
        """The same of pushes, which carry nobody's contact data; of each lane at most ``of_lane``
        less what is ``held`` of it.
        """
        rows = await self.database.pool.fetch(
            _CLAIM_PUSHES, limit, lease_s, "push", of_lane, list(held), list(held.values())
        )
        return [replace(_claimed(row), lane=row["lane"]) for row in rows]

    async def _with_cards(self, claimed: Claimed) -> Claimed:
        """An introduction with the contact data of whom it names; anything else as it is."""
        if not tells_contact(claimed.message):
            return claimed
        found = introduced_to(claimed.standing, claimed.recipient.inbox)
        return replace(claimed, cards=await cards_of(self.database.pool, [found]))

    async def purge(self, keep: timedelta) -> int:
        """Delete what finished longer ago than ``keep`` (since the last time: what may be gone is
        planned by nobody by then); how many went. In portions, so that nobody waits for it.
        """
        deleted = 0
        while portion := await self.database.pool.fetch(_PURGE, _PURGED_AT_ONCE):
            deleted += len(portion)
        await self.database.pool.execute(
            "UPDATE deliveries_purged"
            " SET until = greatest(until, clock_timestamp() - $1::interval)",
            keep,
        )
        return deleted

    async def waiting(self) -> tuple[int, float]:
        """How many mails wait, and the age of the oldest in seconds."""
        row = await self.database.pool.fetchrow(_WAITING)
        return (row["waiting"], row["oldest"]) if row else (0, 0.0)

    async def entries(self, party: Party, scope: Scope | None = None) -> list[Entry]:
        """What stands in the inbox of ``party`` (within ``scope``), newest first, at most 200;
        with the contact data of those it is introduced to, and whether there is any of its own.
        """
        named = (scope.kind, scope.id) if scope else (None, None)
        pool = self.database.pool
        rows = await pool.fetch(_ENTRIES, party.kind, party.id, _LONGEST_INBOX, *named)
        entries = [
            Entry(
                row["entry_id"],
                restore(row["message"], row["content"]),
                row["created_at"],
                standing_of(row),
            )
            for row in rows
        ]
        met = [introduced_to(entry.standing, party) for entry in entries]
        cards = await cards_of(pool, met)
        own = [shown_of(entry.standing, party) for entry in entries]
        holds = await holds_of(pool, own)
        return [
            replace(
                entry,
                cards={place: cards[place] for place in one.places if place in cards}
                if one
                else {},
                is_reachable=mine is None or can_be_reached(mine, holds),
            )
            for entry, one, mine in zip(entries, met, own, strict=True)
        ]

    async def members(self) -> list[tuple[str, str]]:
        """Id and name of the active members, by name, at most 1,000."""
        rows = await self.database.pool.fetch(
            "SELECT id, name FROM recipients WHERE kind = 'member' AND active AND name <> ''"
            " ORDER BY name, id LIMIT $1",
            _MOST_MEMBERS,
        )
        return [(row["id"], row["name"]) for row in rows]

    async def link_epoch(self, party: Party) -> int:
        """The epoch of the links that open the inbox of ``party``; makes the inbox if needed."""
        async with self.transaction() as ledger:
            await ledger.put_recipients([Recipient(party.kind, party.id)])
            return (await ledger.known([party]))[party].link_epoch

    async def revoke_links(self, party: Party) -> None:
        """Let no link that was given to ``party`` so far open its inbox again."""
        await self.database.pool.execute(
            "UPDATE recipients SET link_epoch = link_epoch + 1 WHERE kind = $1 AND id = $2",
            party.kind,
            party.id,
        )

    async def secret(self, name: str, fresh: bytes) -> bytes:
        """The secret ``name``, made from ``fresh`` when there is none yet."""
        await self.database.pool.execute(_MAKE_SECRET, name, fresh)
        return await self.kept_secret(name) or fresh

    async def kept_secret(self, name: str) -> bytes | None:
        """The secret ``name``; None when there is none."""
        value = await self.database.pool.fetchval("SELECT value FROM secrets WHERE name = $1", name)
        return None if value is None else bytes(value)

    async def put_secret(self, name: str, value: bytes) -> None:
        """Make ``value`` the secret ``name``."""
        await self.database.pool.execute(_PUT_SECRET, name, value)


def _claimed(row: Mapping[str, Any]) -> Claimed:
    recipient = Recipient(row["recipient_kind"], row["recipient_id"], row["name"], row["locale"])
    return Claimed(
        row["delivery_id"],
        recipient,
        restore(row["message"], row["content"]),
        row["attempt"],
        row["created_at"],
        row["link_epoch"],
        standing_of(row),
        Scope(row["scope_kind"], row["scope_id"]) if row["scope_kind"] else None,
        row["contact_name"],
        row["email"],
        channel=row["channel"],
        holds=row["holds"],
        is_digest=row["digest"] is not None,
    )

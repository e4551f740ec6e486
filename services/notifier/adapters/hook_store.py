"""Webhooks in PostgreSQL: planned, claimed by lanes, recorded in batches."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from services.notifier.adapters.hook_bodies import Hook, test_hook
from services.notifier.adapters.hook_rows import (
    claim_of,
    event_of,
    fare_row,
    hook_row,
    result_row,
    told_of,
)
from services.notifier.adapters.postgres_readers import PostgresReaders
from services.notifier.adapters.publishing import publish
from services.notifier.adapters.spoken import attempted
from services.notifier.adapters.sql_files import statement
from services.notifier.domain.choices import NOTHING, Choices
from services.notifier.domain.identity import hook_id
from services.notifier.domain.muting import FLAT, Tree
from services.notifier.domain.webhooks import Health, SwitchOff
from services.notifier.use_cases.hook_gate import Told
from services.notifier.use_cases.hooks import Attempted, HookClaim
from services.runtime.database import Database
from services.runtime.endpoints.book import Owner

WAKE = "jisr_notifier_deliveries"
_ENDPOINTS_OF = statement("endpoints_of")
_PUT = statement("put_hooks")
_CLAIM = statement("claim_hooks")
_TOLD_NOW = statement("hook_told_now")
_FINISH = statement("finish_hooks")
_RELEASE = statement("release_hooks")
_FARE = statement("endpoint_fares")
_SWITCH_OFF = statement("switch_off_endpoint")
_ORDERS = statement("take_orders")
_REPLAY = statement("replay_hooks")
_BY_CONTENT = frozenset({"least_score", "muted_cities", "muted_niches"})


class PostgresHooks(PostgresReaders):
    """The writes of one transaction; see `use_cases.hooks.HookLedger`."""

    async def put(self, hooks: Sequence[Hook]) -> int:
        """Plan each of ``hooks`` for every endpoint of its owner that wants it, once; how many are
        new. Wakes the senders when it commits.
        """
        owners = list({one.owner for one in hooks})
        if not owners:
            return 0
        endpoints = await self._connection.fetch(
            _ENDPOINTS_OF, [one.kind for one in owners], [one.id for one in owners]
        )
        rows = {
            row["delivery_id"]: row
            for one in hooks
            for endpoint in endpoints
            if (row := hook_row(one, endpoint)) is not None
        }
        if not rows:
            return 0
        stored = await self._connection.fetch(_PUT, list(rows.values()))
        await self._connection.execute("SELECT pg_notify($1, '')", WAKE)
        return len(stored)

    async def finish(self, attempts: Sequence[Attempted], now: datetime) -> set[UUID]:
        """Record results; those that count, as no later claim has taken them over."""
        rows = [result_row(one, now) for one in attempts]
        found = await self._connection.fetch(_FINISH, rows)
        return {row["delivery_id"] for row in found}

    async def report(self, attempts: Sequence[Attempted], now: datetime) -> None:
        """Publish results on ``jisr.deliveries.v1`` with this transaction."""
        await publish(self._connection, [attempted(event_of(one, now)) for one in attempts])

    async def failing_since(self, endpoint_ids: Sequence[str]) -> dict[str, datetime | None]:
        """Since when each (locked until the end) has failed; without those that are off."""
        rows = await self._connection.fetch(
            "SELECT endpoint_id, failing_since FROM vault.endpoints"
            " WHERE endpoint_id = ANY ($1::text[]) AND state = 'on'"
            " ORDER BY endpoint_id FOR UPDATE",
            list(endpoint_ids),
        )
        return {row["endpoint_id"]: row["failing_since"] for row in rows}

    async def fare(self, healths: Sequence[tuple[str, Health]], now: datetime) -> None:
        """Write down how endpoints fare, and switch off those that are to be: what waits for such
        a one has failed, and its owner is written to.
        """
        rows = [
            fare_row(name, one) for name, one in sorted(healths) if not isinstance(one, SwitchOff)
        ]
        if rows:
            await self._connection.execute(_FARE, rows)
        for name, one in healths:
            if isinstance(one, SwitchOff):
                identifier = hook_id("endpoint-off", name, now.isoformat())
                await self._connection.execute(
                    _SWITCH_OFF, name, one.because, one.since, one.detail, identifier
                )
                await self._connection.execute("SELECT pg_notify($1, '')", WAKE)

    async def carry_out(self, now: datetime) -> int:
        """Do what owners have asked for: tests and replays; how many orders there were."""
        orders = await self._connection.fetch(_ORDERS)
        for order in sorted(orders, key=lambda one: int(one["order_id"])):
            if order["what"] == "replay":
                await self._connection.execute(_REPLAY, order["endpoint_id"], order["since"])
            else:
                await self._test(order["endpoint_id"], order["order_id"], now)
        if orders:
            await self._connection.execute("SELECT pg_notify($1, '')", WAKE)
        return len(orders)

    async def _test(self, endpoint_id: str, order_id: int, now: datetime) -> None:
        row = await self._connection.fetchrow(
            "SELECT endpoint_id, owner_kind, owner_id, channel, lane, state,"
            " '{}'::text[] AS wants FROM vault.endpoints WHERE endpoint_id = $1",
            endpoint_id,
        )
        if row is not None:
            owner = Owner(row["owner_kind"], row["owner_id"])
            hook = test_hook(owner, endpoint_id, row["channel"], order_id, now)
            planned = hook_row(hook, row)
            await self._connection.fetch(_PUT, [planned])


class HookStore:
    """Claims and transactions about webhooks. ``defaults``: see `Store`; ``tree``: of the niches,
    which is looked up anew for each.
    """

    def __init__(self, database: Database, defaults: Choices = NOTHING, tree: Tree = FLAT) -> None:
        self.database = database
        self.defaults = defaults
        self.tree = tree

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresHooks]:
        """A ledger whose writes commit together."""
        async with self.database.transaction() as connection:
            yield PostgresHooks(connection, self.defaults)

    async def claim(
        self, channel: str, limit: int, lease_s: float, of_lane: int, held: Mapping[str, int]
    ) -> list[HookClaim]:
        """Up to ``limit`` that are due, held for ``lease_s`` seconds; of each lane at most
        ``of_lane`` less what is ``held`` of it.
        """
        rows = await self.database.pool.fetch(
            *(_CLAIM, limit, lease_s, channel, of_lane, list(held), list(held.values())),
            self._chose,
        )
        read_at = time.monotonic()
        return [claim_of(row, told_of(row, self.defaults, read_at, self.tree)) for row in rows]

    async def told(self, delivery: UUID) -> Told | None:
        """What the gate asks of ``delivery``, as of now."""
        row = await self.database.pool.fetchrow(_TOLD_NOW, delivery, self._chose)
        if row is None:
            return None
        return told_of(row, self.defaults, time.monotonic(), self.tree)

    @property
    def _chose(self) -> bool:
        """Whether the hub chose for all what can only be judged by what a message says."""
        return not _BY_CONTENT.isdisjoint(self.defaults)

    async def release(self, claims: Sequence[HookClaim]) -> None:
        """Give back what was claimed and not begun."""
        await self.database.pool.execute(
            _RELEASE, [one.delivery_id for one in claims], [one.attempt for one in claims]
        )

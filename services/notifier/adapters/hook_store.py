"""Webhooks in PostgreSQL: planned, claimed by lanes, recorded in batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.delivery import Delivery
from services.notifier.adapters.hook_bodies import Hook, test_hook
from services.notifier.adapters.publishing import publish
from services.notifier.adapters.spoken import attempted
from services.notifier.adapters.sql_files import statement
from services.notifier.domain.attempts import Retry
from services.notifier.domain.identity import hook_id
from services.notifier.domain.webhooks import Failing, Health, SwitchOff
from services.notifier.use_cases.hooks import Attempted, HookClaim
from services.runtime.database import Connection, Database
from services.runtime.endpoints.book import Owner

WAKE = "jisr_notifier_deliveries"
_ENDPOINTS_OF = statement("endpoints_of")
_PUT = statement("put_hooks")
_CLAIM = statement("claim_hooks")
_FINISH = statement("finish_hooks")
_RELEASE = statement("release_hooks")
_FARE = statement("endpoint_fares")
_SWITCH_OFF = statement("switch_off_endpoint")
_ORDERS = statement("take_orders")
_REPLAY = statement("replay_hooks")


class PostgresHooks:
    """The writes of one transaction; see `use_cases.hooks.HookLedger`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
            if (row := _row(one, endpoint)) is not None
        }
        if not rows:
            return 0
        stored = await self._connection.fetch(_PUT, list(rows.values()))
        await self._connection.execute("SELECT pg_notify($1, '')", WAKE)
        return len(stored)

    async def finish(self, attempts: Sequence[Attempted], now: datetime) -> set[UUID]:
        """Record results; those that count, as no later claim has taken them over."""
        rows = [_result(one, now) for one in attempts]
        found = await self._connection.fetch(_FINISH, rows)
        return {row["delivery_id"] for row in found}

    async def report(self, attempts: Sequence[Attempted], now: datetime) -> None:
        """Publish results on ``jisr.deliveries.v1`` with this transaction."""
        await publish(self._connection, [attempted(_event(one, now)) for one in attempts])

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
        rows = [_fare(name, one) for name, one in sorted(healths) if not isinstance(one, SwitchOff)]
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
            planned = _row(hook, row)
            await self._connection.fetch(_PUT, [planned])


class HookStore:
    """Claims and transactions about webhooks."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresHooks]:
        """A ledger whose writes commit together."""
        async with self.database.transaction() as connection:
            yield PostgresHooks(connection)

    async def claim(
        self, channel: str, limit: int, lease_s: float, of_lane: int, held: Mapping[str, int]
    ) -> list[HookClaim]:
        """Up to ``limit`` that are due, held for ``lease_s`` seconds; of each lane at most
        ``of_lane`` less what is ``held`` of it.
        """
        rows = await self.database.pool.fetch(
            _CLAIM, channel, limit, lease_s, of_lane, list(held), list(held.values())
        )
        return [_claim(row) for row in rows]

    async def release(self, claims: Sequence[HookClaim]) -> None:
        """Give back what was claimed and not begun."""
        await self.database.pool.execute(
            _RELEASE, [one.delivery_id for one in claims], [one.attempt for one in claims]
        )


def _row(hook: Hook, endpoint: Mapping[str, Any]) -> dict[str, Any] | None:
    """The planned delivery of ``hook`` to ``endpoint``; None when it does not want it."""
    if (endpoint["owner_kind"], endpoint["owner_id"]) != (hook.owner.kind, hook.owner.id):
        return None
    if endpoint["channel"] != hook.channel:
        return None
    if endpoint["wants"] and hook.type not in endpoint["wants"]:
        return None
    return {
        "delivery_id": str(hook_id(*hook.subject, endpoint["endpoint_id"])),
        "entry_id": str(hook.entry_id) if hook.entry_id else None,
        "owner_kind": hook.owner.kind,
        "owner_id": hook.owner.id,
        "channel": endpoint["channel"],
        "message": hook.message,
        "match_id": hook.match_id,
        "need_id": hook.need_id,
        "locale": hook.locale,
        "wait_s": hook.wait_s,
        "slot": hook.slot.isoformat() if hook.slot else None,
        "content": hook.body,
        "endpoint_id": endpoint["endpoint_id"],
        "lane": endpoint["lane"],
        "is_on": endpoint["state"] == "on",
    }


def _claim(row: Mapping[str, Any]) -> HookClaim:
    secrets = [bytes(one) for one in (row["secret"], row["old_secret"]) if one is not None]
    return HookClaim(
        row["delivery_id"],
        row["recipient_kind"],
        row["recipient_id"],
        row["channel"],
        row["endpoint_id"],
        row["lane"],
        row["attempt"],
        row["tries"],
        row["message"],
        row["match_id"],
        row["need_id"],
        row["locale"],
        row["body"],
        row["url"],
        tuple(secrets),
        row["state"] == "on",
        row["failing_since"],
        row["last_ok_at"],
    )


def _result(one: Attempted, now: datetime) -> dict[str, Any]:
    verdict = one.verdict
    return {
        "delivery_id": str(one.claim.delivery_id),
        "attempt": one.claim.attempt,
        "state": "waiting" if isinstance(verdict, Retry) else one.result,
        "detail": verdict.detail,
        "wait_s": (verdict.at - now).total_seconds() if isinstance(verdict, Retry) else None,
    }


def _fare(name: str, one: Health) -> dict[str, Any]:
    failing = one if isinstance(one, Failing) else None
    return {
        "endpoint_id": name,
        "failing_since": failing.since.isoformat() if failing else None,
        "failure": failing.detail if failing else None,
    }


def _event(one: Attempted, now: datetime) -> Delivery:
    claim = one.claim
    return Delivery.model_validate(
        {
            "delivery_id": str(claim.delivery_id),
            "recipient_kind": claim.owner_kind,
            "recipient_id": claim.owner_id,
            "channel": claim.channel,
            "endpoint_id": claim.endpoint_id,
            "message": claim.message,
            "match_id": claim.match_id,
            "need_id": claim.need_id,
            "locale": claim.locale,
            "state": one.result,
            "attempt": claim.tries + 1,
            "detail": one.verdict.detail,
            "at": now,
        }
    )

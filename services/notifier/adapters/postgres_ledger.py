"""Writes to PostgreSQL, within one transaction. The statements are in ``sql/``, one a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notifier.adapters.events import restore
from services.notifier.adapters.hook_bodies import Hook, told_hook
from services.notifier.adapters.hook_hearers import heard_of
from services.notifier.adapters.hook_store import PostgresHooks
from services.notifier.adapters.postgres_readers import CHANNEL, PostgresReaders, published_of
from services.notifier.adapters.publishing import publish
from services.notifier.adapters.rows import delivery_row, entry_row, state_of
from services.notifier.adapters.spoken import attempted, delivery_event, said_id, spoken
from services.notifier.adapters.sql_files import statement
from services.notifier.adapters.standings import standing_of
from services.notifier.domain.answers import Given, Question, Reply
from services.notifier.domain.attempts import Delivered, Failed, Retry, Verdict
from services.notifier.domain.choices import preferences_of
from services.notifier.domain.messages import (
    Party,
    Recipient,
    Scope,
)
from services.notifier.domain.routing import Planned
from services.notifier.domain.standing import about
from services.notifier.use_cases.ports import Asked, Claimed, Known, News, Report, Unheard

_KNOWN = """
SELECT r.kind, r.id, r.name, r.locale, r.channels, r.published, r.active, r.link_epoch,
    coalesce(p.chosen, '{}') AS chosen
FROM recipients AS r
JOIN unnest($1::text[], $2::text[]) AS asked(kind, id) USING (kind, id)
LEFT JOIN preferences AS p ON p.kind = r.kind AND p.id = r.id AND p.scope_kind = ''
"""
_PUT_RECIPIENTS = statement("put_recipients")
_PUT_MEMBERS = statement("put_members")
_TOLD_OTHERWISE = statement("members_told_otherwise")
_PUT_ENTRIES = statement("put_entries")
_PUT_DELIVERIES = statement("put_deliveries")
_FINISH = statement("finish_delivery")
_FARE = statement("push_fares")
_LOCK_ENTRY = statement("lock_entry")
_PUT_SAID = statement("put_said")
_PUT_MATCHES = statement("put_matches")
_PUT_NEEDS = statement("put_needs")
_MOVE_OFFICES = statement("move_offices")
_PUT_DECIDED = statement("put_decided")
_UNHEARD = statement("unheard_notes")
_SEND_AGAIN = statement("send_again")


class PostgresLedger(PostgresReaders):
    """The writes of one transaction; see `use_cases.ports.Ledger`."""

    async def known(self, parties: Iterable[Party]) -> dict[Party, Known]:
        """Those of ``parties`` that were heard of."""
        asked = list(parties)
        if not asked:
            return {}
        rows = await self._connection.fetch(_KNOWN, [p.kind for p in asked], [p.id for p in asked])
        return {
            Party(row["kind"], row["id"]): Known(
                row["name"],
                row["locale"],
                preferences_of(self._defaults, published_of(row), row["chosen"]),
                row["active"],
                row["link_epoch"],
            )
            for row in rows
        }

    async def put_members(self, members: Sequence[Mapping[str, Any]]) -> None:
        """Store what members say of themselves, each at its newest version. What waits for one that
        wants to be told otherwise is asked anew.
        """
        newest: dict[str, Mapping[str, Any]] = {}
        for member in members:
            present = newest.get(member["id"])
            if present is None or present["version"] < member["version"]:
                newest[member["id"]] = member
        rows = [newest[one] for one in sorted(newest)]
        newer = await self._connection.fetch(_TOLD_OTHERWISE, rows)
        await self._connection.execute(_PUT_MEMBERS, rows)
        for row in newer:
            if row["otherwise"]:
                await self.ask_anew(Party("member", row["id"]))

    async def put_recipients(self, recipients: Iterable[Recipient]) -> None:
        """Make sure that each has an inbox."""
        by_inbox = {one.inbox: one for one in recipients}
        if by_inbox:
            await self._connection.execute(
                _PUT_RECIPIENTS,
                [party.kind for party in by_inbox],
                [party.id for party in by_inbox],
                [one.name for one in by_inbox.values()],
                [one.locale for one in by_inbox.values()],
            )

    async def put_entries(self, entries: Sequence[tuple[Planned, News]]) -> dict[UUID, bool]:
        """The entries that changed, with True for those that are new."""
        rows = [entry_row(planned, news) for planned, news in entries]
        if not rows:
            return {}
        changed = await self._connection.fetch(_PUT_ENTRIES, rows)
        return {row["entry_id"]: row["is_new"] for row in changed}

    async def put_deliveries(
        self, deliveries: Sequence[tuple[Planned, News]], now: datetime
    ) -> set[UUID]:
        """Store what was not planned before and wake the senders when it commits."""
        rows = {one.delivery_id: delivery_row(one, news, now) for one, news in deliveries}
        if not rows:
            return set()
        stored = await self._connection.fetch(_PUT_DELIVERIES, list(rows.values()))
        if any(row["state"] == "waiting" for row in stored):
            await self._connection.execute("SELECT pg_notify($1, '')", CHANNEL)
        return {row["delivery_id"] for row in stored}

    async def report(self, reports: Sequence[Report], now: datetime) -> None:
        """Publish results on ``jisr.deliveries.v1`` with this transaction."""
        await publish(self._connection, [attempted(delivery_event(one, now)) for one in reports])

    async def put_decided(self, decided: Sequence[tuple[str, datetime]]) -> None:
        """Remember when the newest decision about each need was made."""
        if decided:
            await self._connection.execute(
                _PUT_DECIDED, [need for need, _ in decided], [moment for _, moment in decided]
            )

    async def unheard(
        self, offices: Sequence[tuple[str, str]], cluster: str, limit: int
    ) -> list[Unheard]:
        """What is still true and reaches somebody of ``offices`` now, held until the end."""
        names, members = [one[0] for one in offices], [one[1] for one in offices]
        rows = await self._connection.fetch(_UNHEARD, limit, names, members, cluster)
        return [
            Unheard(
                row["delivery_id"],
                row["member_id"],
                News(restore(row["message"], row["content"]), row["content"]),
            )
            for row in rows
        ]

    async def send_again(self, deliveries: Sequence[UUID]) -> None:
        """Let these mails go out now, under the ids that they have."""
        if deliveries:
            await self._connection.execute(_SEND_AGAIN, list(deliveries))
            await self._connection.execute("SELECT pg_notify($1, '')", CHANNEL)

    async def told_later(self, deliveries: Sequence[UUID]) -> None:
        """Remember that these notes, which were for nobody, have been told to somebody."""
        await self._connection.execute(
            "UPDATE deliveries SET content = NULL, detail = detail || '; told later'"
            " WHERE delivery_id = ANY ($1::uuid[])",
            list(deliveries),
        )

    async def finish(self, claimed: Claimed, verdict: Verdict, now: datetime) -> bool:
        """Record a result; False when a later attempt has taken the delivery over."""
        wait_s = (verdict.at - now).total_seconds() if isinstance(verdict, Retry) else None
        state = state_of(claimed, verdict)
        found = await self._connection.fetchval(
            _FINISH, claimed.delivery_id, claimed.attempt, state, verdict.detail, wait_s
        )
        if found is not None and claimed.channel == "push" and not isinstance(verdict, Failed):
            # One that is given up was refused before, or was not to go at all.
            taken = isinstance(verdict, Delivered)
            await self._connection.execute(_FARE, claimed.delivery_id, taken, verdict.detail)
        return found is not None

    async def move(self, holders: Sequence[tuple[str, str]]) -> int:
        """Give the open entries of each office to the member that holds it; how many moved."""
        if not holders:
            return 0
        offices, members = [one[0] for one in holders], [one[1] for one in holders]
        return len(await self._connection.fetch(_MOVE_OFFICES, offices, members))

    async def put_matches(self, matches: Sequence[Mapping[str, Any]]) -> None:
        """Remember each match (its event's data) in its newest state."""
        await self._put_newest(_PUT_MATCHES, "match_id", matches, lambda one: one["match_id"])

    async def put_needs(self, needs: Sequence[Mapping[str, Any]]) -> None:
        """Remember each need (its event's data) in its newest state."""
        await self._put_newest(_PUT_NEEDS, "need_id", needs, lambda one: one["need"]["id"])

    async def put_hooks(self, hooks: Sequence[Hook]) -> None:
        """Plan what is said to endpoints; the entries about the same are stored by now."""
        fresh = await heard_of(self._connection, hooks)
        await PostgresHooks(self._connection).put(fresh)

    async def announce(self, entries: Sequence[tuple[Planned, News]], now: datetime) -> None:
        """Tell the endpoints of whoever these new entries are for."""
        hooks = [
            told_hook(item.message, one, now) for one, item in entries if one.entry_id is not None
        ]
        await self.put_hooks(hooks)

    async def _put_newest(
        self,
        sql: str,
        name: str,
        items: Sequence[Mapping[str, Any]],
        key: Callable[[Mapping[str, Any]], str],
    ) -> None:
        newest: dict[str, Mapping[str, Any]] = {}
        for item in items:
            if key(item) not in newest or newest[key(item)]["version"] < item["version"]:
                newest[key(item)] = item
        rows = [
            {name: one, "version": item["version"], "content": dict(item)}
            for one, item in sorted(newest.items())
        ]
        if rows:
            await self._connection.execute(sql, rows)

    async def asked(self, entry_id: UUID, party: Party, scope: Scope | None) -> Asked | None:
        """What was told, locked until the end of the transaction; None when it is not there, or
        not within ``scope``.
        """
        named = (scope.kind, scope.id) if scope else (None, None)
        row = await self._connection.fetchrow(_LOCK_ENTRY, entry_id, party.kind, party.id, *named)
        if row is None:
            return None
        return Asked(restore(row["message"], row["content"]), standing_of(row))

    async def say(self, asked: Asked, party: Party, given: Given, now: datetime) -> bool:
        """Store what was said and publish it on ``jisr.responses.v1``; False when said before."""
        stored = await self._connection.fetchval(
            _PUT_SAID,
            said_id(asked, party, given),
            party.kind,
            party.id,
            given.act,
            about(given.act, asked.message),
            getattr(given, "reason", None),
            given.text if isinstance(given, Question | Reply) else "",
            now,
        )
        if stored is None:
            return False
        await publish(self._connection, [spoken(asked, party, given, now)])
        return True

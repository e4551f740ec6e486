"""Facts, their events, the vault and the status view in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from schemas.match import Decision, Match
from schemas.rejection import Rejection
from schemas.topics import REJECTIONS
from services.intake.adapters.events import event_of
from services.intake.adapters.keys import speaker_of
from services.intake.domain.facts import Contact, Draft, Fact, Kind, Order, Ref
from services.intake.domain.fitness import Known
from services.intake.domain.speakers import Speaker
from services.intake.use_cases import Standing
from services.runtime import outbox, telemetry
from services.runtime.database import Connection

SOURCE = "/jisr/intake"
"""The CloudEvents source of what intake publishes."""


def _sql(name: str) -> str:
    return (Path(__file__).parent / f"{name}.sql").read_text()


_RESERVE = _sql("reserve_facts")
_LOCK = _sql("lock_facts")
_SAVE = _sql("save_fact")
_KEEP_CONTACT = _sql("keep_contact")
_APPLY_MATCH = _sql("apply_match")
_APPLY_DECISION = _sql("apply_decision")
_STANDINGS = _sql("standings")
_PAGE = _sql("page_facts")
_KNOWN = _sql("known_entries")


class PostgresStore:
    """`use_cases.Store` on one connection, which is inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lock(self, orders: Sequence[Order]) -> dict[Ref, Fact]:
        """See `use_cases.Store.lock`. Rows are made first for what may be new."""
        drafts = [order for order in orders if isinstance(order, Draft)]
        if drafts:
            await self._connection.execute(
                _RESERVE,
                [draft.kind for draft in drafts],
                [draft.id for draft in drafts],
                [draft.speaker.source for draft in drafts],
                [draft.external_id for draft in drafts],
            )
        rows = await self._connection.fetch(
            _LOCK, [order.kind for order in orders], [order.id for order in orders]
        )
        facts = [_fact(row) for row in rows]
        return {fact.ref: fact for fact in facts if fact.version > 0}

    async def known(self, entries: Collection[str]) -> Known:
        """See `use_cases.Store.known`. Whoever names nothing needs no look."""
        if not entries:
            return Known()
        row = await self._connection.fetchrow(_KNOWN, list(entries))
        return Known(frozenset(row["entries"]), row["has_cities"], row["has_niches"])

    async def release(self, refs: Collection[Ref]) -> None:
        """See `use_cases.Store.release`."""
        await self._each(
            "DELETE FROM facts WHERE kind = $1 AND id = $2 AND version = 0", list(refs)
        )

    async def save(self, facts: Iterable[Fact]) -> None:
        """See `use_cases.Store.save`."""
        rows = [
            (
                fact.kind,
                fact.id,
                fact.version,
                fact.claim_floor,
                fact.digest,
                fact.state,
                fact.note,
                fact.document,
                fact.created_at,
                fact.changed_at,
            )
            for fact in facts
        ]
        await self._each(_SAVE, rows)

    async def publish(self, changes: Sequence[tuple[Fact, str | None]]) -> None:
        """See `use_cases.Store.publish`. One call for each run of events of one trace."""
        for trace, group in groupby(changes, key=lambda change: change[1]):
            if trace is not None:
                telemetry.work_under(trace)
            await outbox.put(self._connection, SOURCE, [event_of(fact) for fact, _ in group])

    async def reject(self, rejections: Sequence[Rejection]) -> None:
        """See `use_cases.Store.reject`."""
        messages = [
            outbox.Outgoing(REJECTIONS, rejection.source, "jisr.submission.rejected", rejection)
            for rejection in rejections
        ]
        await outbox.put(self._connection, SOURCE, messages)

    async def keep_contacts(self, contacts: Sequence[Contact]) -> None:
        """See `use_cases.Store.keep_contacts`."""
        kept = [
            (c.kind, c.id, c.name, c.email, c.phone, c.office_email)
            for c in contacts
            if not c.is_empty
        ]
        erased = [(c.kind, c.id) for c in contacts if c.is_empty]
        await self._each(_KEEP_CONTACT, kept)
        await self._each("DELETE FROM vault.contacts WHERE kind = $1 AND id = $2", erased)

    async def lock_demands(self, ids: Sequence[str]) -> set[str]:
        """See `use_cases.Store.lock_demands`."""
        if not ids:
            return set()
        rows = await self._connection.fetch(_LOCK, ["demand"] * len(ids), list(ids))
        return {row["id"] for row in rows}

    async def apply(self, matches: Sequence[Match], decisions: Sequence[Decision]) -> None:
        """See `use_cases.Store.apply`."""
        await self._each(
            _APPLY_MATCH,
            [(m.match_id, m.need.id, m.version, str(m.state), _without_need(m)) for m in matches],
        )
        await self._each(
            _APPLY_DECISION,
            [
                (
                    d.need.id,
                    d.wave,
                    d.outcome,
                    d.need.version,
                    len(d.proposed),
                    d.considered,
                    d.policy_version,
                    d.decided_at,
                )
                for d in decisions
            ],
        )

    async def standings(self, demand_ids: Sequence[str]) -> list[Standing]:
        """See `use_cases.Store.standings`."""
        rows = await self._connection.fetch(_STANDINGS, list(demand_ids))
        return [Standing(**row) for row in rows]

    async def set_states(self, states: Mapping[str, str]) -> None:
        """See `use_cases.Store.set_states`."""
        await self._each(
            "UPDATE facts SET state = $2 WHERE kind = 'demand' AND id = $1", list(states.items())
        )

    async def speakers(self, sources: Sequence[str]) -> dict[str, Speaker]:
        """See `use_cases.Store.speakers`."""
        rows = await self._connection.fetch(
            "SELECT source, role, speaks_for FROM sources WHERE source = ANY ($1::text[])",
            list(sources),
        )
        return {row["source"]: speaker_of(row) for row in rows}

    async def find(self, kind: Kind, fact_id: str) -> Fact | None:
        """See `use_cases.Store.find`."""
        row = await self._connection.fetchrow(
            "SELECT * FROM facts WHERE kind = $1 AND id = $2", kind, fact_id
        )
        return _fact(row) if row else None

    async def page(
        self, kind: Kind, source: str | None, state: str | None, after: str | None, limit: int
    ) -> list[Fact]:
        """See `use_cases.Store.page`."""
        rows = await self._connection.fetch(_PAGE, kind, source, state, after, limit)
        return [_fact(row) for row in rows]

    async def history(self, demand_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """See `use_cases.Store.history`."""
        waves = await self._connection.fetch(
            "SELECT * FROM decisions WHERE demand_id = $1 ORDER BY wave", demand_id
        )
        matches = await self._connection.fetch(
            "SELECT document FROM matches WHERE demand_id = $1", demand_id
        )
        documents = [dict(row["document"]) for row in matches]
        documents.sort(key=lambda match: (match["wave"], match["rank"], match["match_id"]))
        return [dict(row) for row in waves], documents

    async def _each(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if len(rows) == 1:
            await self._connection.execute(statement, *rows[0])
        elif rows:
            await self._connection.executemany(statement, rows)


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(**dict(row))


def _without_need(match: Match) -> dict[str, Any]:
    return match.model_dump(mode="json", exclude={"need"})

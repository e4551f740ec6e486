"""Facts, their events and the vault in PostgreSQL; the status view is in `status_view`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from schemas.rejection import Rejection
from schemas.topics import REJECTIONS
from services.intake.adapters.events import event_of
from services.intake.adapters.keys import speaker_of
from services.intake.adapters.status_view import SOURCE, statement
from services.intake.adapters.talks import Talks
from services.intake.domain.facts import Contact, Draft, Fact, Kind, Order, Ref
from services.intake.domain.fitness import Known
from services.intake.domain.speakers import Speaker
from services.runtime import outbox, telemetry

_RESERVE = statement("reserve_facts")
_LOCK = statement("lock_facts")
_SAVE = statement("save_fact")
_KEEP_CONTACT = statement("keep_contact")
_PAGE = statement("page_facts")
_KNOWN = statement("known_entries")


class PostgresStore(Talks):
    """`ports.Store` on one connection, which is inside a transaction."""

    async def lock(self, orders: Sequence[Order]) -> dict[Ref, Fact]:
        """See `ports.Store.lock`. Rows are made first for what may be new."""
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
        """See `ports.Store.known`. Whoever names nothing needs no look."""
        if not entries:
            return Known()
        row = await self._connection.fetchrow(_KNOWN, list(entries))
        return Known(frozenset(row["entries"]), row["has_cities"], row["has_niches"])

    async def release(self, refs: Collection[Ref]) -> None:
        """See `ports.Store.release`."""
        await self._each(
            "DELETE FROM facts WHERE kind = $1 AND id = $2 AND version = 0", list(refs)
        )

    async def save(self, facts: Iterable[Fact]) -> None:
        """See `ports.Store.save`."""
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
                fact.opened,
                fact.archived,
            )
            for fact in facts
        ]
        await self._each(_SAVE, rows)

    async def publish(self, changes: Sequence[tuple[Fact, str | None]]) -> None:
        """See `ports.Store.publish`. One call for each run of events of one trace."""
        for trace, group in groupby(changes, key=lambda change: change[1]):
            if trace is not None:
                telemetry.work_under(trace)
            await outbox.put(self._connection, SOURCE, [event_of(fact) for fact, _ in group])

    async def reject(self, rejections: Sequence[Rejection]) -> None:
        """See `ports.Store.reject`."""
        messages = [
            outbox.Outgoing(REJECTIONS, rejection.source, "jisr.submission.rejected", rejection)
            for rejection in rejections
        ]
        await outbox.put(self._connection, SOURCE, messages)

    async def keep_contacts(self, contacts: Sequence[Contact]) -> None:
        """See `ports.Store.keep_contacts`."""
        kept = [
            (c.kind, c.id, c.name, c.email, c.phone, c.office_email)
            for c in contacts
            if not c.is_empty
        ]
        erased = [(c.kind, c.id) for c in contacts if c.is_empty]
        await self._each(_KEEP_CONTACT, kept)
        await self._each("DELETE FROM vault.contacts WHERE kind = $1 AND id = $2", erased)
        # Where its systems are told is as much its own as its address.
        await self._each(
            "DELETE FROM vault.endpoints WHERE owner_kind = $1 AND owner_id = $2", erased
        )

    async def speakers(self, sources: Sequence[str]) -> dict[str, Speaker]:
        """See `ports.Store.speakers`."""
        rows = await self._connection.fetch(
            "SELECT source, role, speaks_for FROM sources WHERE source = ANY ($1::text[])",
            list(sources),
        )
        return {row["source"]: speaker_of(row) for row in rows}

    async def find(self, kind: Kind, fact_id: str) -> Fact | None:
        """See `ports.Store.find`."""
        row = await self._connection.fetchrow(
            "SELECT * FROM facts WHERE kind = $1 AND id = $2", kind, fact_id
        )
        return _fact(row) if row else None

    async def page(
        self, kind: Kind, source: str | None, state: str | None, after: str | None, limit: int
    ) -> list[Fact]:
        """See `ports.Store.page`."""
        rows = await self._connection.fetch(_PAGE, kind, source, state, after, limit)
        return [_fact(row) for row in rows]


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(**dict(row))

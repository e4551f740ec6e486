"""Supplies in PostgreSQL and in the outbox, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.supply import Supply as SupplyEvent
from schemas.topics import SUPPLIES
from services.matcher.adapters import publish
from services.matcher.domain.model import Vector
from services.runtime import outbox
from services.runtime.database import Connection

_SAVE_SUPPLY = """
INSERT INTO supplies AS old (supply_id, kind, source_version, revision, capacity, facts)
VALUES ($1, $2, $3, 1, $4, $5)
ON CONFLICT (supply_id) DO UPDATE SET source_version = excluded.source_version,
    revision = old.revision + 1, capacity = excluded.capacity, facts = excluded.facts
WHERE old.source_version < excluded.source_version
RETURNING revision, taken
"""
_TAKE = """
UPDATE supplies SET taken = taken + $2, revision = revision + 1
WHERE supply_id = $1 AND taken + $2 >= 0
  AND ($2 <= 0 OR capacity IS NULL OR taken + $2 <= capacity)
RETURNING revision, taken, facts
"""
_ROOM = """
SELECT capacity IS NULL OR taken < capacity FROM supplies WHERE supply_id = $1 FOR UPDATE
"""
_RENEW = """
UPDATE supplies SET revision = revision + 1 WHERE supply_id = $1 AND revision = $2
RETURNING revision, taken, facts
"""
_OFFERS_OF = """
SELECT facts FROM supplies WHERE kind = 'offer' AND facts->'owner' = $1 ORDER BY supply_id
"""
_CHANGE_SUPPLY = """
UPDATE supplies SET facts = $2, revision = revision + 1
WHERE supply_id = $1 AND facts->'owner' = $2::jsonb->'owner'
RETURNING revision, taken
"""
_PAGE = """
SELECT revision, taken, facts FROM supplies WHERE supply_id > $1 ORDER BY supply_id LIMIT $2
"""
_STALE = """
SELECT revision, taken, facts FROM supplies WHERE published_model IS DISTINCT FROM $1
ORDER BY supply_id LIMIT $2 FOR UPDATE SKIP LOCKED
"""
_PUBLISHED = "UPDATE supplies SET published_model = $2 WHERE supply_id = $1"
_FACTS = "SELECT facts FROM supplies WHERE supply_id = $1"
_LOCK_MEMBER = "SELECT pg_advisory_xact_lock(hashtext('jisr_member'), hashtext($1))"


class PostgresSupplies:
    """See `ports.Supplies`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def save(self, supply: SupplyEvent) -> SupplyEvent | None:
        """See `ports.Supplies.save`."""
        return self._as_stored(
            supply,
            await self._connection.fetchrow(
                _SAVE_SUPPLY,
                supply.supply_id,
                supply.kind,
                supply.version,
                supply.capacity,
                _facts(supply),
            ),
        )

    async def change(self, supply: SupplyEvent) -> SupplyEvent | None:
        """See `ports.Supplies.change`."""
        row = await self._connection.fetchrow(_CHANGE_SUPPLY, supply.supply_id, _facts(supply))
        return self._as_stored(supply, row)

    @staticmethod
    def _as_stored(supply: SupplyEvent, row: Any) -> SupplyEvent | None:
        if row is None:
            return None
        return supply.model_copy(update={"version": row["revision"], "taken": row["taken"]})

    async def take_place(self, supply_id: str, places: int) -> SupplyEvent | None:
        """See `ports.Supplies.take_place`."""
        return _read(await self._connection.fetchrow(_TAKE, supply_id, places))

    async def room(self, supply_id: str) -> bool:
        """See `ports.Supplies.room`."""
        return bool(await self._connection.fetchval(_ROOM, supply_id))

    async def renew(self, supply_id: str, version: int) -> SupplyEvent | None:
        """See `ports.Supplies.renew`."""
        return _read(await self._connection.fetchrow(_RENEW, supply_id, version))

    async def facts(self, supply_id: str) -> SupplyEvent | None:
        """See `ports.Supplies.facts`."""
        facts = await self._connection.fetchval(_FACTS, supply_id)
        return SupplyEvent.model_validate(facts) if facts else None

    async def page(self, after: str, limit: int) -> list[SupplyEvent]:
        """See `ports.Supplies.page`."""
        return [_event(row) for row in await self._connection.fetch(_PAGE, after, limit)]

    async def count(self) -> int:
        """See `ports.Supplies.count`."""
        return int(await self._connection.fetchval("SELECT count(*) FROM supplies"))

    async def stale(self, model: str, limit: int) -> list[SupplyEvent]:
        """See `ports.Supplies.stale`."""
        return [_event(row) for row in await self._connection.fetch(_STALE, model, limit)]

    async def lock_member(self, member_id: str) -> None:
        """See `ports.Supplies.lock_member`."""
        await self._connection.execute(_LOCK_MEMBER, member_id)

    async def offers_of(self, member_id: str) -> list[SupplyEvent]:
        """See `ports.Supplies.offers_of`."""
        rows = await self._connection.fetch(_OFFERS_OF, {"type": "member", "id": member_id})
        return [SupplyEvent.model_validate(row["facts"]) for row in rows]

    async def publish(
        self, supply: SupplyEvent, vectors: Sequence[Vector | None], model: str | None
    ) -> None:
        """See `ports.Supplies.publish`."""
        await self._connection.execute(_PUBLISHED, supply.supply_id, model)
        ready = publish.with_vectors(supply, vectors, model)
        message = outbox.Outgoing(SUPPLIES, ready.supply_id, "jisr.supply.ready", ready)
        await outbox.put(self._connection, publish.SOURCE, [message])


def _read(row: Any) -> SupplyEvent | None:
    return None if row is None else _event(row)


def _event(row: Any) -> SupplyEvent:
    facts = {**row["facts"], "version": row["revision"], "taken": row["taken"]}
    return SupplyEvent.model_validate(facts)


def _facts(supply: SupplyEvent) -> dict[str, Any]:
    return supply.model_dump(mode="json", exclude={"pieces": {"__all__": {"vector"}}})

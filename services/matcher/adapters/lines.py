"""The lines for places of offers, in PostgreSQL.

Whoever writes a batch holds the offer's row in ``supplies``; a claim locks only the batch, which
nobody else waits for. So the order of locks is that of everything else: needs, then supplies.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from services.matcher.use_cases.line_ports import Batch
from services.runtime.database import Connection

_LIMITED = "SELECT capacity IS NOT NULL FROM supplies WHERE supply_id = $1"
# An offer of a kind whose round is not half over joins that, so that they are given together. Who
# comes to a line that was put in order already, with no place left, gets its number at once.
_JOIN = """
INSERT INTO batches (supply_id, offer_kind, due_at)
SELECT s.supply_id, coalesce(s.facts->>'offer_kind', ''), CASE
    WHEN s.taken >= s.capacity
        AND EXISTS (SELECT FROM in_line AS w WHERE w.supply_id = s.supply_id)
        THEN clock_timestamp()
    ELSE least((s.facts->>'deadline')::timestamptz, coalesce(
        (SELECT min(r.due_at) FROM batches AS r
         WHERE r.offer_kind = coalesce(s.facts->>'offer_kind', '')
           AND r.due_at >= clock_timestamp() + $2::interval / 2),
        clock_timestamp() + $2::interval)) END
FROM supplies AS s WHERE s.supply_id = $1
  AND NOT EXISTS (SELECT FROM batches AS b WHERE b.supply_id = s.supply_id)
"""
_LOOK = """
INSERT INTO batches (supply_id, offer_kind, due_at)
SELECT s.supply_id, coalesce(s.facts->>'offer_kind', ''), clock_timestamp()
FROM supplies AS s WHERE s.supply_id = $1 AND s.kind = 'offer'
  AND NOT EXISTS (SELECT FROM batches AS b WHERE b.supply_id = s.supply_id)
  AND EXISTS (SELECT FROM in_line AS w WHERE w.supply_id = s.supply_id)
"""
_SOONER = """
UPDATE batches AS b SET due_at = (s.facts->>'deadline')::timestamptz FROM supplies AS s
WHERE s.supply_id = $1 AND b.supply_id = s.supply_id AND b.due_at > clock_timestamp()
  AND b.due_at > (s.facts->>'deadline')::timestamptz
"""
_CLAIM = """
SELECT batch_id, offer_kind FROM batches WHERE due_at <= clock_timestamp()
ORDER BY due_at, batch_id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_SAME_ROUND = """
SELECT batch_id, supply_id FROM batches
WHERE offer_kind = $2 AND (batch_id = $1 OR due_at <= clock_timestamp())
ORDER BY batch_id FOR UPDATE SKIP LOCKED
"""
_IN_LINE = """
SELECT DISTINCT need_id FROM in_line WHERE supply_id = ANY($1::text[]) ORDER BY need_id
"""
# Of an offer that was taken back, or whose member has left, nothing is given; whoever waits for
# it is told by its own need.
_FREE = """
SELECT supply_id, coalesce(greatest(capacity - taken, 0), $2) AS places FROM supplies
WHERE supply_id = ANY($1::text[]) AND (facts->>'active')::boolean
  AND coalesce((facts->>'owner_active')::boolean, true) ORDER BY supply_id FOR UPDATE
"""
_HOLDERS = """
SELECT DISTINCT m.need_id FROM matches AS m JOIN supplies AS s USING (supply_id)
WHERE m.need_id = ANY($1::text[]) AND m.body->>'place' = 'held'
  AND coalesce(s.facts->>'offer_kind', '') = $2
"""
_DONE = "DELETE FROM batches WHERE batch_id = ANY($1::bigint[])"
_PUT_OFF = """
UPDATE batches SET due_at = clock_timestamp() + $2::interval WHERE batch_id = ANY($1::bigint[])
"""
_NEXT_DUE = "SELECT min(due_at) - clock_timestamp() FROM batches"


class PostgresLines:
    """See `line_ports.Lines`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def limited(self, supply_id: str) -> bool:
        """See `line_ports.Lines.limited`."""
        return bool(await self._connection.fetchval(_LIMITED, supply_id))

    async def join(self, supply_id: str, batch: timedelta) -> None:
        """See `line_ports.Lines.join`."""
        await self._connection.execute(_JOIN, supply_id, batch)

    async def look(self, supply_id: str) -> None:
        """See `line_ports.Lines.look`."""
        await self._connection.execute(_LOOK, supply_id)

    async def edited(self, supply_id: str) -> None:
        """See `line_ports.Lines.edited`."""
        await self._connection.execute(_SOONER, supply_id)
        await self.look(supply_id)

    async def claim(self) -> Batch | None:
        """See `line_ports.Lines.claim`."""
        row = await self._connection.fetchrow(_CLAIM)
        if row is None:
            return None
        rows = await self._connection.fetch(_SAME_ROUND, row["batch_id"], row["offer_kind"])
        supply_ids = frozenset(found["supply_id"] for found in rows)
        ids = tuple(found["batch_id"] for found in rows)
        return Batch(row["offer_kind"], supply_ids, ids)

    async def waiting(self, supply_ids: Collection[str]) -> list[str]:
        """See `line_ports.Lines.waiting`."""
        rows = await self._connection.fetch(_IN_LINE, list(supply_ids))
        return [row["need_id"] for row in rows]

    async def free(self, supply_ids: Collection[str], unlimited: int) -> dict[str, int]:
        """See `line_ports.Lines.free`."""
        rows = await self._connection.fetch(_FREE, sorted(supply_ids), unlimited)
        return {row["supply_id"]: row["places"] for row in rows}

    async def holders(self, need_ids: Collection[str], offer_kind: str) -> frozenset[str]:
        """See `line_ports.Lines.holders`."""
        rows = await self._connection.fetch(_HOLDERS, list(need_ids), offer_kind)
        return frozenset(row["need_id"] for row in rows)

    async def done(self, batch: Batch) -> None:
        """See `line_ports.Lines.done`."""
        await self._connection.execute(_DONE, list(batch.batch_ids))

    async def put_off(self, batch: Batch, by: timedelta) -> None:
        """See `line_ports.Lines.put_off`."""
        await self._connection.execute(_PUT_OFF, list(batch.batch_ids), by)

    async def next_due(self) -> timedelta | None:
        """See `line_ports.Lines.next_due`."""
        found: timedelta | None = await self._connection.fetchval(_NEXT_DUE)
        return found

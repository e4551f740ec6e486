"""Which demands were compared, and which pairs the ambassador has heard of, in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any

from schemas.life import Addressee, Notice
from schemas.topics import MATCHES
from services.matcher.adapters import events, publish
from services.matcher.domain.duplicates import Likeness, pair_id
from services.matcher.domain.model import Need
from services.matcher.use_cases.need_ports import OpenNeed
from services.matcher.use_cases.stored_needs import readable
from services.runtime import outbox
from services.runtime.database import Connection, Database

_NEXT = """
SELECT need_id, kind, facts, topic, partition FROM needs
WHERE is_open AND kind = 'demand' AND compared_version IS DISTINCT FROM version
ORDER BY created_at DESC LIMIT 1
"""
_LATE = """
SELECT need_id, kind, facts, topic, partition FROM needs
WHERE is_open AND kind = 'demand' AND compared_model IS DISTINCT FROM $1
  AND compared_at < clock_timestamp() - interval '1 minute'
ORDER BY compared_at LIMIT 1
"""
_BESIDE = """
SELECT need_id, version FROM needs
WHERE is_open AND kind = 'demand' AND facts->>'city' = $1 AND facts->>'kind' = $2 AND need_id <> $3
ORDER BY created_at DESC LIMIT $4
"""
_NEEDS = """
SELECT need_id, kind, facts, topic, partition FROM needs WHERE need_id = ANY($1::text[])
"""
_LOCK = """
SELECT clock_timestamp() FROM needs
WHERE need_id = $1 AND version = $2 AND is_open AND kind = 'demand' FOR UPDATE
"""
_MARK = """
UPDATE needs SET compared_version = version, compared_model = $2, compared_at = clock_timestamp()
WHERE need_id = $1
"""
# In the order of the ids, so that two who find the same pairs at once do not wait in a circle.
_PAIR = """
INSERT INTO duplicates (pair_id, need_id, other_id, by_meaning, likeness)
SELECT pair_id, $1, other_id, by_meaning, likeness
FROM unnest($2::text[], $3::text[], $4::bool[], $5::float8[])
    AS found (pair_id, other_id, by_meaning, likeness)
ORDER BY pair_id
ON CONFLICT (pair_id) DO NOTHING RETURNING pair_id
"""


class PostgresComparisons:
    """See `duplicates.Comparisons`; open on ``connection``, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def next(self) -> Need | None:
        """See `duplicates.Comparisons.next`."""
        return await self._first(None, _NEXT)

    async def late(self, model: str) -> Need | None:
        """See `duplicates.Comparisons.late`."""
        return await self._first(model, _LATE, model)

    async def _first(self, model: str | None, statement: str, *values: str) -> Need | None:
        """The first need that can be read; one that cannot is marked, so that others follow."""
        while (row := await self._connection.fetchrow(statement, *values)) is not None:
            for need in _needs([row]):
                return need
            await self._connection.execute(_MARK, row["need_id"], model)
        return None

    async def beside(self, need: Need, most: int) -> Mapping[str, int]:
        """See `duplicates.Comparisons.beside`."""
        rows = await self._connection.fetch(_BESIDE, need.city, need.asks, need.need_id, most)
        return {row["need_id"]: row["version"] for row in rows}

    async def needs(self, need_ids: Sequence[str]) -> list[Need]:
        """See `duplicates.Comparisons.needs`."""
        return _needs(await self._connection.fetch(_NEEDS, list(need_ids)))

    async def settle(
        self, need: Need, model: str | None, near: Mapping[str, Likeness], cluster: str
    ) -> int:
        """See `duplicates.Comparisons.settle`; under the lock of the need, whose key the notices
        have (I4).
        """
        now = await self._connection.fetchval(_LOCK, need.need_id, need.version)
        if now is None:
            return 0
        await self._connection.execute(_MARK, need.need_id, model)
        ids = {pair_id(need.need_id, other): other for other in near}
        if not ids:
            return 0
        rows = await self._connection.fetch(
            _PAIR,
            need.need_id,
            list(ids),
            list(ids.values()),
            [near[other].by_meaning for other in ids.values()],
            [round(near[other].value, 4) for other in ids.values()],
        )
        new = sorted(row["pair_id"] for row in rows)
        told = [_notice(need, known, ids[known], cluster, now) for known in new]
        outgoing = [outbox.Outgoing(MATCHES, need.need_id, "jisr.notice.raised", n) for n in told]
        await outbox.put(self._connection, publish.SOURCE, outgoing)
        return len(outgoing)


def comparisons_on(
    database: Database,
) -> Callable[[], AbstractAsyncContextManager[PostgresComparisons]]:
    """What begins transactions on ``database``."""

    @asynccontextmanager
    async def transaction() -> AsyncIterator[PostgresComparisons]:
        async with database.transaction() as connection:
            yield PostgresComparisons(connection)

    return transaction


def _needs(rows: Sequence[Any]) -> list[Need]:
    stored = [
        OpenNeed(r["need_id"], r["kind"], r["facts"], (r["topic"], r["partition"])) for r in rows
    ]
    return [need for _, need in readable(stored, events.need_of_stored)]


def _notice(need: Need, known: str, other: str, cluster: str, now: datetime) -> Notice:
    return Notice(
        notice_id=known,
        kind="duplicate",
        to=Addressee(kind="ambassador", id=need.owner.id, cluster=cluster),
        need=need.brief,
        text=other,
        raised_at=now,
    )

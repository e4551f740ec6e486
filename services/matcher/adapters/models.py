"""Which embedding model serves, and which is to come, in PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.matcher.use_cases.ports import KnownModel
from services.runtime.database import Connection

# One decision about models at a time; and one replica at a time that embeds for the next one.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('jisr_models'))"
_CLAIM = "SELECT pg_try_advisory_xact_lock(hashtext('jisr_embed_again'))"
_SERVING = "SELECT name, place FROM models WHERE state = 'serving'"
_NO_SUPPLIES = "SELECT NOT EXISTS (SELECT FROM supplies)"
_PUT = """
INSERT INTO models (name, state, place) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET state = $2, place = $3, since = clock_timestamp()
WHERE models.state <> $2 OR models.place IS DISTINCT FROM $3
"""
_RETIRE = """
UPDATE models SET state = 'retired', since = clock_timestamp() WHERE state = $1 AND name <> $2
"""
_SERVE = """
UPDATE models SET state = 'serving', since = clock_timestamp() WHERE name = $1
"""
_DISCARD = """
DELETE FROM vectors WHERE hash IN (
    SELECT hash FROM vectors AS v JOIN models AS m ON m.name = v.model
    WHERE m.state = 'retired' AND m.since <= clock_timestamp() - $1::interval LIMIT $2)
"""
_FORGET = """
DELETE FROM models WHERE state = 'retired' AND since <= clock_timestamp() - $1::interval
  AND NOT EXISTS (SELECT FROM vectors WHERE vectors.model = models.name)
"""


class PostgresModels:
    """See `ports.Models`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def settle(self, wanted: KnownModel) -> KnownModel | None:
        """See `ports.Models.settle`."""
        await self._connection.execute(_LOCK)
        serving = await self.serving()
        at_once = serving is None and await self._connection.fetchval(_NO_SUPPLIES)
        if at_once or (serving is not None and serving.name == wanted.name):
            await self._put(wanted, "serving")
            serving = wanted
        else:
            await self._put(wanted, "coming")
        await self._connection.execute(_RETIRE, "coming", wanted.name)
        return serving

    async def _put(self, model: KnownModel, state: str) -> None:
        place: dict[str, Any] | None = dict(model.place) if model.place is not None else None
        await self._connection.execute(_PUT, model.name, state, place)

    async def serving(self) -> KnownModel | None:
        """See `ports.Models.serving`."""
        row = await self._connection.fetchrow(_SERVING)
        return KnownModel(row["name"], row["place"]) if row else None

    async def claim(self) -> bool:
        """See `ports.Models.claim`."""
        return bool(await self._connection.fetchval(_CLAIM))

    async def switch(self, name: str) -> None:
        """See `ports.Models.switch`."""
        await self._connection.execute(_LOCK)
        await self._connection.execute(_RETIRE, "serving", name)
        await self._connection.execute(_SERVE, name)

    async def discard(self, keep: timedelta, most: int) -> int:
        """See `ports.Models.discard`."""
        done: str = await self._connection.execute(_DISCARD, keep, most)
        await self._connection.execute(_FORGET, keep)
        return int(done.rsplit(" ", 1)[-1])

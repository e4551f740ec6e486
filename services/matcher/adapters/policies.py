"""Which policies there were, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.runtime.database import Connection

_NOTE = "INSERT INTO policies (version, body) VALUES ($1, $2) ON CONFLICT (version) DO NOTHING"
_SAME = "SELECT body = $2 FROM policies WHERE version = $1"


class PostgresPolicies:
    """See `ports.Policies`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def note(self, version: str, body: Mapping[str, Any]) -> bool:
        """See `ports.Policies.note`."""
        await self._connection.execute(_NOTE, version, dict(body))
        return bool(await self._connection.fetchval(_SAME, version, dict(body)))

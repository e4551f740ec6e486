"""Whom the hub knows: its members, and the entries of its directory."""

from __future__ import annotations

from services.runtime.database import Database

_ASKED = """
SELECT EXISTS(SELECT FROM facts WHERE kind = $1 AND id = $2) AS known,
       EXISTS(SELECT FROM facts WHERE kind = 'directory' AND starts_with(id, $3)) AS any
"""


async def is_registered(database: Database, kind: str, name: str) -> bool:
    """Whether a member, or a city, cluster or committee of the directory, has the id ``name``;
    also one that was taken back. While the directory has none of a kind, any name will do: keys
    and links may come before it.

    ``database`` is intake's, started.
    """
    fact = ("member", name) if kind == "member" else ("directory", f"{kind}:{name}")
    row = await database.pool.fetchrow(_ASKED, *fact, f"{kind}:")
    assert row is not None
    return bool(row["known"]) or (kind != "member" and not row["any"])

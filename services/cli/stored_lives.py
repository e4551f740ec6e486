"""Demands, members and the directory as a hub has stored them, and what became of the demands.

Read from intake's schema, which has the facts as they were told and follows every match; it holds
no contact data (that is in the vault, which is not read here). What ambassadors made of candidates
stands in the matcher's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.cli.errors import CommandFailed, ExitCode
from services.cli.judgements.judging import Verdict
from services.cli.lives import ENDED, Life, proposal
from services.runtime.database import Connection, Database

_FACTS = "SELECT kind, document FROM facts WHERE kind IN ('member', 'directory') ORDER BY kind, id"
_DEMANDS = """
SELECT f.id, f.document, f.state, f.created_at, f.changed_at,
    CASE WHEN n.told_of >= f.opened THEN n.told->>'changed_at' END AS told_at,
    EXISTS (SELECT FROM decisions AS d WHERE d.demand_id = f.id) AS decided
FROM facts AS f LEFT JOIN needs AS n ON n.id = f.id
WHERE f.kind = 'demand' AND f.created_at >= $1 AND f.created_at < $2
ORDER BY f.created_at, f.id
"""
_MATCHES = """
SELECT demand_id, document FROM matches WHERE demand_id = ANY($1::text[]) ORDER BY match_id
"""
_VERDICTS = "SELECT need_id, supply_id, verdict FROM judgements WHERE need_id = ANY($1::text[])"


@dataclass(frozen=True, slots=True)
class Stored:
    """``lives`` of the demands opened in the time asked for, their ``documents`` by id, and every
    member and directory entry; ``now`` is the database's. ``verdicts`` by (demand, supply).
    """

    lives: Sequence[Life]
    documents: Mapping[str, Mapping[str, Any]]
    members: Sequence[Mapping[str, Any]]
    directory: Sequence[Mapping[str, Any]]
    verdicts: Mapping[tuple[str, str], Verdict]
    now: datetime


def between(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """The time from the day ``since`` to before the day ``until``, both UTC; None: from the first
    demand, to now. Raises CommandFailed when it is empty.
    """
    began = since.replace(tzinfo=UTC) if since else datetime(1970, 1, 1, tzinfo=UTC)
    ends = until.replace(tzinfo=UTC) if until else datetime(9999, 1, 1, tzinfo=UTC)
    if until is None and began > datetime.now(UTC):
        raise CommandFailed(
            f"--since {began:%Y-%m-%d} is still to come: that time begins after it ends.",
            ExitCode.USAGE,
        )
    if ends <= began:
        raise CommandFailed("--until must be a later day than --since.", ExitCode.USAGE)
    return began, ends


async def stored(dsn: str, since: datetime, until: datetime) -> Stored:
    """What the database at ``dsn`` has of demands that were opened from ``since`` to before
    ``until``. Raises `DatabaseUnreachable`.
    """
    database = Database(dsn, "intake", size=1)
    await database.start()
    try:
        async with (
            database.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            now = await connection.fetchval("SELECT clock_timestamp()")
            facts = await connection.fetch(_FACTS)
            rows = await connection.fetch(_DEMANDS, since, until)
            matches = await _matches(connection, [row["id"] for row in rows])
    finally:
        await database.stop()
    return Stored(
        [_life(row, matches[row["id"]]) for row in rows],
        {row["id"]: row["document"] for row in rows},
        [row["document"] for row in facts if row["kind"] == "member"],
        [row["document"] for row in facts if row["kind"] == "directory"],
        await _verdicts(dsn, [row["id"] for row in rows]),
        now,
    )


async def _matches(connection: Connection, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in await connection.fetch(_MATCHES, list(ids)):
        found[row["demand_id"]].append(row["document"])
    return found


async def _verdicts(dsn: str, ids: Sequence[str]) -> dict[tuple[str, str], Verdict]:
    database = Database(dsn, "matcher", size=1)
    await database.start()
    try:
        rows = await database.pool.fetch(_VERDICTS, list(ids))
    finally:
        await database.stop()
    return {(row["need_id"], row["supply_id"]): row["verdict"] for row in rows}


def _life(row: Mapping[str, Any], matches: Sequence[Mapping[str, Any]]) -> Life:
    document, state = row["document"], row["state"]
    ended = None
    if state in ENDED:
        told = row["told_at"]
        ended = datetime.fromisoformat(told) if told else row["changed_at"]
    return Life(
        demand_id=row["id"],
        city=str(document["city"]),
        kind=str(document["kind"]),
        niches=tuple(document.get("niches", ())),
        state=state,
        opened_at=row["created_at"],
        decided=row["decided"] or bool(matches),
        ended_at=ended,
        proposals=tuple(map(proposal, matches)),
    )

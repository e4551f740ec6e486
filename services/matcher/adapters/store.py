"""What the matcher reads from and writes to PostgreSQL, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from schemas.match import Match
from schemas.supply import Supply as SupplyEvent
from services.matcher.domain.model import Need
from services.runtime.database import Connection

_NAMESPACE = uuid.UUID("6a697372-0000-4000-8000-6d6174636865")

_SAVE_NEED = """
INSERT INTO needs AS old (need_id, kind, version, is_open, topic, partition, facts)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (need_id) DO UPDATE SET version = excluded.version, is_open = excluded.is_open,
    facts = excluded.facts, partition = excluded.partition, outcome = NULL
WHERE old.version < excluded.version
RETURNING need_id
"""
_LOCK_NEED = "SELECT version, is_open, outcome FROM needs WHERE need_id = $1 FOR UPDATE"
_HISTORY = "SELECT supply_id, state FROM matches WHERE need_id = $1"
_DECIDED = "UPDATE needs SET outcome = $2, decided_at = clock_timestamp() WHERE need_id = $1"
_SAVE_MATCH = """
INSERT INTO matches (match_id, need_id, supply_id, state, body) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (need_id, supply_id) DO NOTHING RETURNING match_id
"""
_CHANGE_MATCH = """
UPDATE matches SET state = $2, version = $3, body = $4, changed_at = clock_timestamp()
WHERE match_id = $1
"""
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
_OFFERS_OF = """
SELECT facts FROM supplies WHERE kind = 'offer' AND facts->'owner' = $1 ORDER BY supply_id
"""
_CHANGE_SUPPLY = """
UPDATE supplies SET facts = $2, revision = revision + 1
WHERE supply_id = $1 AND facts->'owner' = $2::jsonb->'owner'
RETURNING revision, taken
"""
_NEEDS_OF = """
SELECT kind, facts, topic, partition FROM needs
WHERE is_open AND topic = $1 AND partition = ANY($2::int[]) ORDER BY need_id
"""
_NEED = "SELECT kind, facts, topic, partition FROM needs WHERE is_open AND need_id = $1"


def match_id(need_id: str, supply_id: str) -> str:
    """The one id of a pair, the same whoever proposes it and however often (I2)."""
    return str(uuid.uuid5(_NAMESPACE, f"{need_id}\n{supply_id}"))


@dataclass(frozen=True, slots=True)
class NeedRow:
    """A need as it stands, locked until the transaction ends."""

    version: int
    is_open: bool
    outcome: str | None


async def save_need(
    connection: Connection, need: Need, place: tuple[str, int], facts: dict[str, Any]
) -> bool:
    """Store a version of a need; False when what is there is as new or newer."""
    row = await connection.fetchval(
        _SAVE_NEED, need.need_id, need.kind, need.version, need.is_open, *place, facts
    )
    return row is not None


async def lock_need(connection: Connection, need_id: str) -> NeedRow | None:
    """The need's row, so that one decision about it is made at a time; None when unknown."""
    row = await connection.fetchrow(_LOCK_NEED, need_id)
    return NeedRow(row["version"], row["is_open"], row["outcome"]) if row else None


async def history(connection: Connection, need_id: str) -> dict[str, str]:
    """The state of each match of a need, by supply id."""
    return {r["supply_id"]: r["state"] for r in await connection.fetch(_HISTORY, need_id)}


async def mark_decided(connection: Connection, need_id: str, outcome: str) -> None:
    """Note what was decided about a need."""
    await connection.execute(_DECIDED, need_id, outcome)


async def insert_match(connection: Connection, match: Match) -> bool:
    """Store a new match; False when the pair was proposed before."""
    return (
        await connection.fetchval(
            _SAVE_MATCH,
            match.match_id,
            match.need.id,
            match.supply.id,
            match.state.value,
            match.model_dump(mode="json"),
        )
        is not None
    )


async def update_match(connection: Connection, match: Match) -> None:
    """Store the next state of a match."""
    body = match.model_dump(mode="json")
    await connection.execute(_CHANGE_MATCH, match.match_id, match.state.value, match.version, body)


async def matches_of(connection: Connection, need_id: str) -> list[Match]:
    """Every match of a need, locked."""
    rows = await connection.fetch(
        "SELECT body FROM matches WHERE need_id = $1 ORDER BY match_id FOR UPDATE", need_id
    )
    return [Match.model_validate(row["body"]) for row in rows]


async def save_supply(connection: Connection, event: SupplyEvent) -> SupplyEvent | None:
    """Store a supply, whose version is that of the member or offer it came from.

    Returns it with the matcher's own version and the places taken, or None when what is there
    is as new or newer.
    """
    facts = event.model_dump(mode="json", exclude={"pieces": {"__all__": {"vector"}}})
    row = await connection.fetchrow(
        _SAVE_SUPPLY, event.supply_id, event.kind, event.version, event.capacity, facts
    )
    if row is None:
        return None
    return event.model_copy(update={"version": row["revision"], "taken": row["taken"]})


async def take_place(connection: Connection, supply_id: str, places: int) -> SupplyEvent | None:
    """Take (or free, when negative) places; the supply without vectors, None when it is full."""
    row = await connection.fetchrow(_TAKE, supply_id, places)
    if row is None:
        return None
    facts = {**row["facts"], "version": row["revision"], "taken": row["taken"]}
    return SupplyEvent.model_validate(facts)


async def supply_facts(connection: Connection, supply_id: str) -> SupplyEvent | None:
    """The supply as it is stored, without vectors."""
    facts = await connection.fetchval("SELECT facts FROM supplies WHERE supply_id = $1", supply_id)
    return SupplyEvent.model_validate(facts) if facts else None


async def lock_member(connection: Connection, member_id: str) -> None:
    """Let nobody else change this member or its offers until the transaction ends, so that of a
    member and an offer that come at once the later one sees the other.
    """
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtext('jisr_member'), hashtext($1))", member_id
    )


async def offers_of(connection: Connection, member_id: str) -> list[SupplyEvent]:
    """The stored offers that a member stands behind, without vectors."""
    rows = await connection.fetch(_OFFERS_OF, {"type": "member", "id": member_id})
    return [SupplyEvent.model_validate(row["facts"]) for row in rows]


async def change_supply(connection: Connection, event: SupplyEvent) -> SupplyEvent | None:
    """Store other facts of a supply whose own source did not change; None when it has another
    owner by now, whose lock the caller does not hold.
    """
    facts = event.model_dump(mode="json", exclude={"pieces": {"__all__": {"vector"}}})
    row = await connection.fetchrow(_CHANGE_SUPPLY, event.supply_id, facts)
    if row is None:
        return None
    return event.model_copy(update={"version": row["revision"], "taken": row["taken"]})


@dataclass(frozen=True, slots=True)
class OpenNeed:
    """A stored need: its event's data, and the partition it came by."""

    kind: str
    facts: dict[str, Any]
    place: tuple[str, int]


async def open_needs(
    connection: Connection, topic: str, partitions: Iterable[int]
) -> list[OpenNeed]:
    """The open needs of the given partitions."""
    rows = await connection.fetch(_NEEDS_OF, topic, list(partitions))
    return [OpenNeed(r["kind"], r["facts"], (r["topic"], r["partition"])) for r in rows]


async def open_need(connection: Connection, need_id: str) -> list[OpenNeed]:
    """The one need with this id where it is open, else nothing."""
    rows = await connection.fetch(_NEED, need_id)
    return [OpenNeed(r["kind"], r["facts"], (r["topic"], r["partition"])) for r in rows]

"""What a demand left in the hub's tables: the rows and events that the floor writes again."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = dict[str, Any]

# Rows by demand: the table, and the column that holds the demand's id.
_BY_DEMAND = (
    ("intake.facts", "id"),
    ("matcher.needs", "need_id"),
    ("matcher.matches", "need_id"),
    ("intake.matches", "demand_id"),
    ("intake.decisions", "demand_id"),
    ("notifier.entries", "need_id"),
    ("notifier.deliveries", "need_id"),
)
# What PostgreSQL computes by itself cannot be written again.
_GENERATED = """
SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attgenerated <> ''
"""
_EVENT = "topic, key, value, header_names, header_values, source, event_id"
_BY_KEY = f"""
SELECT {_EVENT} FROM {{0}}.outbox
WHERE topic = $1 AND key = ANY(SELECT convert_to(id, 'UTF8') FROM unnest($2::text[]) AS asked(id))
ORDER BY id
"""
_DELIVERIES = f"""
SELECT {_EVENT} FROM notifier.outbox WHERE topic = 'jisr.deliveries.v1' AND created_at >= $1
ORDER BY id
"""


@dataclass
class Trail:
    """One demand's rows by table, and its events by what they belong to.

    ``planned`` are the events that the notifier wrote with the inbox entries, ``sent`` those of
    each mail, by the delivery's id. ``vector`` is the row that the embedding was kept in.
    """

    demand_id: str
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    stored: list[Row] = field(default_factory=list)
    decided: list[Row] = field(default_factory=list)
    planned: list[Row] = field(default_factory=list)
    sent: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    vector: Row | None = None


async def read_trails(connection: Any, ids: Sequence[str], since: datetime) -> list[Trail]:
    """The trails of the demands ``ids``, which were first told after ``since``."""
    trails = {demand_id: Trail(demand_id) for demand_id in ids}
    for table, column in _BY_DEMAND:
        computed = {row["attname"] for row in await connection.fetch(_GENERATED, table)}
        statement = f"SELECT * FROM {table} WHERE {column} = ANY($1::text[])"
        for row in await connection.fetch(statement, list(ids)):
            written = {name: value for name, value in row.items() if name not in computed}
            trails[row[column]].rows[table].append(written)
    await _add_events(connection, trails, since)
    vectors = await connection.fetch("SELECT * FROM matcher.vectors WHERE made_at >= $1", since)
    for trail, vector in zip(trails.values(), vectors, strict=False):
        trail.vector = dict(vector)
    return list(trails.values())


async def _add_events(connection: Any, trails: dict[str, Trail], since: datetime) -> None:
    ids = list(trails)
    for row in await connection.fetch(_BY_KEY.format("intake"), "jisr.demands.v1", ids):
        trails[row["key"].decode()].stored.append(dict(row))
    for row in await connection.fetch(_BY_KEY.format("matcher"), "jisr.matches.v1", ids):
        trails[row["key"].decode()].decided.append(dict(row))
    for row in await connection.fetch(_DELIVERIES, since):
        told = json.loads(row["value"])
        trail = trails.get(told["need_id"])
        if trail is not None and told["channel"] == "mail" and told["state"] == "delivered":
            trail.sent[told["delivery_id"]].append(dict(row))
        elif trail is not None:
            trail.planned.append(dict(row))

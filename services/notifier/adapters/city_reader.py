"""Reads the demands of cities, for whoever represents the cluster there and for the city itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from schemas.life import NeedChanged
from schemas.match import Match
from services.notifier.adapters.events import need_of
from services.notifier.adapters.sql_files import statement
from services.notifier.adapters.standings import need_state
from services.notifier.domain.city_watch import Asked, OpenDemand
from services.runtime.database import Database

MOST_DEMANDS = 200
_OPEN_DEMANDS = statement("open_demands")
_OWN_DEMANDS = statement("own_demands")


async def open_demands(database: Database, cities: Sequence[str]) -> list[OpenDemand]:
    """The open demands of ``cities``, the newest first, at most `MOST_DEMANDS`."""
    if not cities:
        return []
    rows = await database.pool.fetch(_OPEN_DEMANDS, list(cities), MOST_DEMANDS)
    return [_demand(row) for row in rows]


async def own_demands(
    database: Database, city: str, demand_id: str | None = None
) -> list[OpenDemand]:
    """The open demands that ``city`` asks itself, as `open_demands`; or the one with this id, which
    may be over.
    """
    rows = await database.pool.fetch(_OWN_DEMANDS, city, MOST_DEMANDS, demand_id)
    return [_demand(row) for row in rows]


def _demand(row: Mapping[str, Any]) -> OpenDemand:
    changed = NeedChanged.model_validate(row["need"])
    matches = [Match.model_validate(one) for one in row["matches"]]
    return OpenDemand(
        need_of(changed.need),
        need_state(changed),
        tuple(_asked(one, row["answered"]) for one in matches),
    )


def _asked(match: Match, answered: Collection[str]) -> Asked:
    return Asked(
        match.recipient.name or match.supply.title,
        match.state.value,
        match.proposed_at,
        match.answer_by,
        match.decline_reason,
        match.match_id in answered,
    )

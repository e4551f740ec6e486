"""From POST to the first mail, at a constant rate, counted from when each POST was due."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from bench.stats import Summary, arrivals, summary
from bench.world import Poster, World, settle
from services.cli.demo.samples import Submission
from services.notifier.domain.identity import thread_id

# When each step of a demand's way was stored, by the database's clock, which is this machine's.
_STEPS = """
SELECT n.need_id, n.outcome,
    (SELECT min(o.created_at) FROM intake.outbox o
     WHERE o.topic = 'jisr.demands.v1' AND o.key = convert_to(n.need_id, 'UTF8')) AS stored,
    (SELECT min(o.published_at) FROM intake.outbox o
     WHERE o.topic = 'jisr.demands.v1' AND o.key = convert_to(n.need_id, 'UTF8')) AS published,
    n.created_at AS analysed, n.decided_at AS decided,
    (SELECT min(o.published_at) FROM matcher.outbox o
     WHERE o.topic = 'jisr.matches.v1' AND o.key = convert_to(n.need_id, 'UTF8')) AS told,
    (SELECT min(d.created_at) FROM notifier.deliveries d WHERE d.need_id = n.need_id) AS planned,
    (SELECT min(d.finished_at) FROM notifier.deliveries d
     WHERE d.need_id = n.need_id AND d.state = 'delivered') AS recorded
FROM matcher.needs n WHERE n.need_id = ANY($1::text[])
"""
STEPS = ("stored", "published", "analysed", "decided", "told", "planned", "recorded")


@dataclass(frozen=True)
class _Posted:
    """One demand: when it was due (both clocks, seconds) and how long the answer took."""

    demand_id: str
    due: float
    due_wall: float
    answered: float


@dataclass(frozen=True)
class Latency:
    """What was seen. Durations are from the time a POST was due, in milliseconds."""

    rate: float
    seconds: float
    posted: int
    matched: int
    without_mail: int
    mail: Summary | None
    answer: Summary | None
    steps: dict[str, Summary | None]
    late_start: Summary | None


async def measure(world: World, rate: float, warm_up_s: float, seconds: float) -> Latency:
    """Post at ``rate`` demands a second for ``seconds``, after a warm-up that is not counted."""
    poster = Poster(world)
    late: list[float] = []
    try:
        await _open_loop(poster, world, rate, warm_up_s, [])
        posted = await _open_loop(poster, world, rate, seconds, late)
    finally:
        await poster.close()
    await settle(world.hub)
    return await _evaluate(world, posted, late, rate, seconds)


async def _open_loop(
    poster: Poster, world: World, rate: float, seconds: float, late: list[float]
) -> list[_Posted]:
    tasks = []
    begin, begin_wall = time.monotonic(), time.time()
    for offset in arrivals(rate, seconds):
        demand = next(world.demands)
        await asyncio.sleep(max(0.0, begin + offset - time.monotonic()))
        late.append(time.monotonic() - begin - offset)
        tasks.append(asyncio.create_task(_one(poster, demand, begin + offset, begin_wall + offset)))
    return await asyncio.gather(*tasks)


async def _one(poster: Poster, demand: Submission, due: float, due_wall: float) -> _Posted:
    demand_id = await poster.post(demand)
    return _Posted(demand_id, due, due_wall, time.monotonic() - due)


async def _evaluate(
    world: World, posted: list[_Posted], late: list[float], rate: float, seconds: float
) -> Latency:
    mails = world.hub.postbox.arrivals()
    first = {p: mails.get(str(thread_id(p.demand_id)), [None])[0] for p in posted}
    rows = await _rows(world, [p.demand_id for p in posted])
    steps: dict[str, Summary | None] = {}
    for name in STEPS:
        steps[name] = summary(
            [
                _since(row[name], p.due_wall)
                for p in posted
                if (row := rows.get(p.demand_id)) and row[name] is not None
            ]
        )
    return Latency(
        rate=rate,
        seconds=seconds,
        posted=len(posted),
        matched=sum(row["outcome"] == "proposed" for row in rows.values()),
        without_mail=sum(came is None for came in first.values()),
        mail=summary([came - p.due for p, came in first.items() if came is not None]),
        answer=summary([p.answered for p in posted]),
        steps=steps,
        late_start=summary(late),
    )


def _since(moment: datetime, wall: float) -> float:
    return moment.timestamp() - wall


async def _rows(world: World, ids: list[str]) -> dict[str, Any]:
    connection = await asyncpg.connect(world.hub.settings.dsn())
    try:
        return {row["need_id"]: row for row in await connection.fetch(_STEPS, ids)}
    finally:
        await connection.close()

"""The floor: the rows and events of a hub's run once more, by bare asyncpg and aiokafka.

The same tables, rows, bytes, inboxes and outboxes, the same hops over topics, at most as many
records to a transaction as in the hub; no HTTP, validation, ranking, rendering or mail. What
the hub takes beyond this is the price of what it does, not of where it keeps it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import asyncpg

from bench.hub import scratch
from bench.replay import Replay
from bench.throughput import Run, difference, used
from bench.trail import Row, Trail
from services.runtime import database, topics
from services.runtime.embedded import EmbeddedKafka, EmbeddedPostgres

_LIMIT_S = 60.0
_WARM_UP = 30
_ELECTION_S = 2.0
_EMPTY = """
TRUNCATE intake.facts, intake.matches, intake.decisions, intake.outbox, intake.inbox,
    matcher.needs, matcher.matches, matcher.vectors, matcher.outbox, matcher.inbox,
    notifier.entries, notifier.deliveries, notifier.outbox, notifier.inbox
"""


@dataclass(frozen=True)
class Recorded:
    """A run of the hub, and how it was driven. ``most`` is the matcher's largest batch."""

    run: Run
    trails: Sequence[Trail]
    at_once: int
    most: int


async def recipients_of(dsn: str) -> list[Row]:
    """The inboxes that the entries refer to."""
    connection = await asyncpg.connect(dsn)
    try:
        return [dict(row) for row in await connection.fetch("SELECT * FROM notifier.recipients")]
    finally:
        await connection.close()


async def measure(recorded: Sequence[Recorded], recipients: Sequence[Row]) -> list[Run]:
    """Replay each run on a broker and a database of their own, set up like a hub's."""
    with scratch() as folder, EmbeddedPostgres(folder / "postgres") as postgres:
        kafka = EmbeddedKafka(folder / "kafka")
        await asyncio.to_thread(kafka.start)
        try:
            await database.migrate(postgres.dsn)
            await _add_recipients(postgres.dsn, recipients)
            await _topics(kafka.bootstrap_servers, len(recorded) + 1)
            runs = []
            warm_up = replace(recorded[0], trails=recorded[0].trails[:_WARM_UP])
            for number, one in enumerate([warm_up, *recorded]):
                servers = kafka.bootstrap_servers
                runs.append(await _replay(one, postgres.dsn, servers, f"run{number}."))
            return runs[1:]
        finally:
            await asyncio.to_thread(kafka.stop)


async def _topics(servers: str, runs: int) -> None:
    """Topics of their own for each run, and a moment for the broker to lead them all."""
    for number in range(runs):
        await topics.ensure(servers, 1, f"run{number}.")
    await asyncio.sleep(_ELECTION_S)


async def _replay(one: Recorded, dsn: str, servers: str, prefix: str) -> Run:
    replay = Replay(one.trails, dsn, servers, prefix, one.most)
    async with AsyncExitStack() as held:
        counters = await asyncpg.connect(dsn)
        held.push_async_callback(counters.close)
        await counters.execute(_EMPTY)
        await replay.start()
        held.push_async_callback(replay.stop)
        before, began = await used(counters), time.monotonic()
        if one.run.door == "HTTP":
            await replay.tell(one.at_once)
        else:
            await replay.submit()
        await asyncio.wait_for(replay.finished.wait(), _LIMIT_S)
        await replay.drained()
        written = difference(before, await used(counters))
    decided, told = replay.decided_at - began, replay.told_at - began
    return Run(one.run.door, one.run.count, decided, max(decided, told), written)


async def _add_recipients(dsn: str, recipients: Sequence[Row]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        columns = list(recipients[0])
        await connection.copy_records_to_table(
            "recipients",
            schema_name="notifier",
            columns=columns,
            records=[tuple(row.values()) for row in recipients],
        )
    finally:
        await connection.close()

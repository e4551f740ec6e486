"""Webhooks a second, beside a bare aiohttp; and how one receiver that hangs changes the others."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from standardwebhooks import Webhook

from bench.stats import percentile
from schemas.life import NeedChanged
from services.notifier import app
from services.notifier.adapters.hook_bodies import hooks_of
from services.notifier.adapters.hook_store import HookStore
from services.runtime.database import Database
from services.runtime.endpoints.book import Book, Owner, Wish
from services.runtime.settings import Settings

RECEIVERS = 20
AT_ONCE = 8
"""Under way at once to one receiver, as the settings' default."""


@dataclass
class Receivers:
    """A process of receivers, and what came once it has ended."""

    urls: list[str]
    came: dict[str, int]


@contextmanager
def receivers(hanging: int = 0) -> Iterator[Receivers]:
    """Receivers that listen until the block ends."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.telling.receivers", str(RECEIVERS), str(hanging)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    assert child.stdout is not None
    ports = child.stdout.readline().split()
    found = Receivers([f"http://127.0.0.1:{port}/hook" for port in ports], {})
    try:
        yield found
    finally:
        child.send_signal(signal.SIGTERM)
        for line in child.communicate(timeout=60)[0].splitlines():
            at, _, name = line.partition(" ")
            found.came.setdefault(name, int(at))


def told(number: int, source: str) -> NeedChanged:
    """One change of a demand of ``source``."""
    return NeedChanged.model_validate(
        {
            "need": {
                "kind": "demand",
                "id": f"d-{number}",
                "external_id": f"BENCH-{number}",
                "source": source,
                "owner": {"type": "city", "id": "settat"},
                "city": "settat",
                "need_kind": "technology",
                "title": "Trouver les fuites sous la médina",
                "language": "fr",
                "version": 1,
            },
            "state": "proposed",
            "reach": "own",
            "wanted": 3,
            "policy_version": "bench",
            "version": 1,
            "changed_at": "2026-11-23T09:00:00Z",
        }
    )


async def bare(urls: list[str], count: int) -> float:
    """Signed posts a second by aiohttp alone, as many at once as the hub has under way."""
    body = hooks_of([told(1, "city:0")], datetime.now(UTC))[0].body
    text = str(body).replace("'", '"')
    key = secrets.token_bytes(32)
    numbers = iter(range(count))
    connector = aiohttp.TCPConnector(limit=RECEIVERS * AT_ONCE)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:

        async def worker(url: str) -> None:
            for number in numbers:
                now = datetime.now(UTC)
                headers = {
                    "Content-Type": "application/json",
                    "webhook-id": f"bare-{number}",
                    "webhook-timestamp": str(int(now.timestamp())),
                    "webhook-signature": Webhook(key).sign(f"bare-{number}", now, text),
                }
                async with session.post(url, data=text.encode(), headers=headers) as answer:
                    assert answer.status == 204
                    await answer.read()

        began = time.perf_counter()
        await asyncio.gather(*(worker(url) for url in urls for _ in range(AT_ONCE)))
        return count / (time.perf_counter() - began)


async def register(database: Database, urls: list[str]) -> None:
    """One system with one endpoint for each receiver: city:0, city:1 ..."""
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM vault.endpoints")
        for number, url in enumerate(urls):
            host = url.split("/")[2]
            await Book(connection).add(Owner("source", f"city:{number}"), Wish(url, host))


async def _plan(database: Database, count: int) -> None:
    for begin in range(0, count, 500):
        some = range(begin, min(begin + 500, count))
        events = [told(number, f"city:{number % RECEIVERS}") for number in some]
        async with HookStore(database).transaction() as ledger:
            await ledger.put(hooks_of(events, datetime.now(UTC)))


async def _sent(database: Database) -> int:
    found: int = await database.pool.fetchval(
        "SELECT count(*) FROM deliveries WHERE state = 'delivered'"
    )
    return found


async def hub(settings: Settings, database: Database, urls: list[str], count: int) -> float:
    """Webhooks a second by the notifier, each attempt stored with its event."""
    await database.pool.execute("TRUNCATE deliveries, outbox CASCADE")
    await register(database, urls)
    await _plan(database, count)
    await database.pool.execute("ANALYZE deliveries")
    dispatcher = app.webhooks(settings, database)
    began = time.perf_counter()
    working = asyncio.create_task(dispatcher.run())
    try:
        while await _sent(database) < count:  # noqa: ASYNC110 - a table tells no event
            await asyncio.sleep(0.1)
        return count / (time.perf_counter() - began)
    finally:
        working.cancel()
        await asyncio.wait([working])


async def latency(
    settings: Settings, database: Database, found: Receivers, rate: float, seconds: float
) -> dict[str, int]:
    """Plan ``rate`` webhooks a second for ``seconds``, in turn for every receiver; when each was
    planned (monotonic nanoseconds) by its id.
    """
    await database.pool.execute("TRUNCATE deliveries, outbox CASCADE")
    await register(database, found.urls)
    working = asyncio.create_task(app.webhooks(settings, database).run())
    planned: dict[str, int] = {}
    began = time.monotonic()
    try:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            source = f"city:{number % RECEIVERS}"
            at = time.monotonic_ns()
            async with HookStore(database).transaction() as ledger:
                await ledger.put(hooks_of([told(number, source)], datetime.now(UTC)))
            planned[f"d-{number}"] = at
        await asyncio.sleep(1)
        rows = await database.pool.fetch("SELECT delivery_id, need_id FROM deliveries")
    finally:
        working.cancel()
        await asyncio.wait([working])
    return {str(row["delivery_id"]): planned[row["need_id"]] for row in rows}


def p99_ms(planned: dict[str, int], came: dict[str, int]) -> float:
    """Milliseconds from planning to arrival, of what arrived."""
    took = sorted((came[name] - at) / 1e6 for name, at in planned.items() if name in came)
    return percentile(took, 0.99)


async def measure(
    dsn: str, count: int, turns: int, rate: float, seconds: float, say: Callable[[str], None]
) -> dict[str, Any]:
    """All of it, ``turns`` times, on a migrated database."""
    settings = Settings(_env_file=None, database_url=dsn, webhook_loopback=True)
    database = Database(dsn, "notifier")
    await database.start()
    found: dict[str, Any] = {"count": count, "rate": rate, "bare": [], "hub": []}
    found |= {"p99_0": [], "p99_1": []}
    try:
        for _ in range(turns):
            with receivers() as some:
                found["bare"].append(await bare(some.urls, count))
                found["hub"].append(await hub(settings, database, some.urls, count))
        say("Telling: one receiver hangs")
        for _ in range(turns):
            for hanging in (0, 1):
                with receivers(hanging) as some:
                    planned = await latency(settings, database, some, rate, seconds)
                found[f"p99_{hanging}"].append(p99_ms(planned, some.came))
    finally:
        await database.stop()
    return found

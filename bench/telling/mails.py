"""Mails a second, beside a bare aiosmtplib with the same number of connections."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage

import aiosmtplib

from bench.hub import REPOSITORY
from schemas.match import Match
from services.notifier.adapters.postgres_store import Store
from services.notifier.app import create_app
from services.notifier.domain.directory import Directory
from services.notifier.handlers.events import hear
from services.runtime.database import Database
from services.runtime.embedded.ports import LOOPBACK, free_port
from services.runtime.settings import Settings

_AT_ONCE = {
    "pace": {"proposals": "instant"},
    "instant_score": 0.0,
    "quiet_hours": "none",
    "most_a_day": 50,
}
_BODY = (
    "Bonjour,\n\nNous cherchons un procédé d'écoute qui localise les fuites sans creuser.\n" * 20
)


@contextmanager
def postbox() -> Iterator[int]:
    """A mail server in a process of its own, which takes everything; its port."""
    port = free_port()
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.postbox", str(port)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    drained = subprocess.Popen(["cat"], stdin=child.stdout, stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        child.terminate()
        child.wait(timeout=30)
        drained.wait(timeout=30)


async def bare(port: int, count: int, connections: int) -> float:
    """Mails a second by aiosmtplib alone: two forms, written once, sent over ``connections``."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "hub@jisr.example", "a@b.example", "Fuites"
    letter.set_content(_BODY)
    letter.add_alternative(f"<p>{_BODY}</p>", subtype="html")
    numbers = iter(range(count))

    async def worker() -> None:
        async with aiosmtplib.SMTP(hostname=LOOPBACK, port=port) as client:
            for _ in numbers:
                await client.send_message(letter)

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(connections)))
    return count / (time.perf_counter() - began)


def _match(number: int) -> Match:
    member = f"member-{number}"
    return Match.model_validate(
        {
            "match_id": f"m-{number}",
            "need": {
                "kind": "demand",
                "id": f"d-{number}",
                "owner": {"type": "city", "id": "marrakech"},
                "city": "marrakech",
                "need_kind": "technology",
                "title": "Trouver les fuites sous la médina",
                "description": _BODY[:900],
                "language": "fr",
                "version": 1,
            },
            "supply": {
                "kind": "member",
                "id": member,
                "owner": {"type": "member", "id": member},
                "title": "Atlas Data",
                "version": 1,
            },
            "recipient": {"kind": "member", "id": member, "name": "Atlas Data", "locale": "fr"},
            "state": "proposed",
            "rank": 1,
            "score": 0.83,
            "reasons": [{"kind": "terms", "terms": ["fuites", "eau potable"], "weight": 0.4}],
            "policy_version": "bench",
        }
    )


async def hub(dsn: str, port: int, count: int) -> float:
    """Mails a second by the notifier, each written for its reader, and each attempt stored."""
    settings = Settings(
        _env_file=None, database_url=dsn, smtp_port=port, default_preferences=_AT_ONCE
    )
    directory = Directory()
    service = create_app(settings, directory)
    await service.database.start()
    for hook in service.before_start:
        await hook()
    await _plan(service.database, directory, count)
    began = time.perf_counter()
    working = asyncio.ensure_future(service.workers[0]())
    try:
        while await _sent(service.database) < count:  # noqa: ASYNC110 - a table tells no event
            await asyncio.sleep(0.1)
        return count / (time.perf_counter() - began)
    finally:
        working.cancel()
        await asyncio.wait([working])
        await service.before_stop[0]()
        await service.database.stop()


async def _plan(database: Database, directory: Directory, count: int) -> None:
    await database.pool.execute("TRUNCATE deliveries, outbox, entries, matches CASCADE")
    for begin in range(0, count, 200):
        events = [_match(number) for number in range(begin, min(begin + 200, count))]
        async with Store(database).transaction() as ledger:
            await hear(ledger, events, directory, "mnc", datetime.now(UTC))
    await database.pool.execute("UPDATE deliveries SET due_at = clock_timestamp()")
    await database.pool.execute("ANALYZE")


async def _sent(database: Database) -> int:
    found: int = await database.pool.fetchval(
        "SELECT count(*) FROM deliveries WHERE state = 'delivered'"
    )
    return found

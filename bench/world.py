"""What the hub is loaded with: the samples' directory and members, and demands without end."""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import asyncpg

from bench.hub import REPOSITORY, BenchFailed, Hub
from services.cli.demo import samples
from services.cli.demo.doors import HttpDoor, make_keys
from services.cli.demo.samples import Submission

_LOAD_LIMIT_S = 120.0
_LOOK_EVERY_S = 0.25
_SENTENCES = {
    "fr": "Notre dossier porte la référence {}.",
    "ar": "رقم ملفنا هو {}.",
    "en": "Our file has the reference {}.",
}
# Every event is published and has reached each service that takes it, and no mail waits.
_QUIET = """
SELECT NOT EXISTS (SELECT FROM intake.outbox WHERE published_at IS NULL)
   AND NOT EXISTS (SELECT FROM matcher.outbox WHERE published_at IS NULL)
   AND NOT EXISTS (SELECT FROM notifier.outbox WHERE published_at IS NULL)
   AND NOT EXISTS (SELECT FROM notifier.deliveries WHERE state = 'waiting')
   AND NOT EXISTS (
        SELECT FROM intake.outbox o WHERE o.topic IN ('jisr.demands.v1', 'jisr.members.v1')
        AND NOT EXISTS (SELECT FROM matcher.inbox i
                        WHERE i.source = o.source AND i.event_id = o.event_id))
   AND NOT EXISTS (
        SELECT FROM matcher.outbox o WHERE o.topic = 'jisr.matches.v1'
        AND NOT (EXISTS (SELECT FROM intake.inbox i
                         WHERE i.source = o.source AND i.event_id = o.event_id)
                 AND EXISTS (SELECT FROM notifier.inbox i
                             WHERE i.source = o.source AND i.event_id = o.event_id)))
"""


@dataclass(frozen=True)
class World:
    """A loaded hub: its keys by source, and demands to post, each told once."""

    hub: Hub
    keys: dict[str, str]
    demands: Iterator[Submission]
    members: int


def unique_demands(found: list[Submission], run: str) -> Iterator[Submission]:
    """The demands of ``found`` over and over, each time with a name and a sentence of their own.

    The sentence makes the text another one, so that neither the store of vectors nor
    idempotence answers in the hub's place; ``run`` tells one run's names from another's.
    """
    for number, one in enumerate(itertools.cycle(found)):
        reference = f"{run}-{number}"
        sentence = _SENTENCES.get(one.body.get("language", "fr"), _SENTENCES["fr"])
        text = f"{one.body.get('description', '')} {sentence.format(reference)}".strip()
        body = {**one.body, "external_id": f"{one.body['external_id']}-{reference}"}
        yield replace(one, body={**body, "description": text})


async def load(hub: Hub) -> World:
    """Load the samples' directory and members over HTTP and wait until nothing moves."""
    read = samples.read(REPOSITORY / "samples")
    keys = await make_keys(hub.settings, (s.source for s in read.demands))
    door = HttpDoor(hub.intake, keys)
    try:
        await door.put_directory(read.directory)
        await door.put_members(read.members)
    finally:
        await door.close()

    async def indexed() -> bool:
        return int((await readiness(hub, "matcher"))["supplies"]) >= len(read.members)

    await until(indexed, "members analysed")
    await settle(hub)
    run = uuid.uuid4().hex[:6]
    return World(hub, keys, unique_demands(read.demands, run), len(read.members))


async def readiness(hub: Hub, service: str) -> dict[str, Any]:
    """What /readyz of ``service`` says."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{hub.addresses[service]}/readyz") as answer,
    ):
        facts: dict[str, Any] = await answer.json()
    return facts


async def settle(hub: Hub) -> None:
    """Wait until every event has arrived and every mail is out, three looks in a row."""
    connection = await asyncpg.connect(hub.settings.dsn())
    calm = 0

    async def quiet() -> bool:
        nonlocal calm
        calm = calm + 1 if await connection.fetchval(_QUIET) else 0
        return calm > 2

    try:
        await until(quiet, "everything published and sent")
    finally:
        await connection.close()


async def until(true: Callable[[], Awaitable[bool]], what: str) -> None:
    """Ask four times a second; raises `BenchFailed` after two minutes."""
    end = time.monotonic() + _LOAD_LIMIT_S
    while not await true():
        if time.monotonic() > end:
            raise BenchFailed(f"After {_LOAD_LIMIT_S:.0f} s still not: {what}")
        await asyncio.sleep(_LOOK_EVERY_S)


class Poster:
    """Posts demands as their sources, over connections that stay open."""

    def __init__(self, world: World) -> None:
        self._address = f"{world.hub.intake}/v1/demands"
        self._keys = world.keys
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60)
        )

    async def close(self) -> None:
        """End the connections."""
        await self._session.close()

    async def post(self, demand: Submission) -> str:
        """The demand's id once the hub has it. Raises `BenchFailed` when it is not taken."""
        headers = {"Authorization": f"Bearer {self._keys[demand.source]}"}
        async with self._session.post(self._address, json=demand.body, headers=headers) as answer:
            if answer.status != 202:
                raise BenchFailed(f"POST: {answer.status} {await answer.text()}")
            receipt = await answer.json()
        return str(receipt["id"])

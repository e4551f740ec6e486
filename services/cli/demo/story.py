"""The demo's story: load the world, publish what cities ask, wait until all is decided and told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import asyncpg

from schemas.topics import MATCHES
from services.cli.console import Progress
from services.cli.demo.act import Act
from services.cli.demo.doors import HttpDoor, make_keys, publish
from services.cli.demo.mailbox import Mailbox
from services.cli.demo.samples import Samples
from services.cli.errors import CommandFailed
from services.runtime.serve import Addresses
from services.runtime.settings import Settings

_PATIENCE_S = 240.0
_EVERY_S = 0.25
_SAY_EVERY_S = 4.0
_UNDECIDED = ("open",)
# What waits for its reader's hour or digest is told later.
_WAITING_MAILS = """
SELECT count(*) FROM notifier.deliveries
WHERE state = 'waiting' AND coalesce(tried_from, created_at) <= clock_timestamp()
"""
_TOLD = "SELECT count(*) FROM notifier.entries"
_UNTOLD = """
SELECT count(*) FROM matcher.outbox AS said
WHERE topic = $1 AND NOT EXISTS (
    SELECT 1 FROM notifier.inbox AS heard
    WHERE heard.source = said.source AND heard.event_id = said.event_id)
"""


@dataclass(frozen=True)
class Ending:
    """What was seen at the end of the story."""

    demands: list[dict[str, Any]]
    mails: int
    entries: int
    rejected: int

    @property
    def undecided(self) -> list[str]:
        """The external ids of demands without a decision."""
        return [d["external_id"] for d in self.demands if d["state"] in _UNDECIDED]


@dataclass
class Story:
    """Plays the samples against a running hub."""

    settings: Settings
    addresses: Addresses
    samples: Samples
    box: Mailbox
    say: Progress

    async def play(self) -> Ending:
        """All of it, in order; raises CommandFailed when a part takes longer than its limit."""
        keys = await make_keys(self.settings, (s.source for s in self.samples.submissions))
        door = HttpDoor(self.addresses["intake"], keys)
        try:
            await self._load(door)
            await self._publish(door)
            await self._settle(door)
            if self.samples.life is not None:
                await self._act(door, self.samples.life)
                await self._told()
            return await self._ending(door)
        finally:
            await door.close()

    async def _load(self, door: HttpDoor) -> None:
        count = len(self.samples.members)
        self.say(f"Loading {len(self.samples.directory)} directory entries and {count} members")
        await door.put_directory(self.samples.directory)
        await door.put_contacts(self.samples.contacts)
        await door.put_members(self.samples.members)

        async def indexed() -> int:
            return int((await self._ready("matcher"))["supplies"])

        await self._until(indexed, count, "members analysed")

    async def _publish(self, door: HttpDoor) -> None:
        http = [s for s in self.samples.submissions if s.via == "http"]
        events = [s for s in self.samples.submissions if s.via == "kafka"]
        self.say(f"Publishing {len(http)} demands and offers over HTTP, {len(events)} on Kafka")
        await asyncio.gather(door.post(http), publish(self.settings, events))

    async def _settle(self, door: HttpDoor) -> None:
        wanted = len(self.samples.demands)

        async def decided() -> int:
            demands = await door.every("/v1/demands?limit=200")
            return sum(d["state"] not in _UNDECIDED for d in demands)

        await self._until(decided, wanted, "demands decided")
        await self._told()

    async def _act(self, door: HttpDoor, external_id: str) -> None:
        source = next(
            s.source for s in self.samples.demands if s.body["external_id"] == external_id
        )
        await Act(door, external_id, source, self._until, self.say).play()

    async def _told(self) -> None:
        async def sent() -> int:
            if await self._query(_UNTOLD, MATCHES.name):
                return 0
            return int(not await self._query(_WAITING_MAILS))

        await self._until(sent, 1, "mails delivered", lambda: f"{len(self.box.mails)} mails so far")

    async def _ending(self, door: HttpDoor) -> Ending:
        listed = await door.every("/v1/demands?limit=200")
        demands = [await door.get(f"/v1/demands/{demand['id']}") for demand in listed]
        return Ending(demands, len(self.box.mails), await self._query(_TOLD), door.rejected)

    async def _ready(self, service: str) -> dict[str, Any]:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.addresses[service]}/readyz") as answer,
        ):
            facts: dict[str, Any] = await answer.json()
        return facts

    async def _query(self, question: str, *values: str) -> int:
        connection = await asyncpg.connect(self.settings.dsn())
        try:
            return int(await connection.fetchval(question, *values))
        finally:
            await connection.close()

    async def _until(
        self,
        count: Callable[[], Awaitable[int]],
        wanted: int,
        what: str,
        words: Callable[[], str] | None = None,
    ) -> None:
        end, said = time.monotonic() + _PATIENCE_S, time.monotonic()
        while (seen := await count()) < wanted:
            if time.monotonic() > end:
                raise CommandFailed(f"After {_PATIENCE_S:.0f} s: {seen} of {wanted} {what}.")
            if time.monotonic() - said > _SAY_EVERY_S:
                said = time.monotonic()
                self.say(words() if words else f"{seen} of {wanted} {what}")
            await asyncio.sleep(_EVERY_S)
        done = what if wanted == 1 else f"{seen} of {wanted} {what}"
        self.say(words() if words else done)

"""The doors that users use: intake's HTTP API, and CloudEvents straight to Kafka."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
from aiokafka import AIOKafkaProducer

from schemas.envelope import CloudEvent
from schemas.topics import SUBMISSIONS
from services.cli.demo.samples import Submission
from services.cli.errors import CommandFailed
from services.intake.adapters.keys import create_key
from services.intake.domain.speakers import Role
from services.runtime.database import Database
from services.runtime.settings import Settings

_AT_ONCE = 8
HUB = "hub"


@dataclass(frozen=True)
class Refused:
    """One body that was refused with a 4xx, and the text of the answer."""

    path: str
    status: int
    answer: str


async def make_keys(settings: Settings, sources: Iterable[str]) -> dict[str, str]:
    """A new API key for the hub and for each source, as `jisr keys create` makes them."""
    database = Database(settings.dsn(), "intake", size=2)
    await database.start()
    try:
        keys = {HUB: (await create_key(database, HUB, Role.HUB)).key}
        for source in sorted(set(sources)):
            role = Role.CLUSTER if source.startswith("cluster:") else Role.CITY
            keys[source] = (await create_key(database, source, role)).key
    finally:
        await database.stop()
    return keys


class HttpDoor:
    """Requests to intake, each with its source's key."""

    def __init__(self, base: str, keys: dict[str, str]) -> None:
        self._base = base
        self._keys = keys
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self.rejected = 0
        self.refusals: list[Refused] = []

    async def close(self) -> None:
        """End the connections."""
        await self._session.close()

    async def send(
        self,
        method: str,
        path: str,
        body: dict[str, Any],
        source: str,
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Send one body, with ``more`` headers; a refusal is counted, and ends the demo when it
        is not a 4xx.
        """
        headers = {"Authorization": f"Bearer {self._keys[source]}", **(more or {})}
        async with (
            self._slots,
            self._session.request(
                method, f"{self._base}{path}", json=body, headers=headers
            ) as answer,
        ):
            if answer.status >= 500:
                raise CommandFailed(f"{method} {path}: {answer.status} {await answer.text()}")
            if answer.status >= 400:
                self.rejected += 1
                self.refusals.append(Refused(path, answer.status, await answer.text()))

    async def admits(self, source: str) -> bool:
        """Whether the hub knows the key of ``source``."""
        headers = {"Authorization": f"Bearer {self._keys[source]}"}
        async with self._session.get(f"{self._base}/v1/webhooks", headers=headers) as answer:
            return answer.status != 401

    async def get(self, path: str, source: str = HUB) -> Any:
        """The JSON at ``path``."""
        headers = {"Authorization": f"Bearer {self._keys[source]}"}
        async with self._session.get(f"{self._base}{path}", headers=headers) as answer:
            if answer.status != 200:
                raise CommandFailed(f"GET {path}: {answer.status} {await answer.text()}")
            return await answer.json()

    async def put_directory(self, entries: Iterable[dict[str, Any]]) -> None:
        """Publish directory entries as the hub."""
        await asyncio.gather(
            *(
                self.send("PUT", f"/v1/directory/{e['entry']}/{quote(e['id'])}", e, HUB)
                for e in entries
            )
        )

    async def put_contacts(self, contacts: Iterable[dict[str, Any]]) -> None:
        """Say as the hub how to reach cities, committees and members."""
        await asyncio.gather(
            *(
                self.send(
                    "PUT", f"/v1/contacts/{quote(c['kind'])}/{quote(c['id'])}", _person(c), HUB
                )
                for c in contacts
            )
        )

    async def put_members(self, members: Iterable[dict[str, Any]]) -> None:
        """Publish members as the hub."""
        await asyncio.gather(
            *(self.send("PUT", f"/v1/members/{quote(m['member_id'])}", m, HUB) for m in members)
        )

    async def post(self, submissions: Iterable[Submission]) -> None:
        """Publish demands and offers as their sources."""
        await asyncio.gather(
            *(self.send("POST", f"/v1/{s.kind}s", s.body, s.source) for s in submissions)
        )

    async def every(self, path: str) -> list[dict[str, Any]]:
        """All items of a list with keyset pages."""
        found: list[dict[str, Any]] = []
        following: str | None = path
        while following:
            page = await self.get(following)
            found += page["items"]
            following = page.get("next")
        return found


def _person(contact: Mapping[str, Any]) -> dict[str, Any]:
    """``contact`` without whose it is, which its address says."""
    return {key: value for key, value in contact.items() if key not in ("kind", "id")}


async def publish(settings: Settings, submissions: Iterable[Submission]) -> None:
    """Send submissions as a city system does that speaks Kafka: binary CloudEvents, key source."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers, acks="all", client_id="demo-city"
    )
    await producer.start()
    try:
        sent = [await _send(producer, settings.topic_prefix, s) for s in submissions]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def _send(
    producer: AIOKafkaProducer, prefix: str, submission: Submission
) -> asyncio.Future[Any]:
    event = CloudEvent(
        id=str(uuid.uuid4()),
        source=submission.source,
        type=f"jisr.{submission.kind}.submitted",
        data=json.dumps(submission.body, ensure_ascii=False).encode(),
    )
    sent: asyncio.Future[Any] = await producer.send(
        prefix + SUBMISSIONS.name,
        event.data,
        key=submission.source.encode(),
        headers=event.headers(),
    )
    return sent

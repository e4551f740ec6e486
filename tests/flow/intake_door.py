"""Intake's HTTP door over a real database, without a broker, and what tests send through it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.intake.adapters.keys import create_key
from services.intake.app import create_app
from services.intake.domain.speakers import Role
from services.runtime.database import Database
from services.runtime.settings import Settings

SOURCES = {
    "city:settat": Role.CITY,
    "city:oujda": Role.CITY,
    "cluster:mnc": Role.CLUSTER,
    "cluster:other": Role.CLUSTER,
    "hub": Role.HUB,
}


def demand(**changes: Any) -> dict[str, Any]:
    """A valid demand as a city sends it."""
    return {
        "external_id": "SET-1",
        "city": "settat",
        "structure": {"name": "Zraâ Market", "kind": "spin-off"},
        "kind": "service",
        "title": "Paiement mobile sécurisé",
        "language": "fr",
        "contact": {"name": "Salma Idrissi", "email": "salma@zraa-market.example"},
    } | changes


def offer(**changes: Any) -> dict[str, Any]:
    """A valid offer as a city sends it."""
    return {
        "external_id": "SET-O-1",
        "owner": {"type": "city", "id": "settat"},
        "kind": "incubation",
        "title": "Huit places d'incubation",
        "language": "fr",
        "capacity": 8,
    } | changes


def member(**changes: Any) -> dict[str, Any]:
    """A valid member as a cluster sends it."""
    return {
        "cluster": "mnc",
        "name": "KhlassPay",
        "kind": "company",
        "description": "Encaissement par carte.",
        "contact": {"email": "bonjour@khlasspay.example"},
    } | changes


@dataclass
class Door:
    """A client of intake, a key for each of `SOURCES`, and intake's database."""

    client: httpx.AsyncClient
    database: Database
    keys: dict[str, str] = field(default_factory=dict)

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        source: str | None = "city:settat",
        **more: Any,
    ) -> httpx.Response:
        """Send ``body`` (bytes, or a value as JSON) as ``source``; None: without a key."""
        headers = dict(more.pop("headers", {}))
        if source is not None:
            headers.setdefault("Authorization", f"Bearer {self.keys[source]}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        return await self.client.request(method, path, content=body, headers=headers, **more)

    async def post(self, body: Any, **more: Any) -> httpx.Response:
        """POST a demand."""
        return await self.ask("POST", "/v1/demands", body, **more)

    async def events(self, topic: str = "jisr.demands.v1") -> list[dict[str, Any]]:
        """The data of the events in the outbox for ``topic``, in the order of their ids."""
        rows = await self.database.pool.fetch(
            "SELECT value FROM outbox WHERE topic = $1 ORDER BY id", topic
        )
        return [json.loads(row["value"]) for row in rows]


async def make_keys(database: Database) -> dict[str, str]:
    """A key for each of `SOURCES`."""
    return {source: (await create_key(database, source, r)).key for source, r in SOURCES.items()}


@asynccontextmanager
async def open_door(database_url: str) -> AsyncIterator[Door]:
    """Intake's HTTP application on ``database_url``, as in production but for the broker."""
    service = create_app(Settings(_env_file=None, database_url=database_url))
    await service.database.start()
    transport = httpx.ASGITransport(service.http, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
            yield Door(client, service.database, await make_keys(service.database))
    finally:
        await service.database.stop()

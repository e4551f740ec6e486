"""Receivers of webhooks on loopback, and a hub that registers endpoints and sends to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
from aiohttp import web
from pydantic import BaseModel, SecretStr

from schemas.life import NeedChanged
from schemas.match import Match
from services.intake import app as intake_app
from services.notifier import app as notifier_app
from services.notifier.adapters.postgres_store import Store
from services.notifier.domain.directory import Directory
from services.notifier.handlers.events import hear
from services.notifier.handlers.hooks import HookDispatcher
from services.runtime.database import Database
from services.runtime.settings import Settings
from tests.flow import notifier_facts
from tests.flow.intake_door import Door, make_keys

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Arrival:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def id(self) -> str:
        """Its webhook-id."""
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """An HTTP server on loopback that keeps what comes. ``answers`` are given in turn, then 204."""

    arrivals: list[Arrival] = field(default_factory=list)
    answers: list[web.Response | Answer] = field(default_factory=list)
    always: Answer | None = None
    port: int = 0
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def start(self) -> None:
        """Listen; on the port of before, after a `stop`."""
        app = web.Application(client_max_size=1 << 20)
        app.router.add_post("/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.arrivals.append(Arrival(headers, await request.read(), request.path))
        if self.always is not None:
            return await self.always(request)
        answer = self.answers.pop(0) if self.answers else web.Response(status=204)
        return answer if isinstance(answer, web.StreamResponse) else await answer(request)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver()
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.stop()


@dataclass
class Hub:
    """Intake's door and a notifier that sends webhooks, on one database and without a broker."""

    door: Door
    settings: Settings
    store: Store
    admin: asyncpg.Connection[Any]
    dispatcher: HookDispatcher
    directory: Directory = field(default_factory=Directory)

    async def register(self, url: str, source: str = "city:settat", **more: Any) -> dict[str, Any]:
        """Register an endpoint by the API; its view with the secret."""
        response = await self.door.ask("POST", "/v1/webhooks", {"url": url} | more, source)
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.json()
        return made

    async def tell(self, *told: BaseModel) -> None:
        """Let the notifier hear what was ``told`` on ``jisr.matches.v1``."""
        async with self.store.transaction() as ledger:
            await hear(ledger, told, self.directory, "mnc", datetime.now(UTC))

    async def deliveries(self) -> list[asyncpg.Record]:
        """What was planned for endpoints, oldest first."""
        return await self.admin.fetch(
            "SELECT * FROM notifier.deliveries WHERE endpoint_id IS NOT NULL ORDER BY created_at"
        )

    async def states(self) -> list[str]:
        """The states of what was planned for endpoints by webhook."""
        return [one["state"] for one in await self.deliveries() if one["channel"] == "webhook"]

    async def endpoint(self, endpoint_id: str) -> asyncpg.Record:
        """The row of an endpoint."""
        row = await self.admin.fetchrow(
            "SELECT * FROM vault.endpoints WHERE endpoint_id = $1", endpoint_id
        )
        assert row is not None
        return row

    async def hurry(self) -> None:
        """Let everything that waits be due now."""
        await self.admin.execute("UPDATE notifier.deliveries SET due_at = clock_timestamp()")
        await self.admin.execute("NOTIFY jisr_notifier_deliveries")

    async def results(self) -> list[dict[str, Any]]:
        """What was published on ``jisr.deliveries.v1`` about webhooks."""
        rows = await self.admin.fetch(
            "SELECT value FROM notifier.outbox WHERE topic = 'jisr.deliveries.v1' ORDER BY id"
        )
        found = [json.loads(row["value"]) for row in rows]
        return [one for one in found if one["channel"] == "webhook"]


@asynccontextmanager
async def open_hub(
    database_url: str, *, is_sending: bool = True, **changes: Any
) -> AsyncIterator[Hub]:
    """A hub that may send to loopback; its webhooks are sent until the block ends."""
    values = {"webhook_loopback": True, "webhook_timeout_s": 1.0} | changes
    settings = Settings(
        _env_file=None,
        database_url=SecretStr(database_url),
        link_secret=SecretStr("a-secret-of-at-least-32-characters"),
        **values,
    )
    intake = intake_app.create_app(settings)
    await intake.database.start()
    admin = await asyncpg.connect(database_url)
    transport = httpx.ASGITransport(intake.http, raise_app_exceptions=False)
    notifier = Database(database_url, "notifier")
    await notifier.start()
    dispatcher = notifier_app.webhooks(settings, notifier, {"water-networks": "water-environment"})
    sending = dispatcher.run() if is_sending else asyncio.sleep(0)
    working = asyncio.create_task(sending)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
            door = Door(client, intake.database, await make_keys(intake.database))
            yield Hub(door, settings, Store(notifier), admin, dispatcher)
    finally:
        working.cancel()
        await asyncio.wait([working])
        await admin.close()
        await notifier.stop()
        await intake.database.stop()


def need(**changes: Any) -> dict[str, Any]:
    """A demand of the system city:settat."""
    values = {"source": "city:settat", "external_id": "SET-1", "city": "settat"}
    return notifier_facts.need(owner={"type": "city", "id": "settat"}, **values) | changes


def changed(**changes: Any) -> NeedChanged:
    """That demand in its first state."""
    values = {
        "need": need(),
        "state": "open",
        "reach": "own",
        "wanted": 3,
        "policy_version": "p1",
        "version": 1,
        "changed_at": "2026-11-23T09:00:00Z",
    }
    return NeedChanged.model_validate(values | changes)


def matched(**changes: Any) -> Match:
    """A match of that demand."""
    return notifier_facts.match(need=need(), **changes)

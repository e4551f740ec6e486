"""A running notifier with a real mail server beside it, and events to give it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import uvicorn
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic import BaseModel, SecretStr

from schemas import topics
from schemas.directory import DirectoryEntry
from schemas.envelope import CloudEvent, from_record
from schemas.life import Notice
from schemas.match import Decision, Match
from schemas.response import Response
from services.notifier.adapters.live import LiveInboxes
from services.notifier.adapters.postgres_store import Store
from services.notifier.app import create_app
from services.notifier.domain.directory import Directory
from services.notifier.handlers.events import hear
from services.notifier.inbox_links import create_inbox_link
from services.notifier.use_cases.retell import hand_over
from services.runtime.service import Service
from services.runtime.settings import Settings
from tests.flow.mail_server import MailServer

PLANTED = "planted.secret@atlas-data.example"


async def until(condition: Callable[[], Any], limit: float = 15.0) -> None:
    """Return when ``condition`` (which may be awaitable) is true; fail after ``limit`` seconds."""
    end = time.monotonic() + limit
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return
        assert time.monotonic() < end, "it did not come true in time"
        await asyncio.sleep(0.03)


@dataclass
class Desk:
    """A notifier that runs, and what a test does with it."""

    settings: Settings
    service: Service
    mail: MailServer
    producer: AIOKafkaProducer
    admin: asyncpg.Connection[Any]
    http: httpx.AsyncClient
    directory: Directory
    sent: int = field(default=0)

    def knows(self, kind: str, name: str) -> bool:
        """Whether the notifier has read this entry of the directory."""
        return (kind, name) in self.directory.labels

    async def publish(
        self, topic: topics.Topic, key: str, kind: str, data: BaseModel, event_id: str | None = None
    ) -> None:
        """Put one event on a topic of this test."""
        self.sent += 1
        event = CloudEvent(
            event_id or f"e{self.sent}", "/test", kind, data.model_dump_json().encode(), subject=key
        )
        await self.producer.send_and_wait(
            self.settings.topic_prefix + topic.name,
            event.data,
            key=key.encode(),
            headers=event.headers(),
        )

    async def match(self, match: Match, event_id: str | None = None) -> None:
        """Publish a match."""
        kind = "jisr.match.changed"
        await self.publish(topics.MATCHES, match.need.id, kind, match, event_id)

    async def entry(self, item: BaseModel) -> None:
        """Publish an entry of the directory and wait until the notifier has read it."""
        key = f"{item.entry}:{item.id}"  # type: ignore[attr-defined]
        data = DirectoryEntry.model_validate(item.model_dump())
        await self.publish(topics.DIRECTORY, key, "jisr.directory.changed", data)

    async def decision(self, decision: Decision) -> None:
        """Publish a decision."""
        await self.publish(topics.MATCHES, decision.need.id, "jisr.need.decided", decision)

    async def contact(
        self,
        kind: str,
        owner: str,
        email: str | None,
        name: str | None = None,
        phone: str | None = None,
    ) -> None:
        """Give somebody an entry in the vault, as intake does."""
        await self.admin.execute(
            "INSERT INTO vault.contacts (kind, id, name, email, phone) VALUES ($1, $2, $3, $4, $5)",
            *(kind, owner, name, email, phone),
        )

    async def notice(self, one: Notice, event_id: str | None = None) -> None:
        """Publish a notice."""
        kind = "jisr.notice.raised"
        await self.publish(topics.MATCHES, one.need.id, kind, one, event_id)

    async def rows(self, table: str) -> list[asyncpg.Record]:
        """All rows of a table of the notifier."""
        return await self.admin.fetch(f"SELECT * FROM notifier.{table}")

    async def state(self) -> str | None:
        """The state of the only delivery."""
        rows = await self.rows("deliveries")
        return rows[0]["state"] if rows else None

    def link(self, kind: str, owner: str, now: datetime | None = None) -> str:
        """The path of somebody's inbox page."""
        return link_of(self.settings, kind, owner, now)

    async def events(self, topic: topics.Topic, count: int, limit: float = 10.0) -> list[Any]:
        """The events of a topic of this test, once there are ``count``; the records' models."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap_servers,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        found: list[Any] = []
        try:
            name = self.settings.topic_prefix + topic.name
            consumer.assign([TopicPartition(name, p) for p in range(topic.partitions)])
            end = time.monotonic() + limit
            while len(found) < count and time.monotonic() < end:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        event = from_record(record.headers, record.value)
                        found.append(topic.events[event.type].model_validate_json(event.data))
        finally:
            await consumer.stop()
        return found


@asynccontextmanager
async def running_desk(settings: Settings, mail: MailServer | None = None) -> AsyncIterator[Desk]:
    """A notifier on the test's own database and topics; ends with the block."""
    mail = mail or MailServer()
    await mail.start()
    settings = settings.model_copy(update={"smtp_port": mail.port})
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers, acks="all")
    await producer.start()
    admin = await asyncpg.connect(settings.dsn())
    directory = Directory()
    service = create_app(settings, directory)
    await service.start()
    transport = httpx.ASGITransport(app=service.http)
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url=settings.public_address()
        ) as http:
            yield Desk(settings, service, mail, producer, admin, http, directory)
    finally:
        await service.stop()
        await admin.close()
        await producer.stop()
        mail.stop()


@dataclass
class Pages:
    """The inbox pages over a real database, without a broker."""

    settings: Settings
    service: Service
    http: httpx.AsyncClient
    directory: Directory
    base: str = ""

    async def tell(self, *told: BaseModel) -> None:
        """Hear what was ``told`` as if it had come by Kafka in one batch."""
        async with Store(self.service.database).transaction() as ledger:
            await hear(ledger, told, self.directory, "mnc", datetime.now(UTC))

    async def know(self, member_id: str, *, active: bool = True) -> None:
        """Let a member be known."""
        row = {"id": member_id, "name": f"Maison {member_id}", "locale": "fr", "version": 1}
        row |= {"channels": ["inbox"], "consents_abroad": False, "active": active}
        async with Store(self.service.database).transaction() as ledger:
            await ledger.put_members([row])

    async def hand_over(self) -> None:
        """Let whoever holds an office now have what is for it."""
        async with Store(self.service.database).transaction() as ledger:
            await hand_over(ledger, self.directory)

    async def entries(self) -> list[asyncpg.Record]:
        """All entries of all inboxes."""
        return await self.service.database.pool.fetch("SELECT * FROM entries ORDER BY match_id")

    async def said(self) -> list[asyncpg.Record]:
        """All that was said on pages."""
        return await self.service.database.pool.fetch("SELECT * FROM said ORDER BY said_at")

    async def published(self) -> list[BaseModel]:
        """What waits in the outbox for ``jisr.responses.v1``."""
        rows = await self.service.database.pool.fetch(
            "SELECT value, header_names, header_values FROM outbox WHERE topic = $1 ORDER BY id",
            topics.RESPONSES.name,
        )
        events = [
            from_record(
                list(zip(row["header_names"], row["header_values"], strict=True)), row["value"]
            )
            for row in rows
        ]
        models = topics.RESPONSES.events
        return [models[event.type].model_validate_json(event.data) for event in events]

    async def responses(self) -> list[Response]:
        """The answers and outcomes among them."""
        return [one for one in await self.published() if isinstance(one, Response)]

    def link(self, kind: str, owner: str, now: datetime | None = None) -> str:
        """The path of somebody's inbox page."""
        return link_of(self.settings, kind, owner, now)


@asynccontextmanager
async def open_pages(database_url: str, **changes: Any) -> AsyncIterator[Pages]:
    """The notifier's HTTP side alone."""
    settings = Settings(
        _env_file=None,
        database_url=SecretStr(database_url),
        link_secret=SecretStr("a-secret-of-at-least-32-characters"),
        **changes,
    )
    directory = Directory()
    service = create_app(settings, directory)
    await service.database.start()
    for hook in service.before_start:
        await hook()
    transport = httpx.ASGITransport(app=service.http)
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url=settings.public_address()
        ) as http:
            yield Pages(settings, service, http, directory)
    finally:
        await service.database.stop()


@asynccontextmanager
async def on_a_port(pages: Pages) -> AsyncIterator[None]:
    """Serve ``pages`` on a port of loopback (``pages.base``), with the worker that wakes them."""
    workers = [getattr(worker, "__self__", None) for worker in pages.service.workers]
    [live] = [one for one in workers if isinstance(one, LiveInboxes)]
    listening = asyncio.create_task(live.run())
    config = uvicorn.Config(pages.service.http, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    pages.base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield
    finally:
        for say_farewell in pages.service.farewells:
            say_farewell()
        server.should_exit = True
        await asyncio.wait_for(serving, 20)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


def link_of(settings: Settings, kind: str, owner: str, now: datetime | None = None) -> str:
    """The path of somebody's inbox page."""
    secret = settings.link_secret.get_secret_value().encode()
    now = now or datetime.now(UTC)
    address = create_inbox_link(settings, secret, kind, owner, now)  # type: ignore[arg-type]
    return address.removeprefix(settings.public_address())

"""A table is read whole by every replica; what it cannot read blocks nobody (I7)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI

from schemas.directory import City, DirectoryEntry
from schemas.envelope import CloudEvent
from schemas.topics import DIRECTORY
from services.runtime.records import Received
from services.runtime.service import Service, create_service
from services.runtime.settings import Settings
from services.runtime.table import Table

_LETTERS = "SELECT count(*) FROM matcher.outbox WHERE topic = $1"


class _Cities:
    """Keeps the ids it was fed; an id of "poison" makes the feeding fail."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def apply(self, events: Sequence[Received]) -> None:
        ids = [event.data.root.id for event in events]
        if "poison" in ids:
            raise ValueError("poison")
        self.seen += ids


def _service(settings: Settings, cities: _Cities) -> Service:
    servers = settings.kafka_bootstrap_servers or ""
    table = Table(DIRECTORY, cities.apply, settings, "matcher", servers)
    return create_service("matcher", settings, FastAPI(), tables=[table])


async def _send(settings: Settings, *names: str | None) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    for name in names:
        entry = DirectoryEntry(root=City(id=name or "x", names={"fr": "C"}, university="U"))
        event = CloudEvent(
            id=f"e-{name}",
            source="/jisr/intake",
            type="jisr.directory.changed",
            data=entry.model_dump_json().encode() if name else b"not JSON",
        )
        await producer.send_and_wait(
            settings.topic_prefix + DIRECTORY.name, event.data, key=b"k", headers=event.headers()
        )
    await producer.stop()


async def test_a_table_passes_over_what_it_cannot_read_and_each_is_one_dead_letter(
    settings: Settings,
) -> None:
    await _send(settings, "fes", None, "rabat", "poison", "settat")
    first, second = _Cities(), _Cities()
    replicas = [_service(settings, first), _service(settings, second)]
    await asyncio.gather(*(replica.start() for replica in replicas))
    try:
        assert first.seen == second.seen == ["fes", "rabat", "settat"]
        connection = await asyncpg.connect(settings.dsn())
        assert await connection.fetchval(_LETTERS, DIRECTORY.dlq) == 2
        await connection.close()
    finally:
        await asyncio.gather(*(replica.stop() for replica in replicas))

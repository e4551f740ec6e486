"""What intake makes of records on the submissions and matches topics, over a real broker."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from schemas.envelope import CloudEvent
from schemas.match import Decision, Match
from schemas.topics import MATCHES, SUBMISSIONS
from services.intake.adapters.keys import register_source
from services.intake.app import create_app
from services.intake.domain.speakers import Role
from services.runtime.service import Service
from services.runtime.settings import Settings
from tests.flow.intake_door import demand

pytestmark = pytest.mark.kafka


@dataclass
class Wire:
    """A running intake and a producer that writes to its topics."""

    service: Service
    producer: AIOKafkaProducer
    prefix: str

    async def send(
        self, data: Any, event_type: str, source: str = "city:settat", **more: Any
    ) -> None:
        value = data if isinstance(data, bytes) else json.dumps(data).encode()
        event = CloudEvent(str(uuid.uuid4()), source, event_type, value, **more)
        await self.raw(value, event.headers(), source.encode())

    async def raw(
        self, value: bytes | None, headers: list[tuple[str, bytes]], key: bytes | None = None
    ) -> None:
        await self.producer.send_and_wait(
            self.prefix + SUBMISSIONS.name, value, key=key, headers=headers
        )

    async def tell(self, event_type: str, data: Match | Decision) -> None:
        value = data.model_dump_json().encode()
        event = CloudEvent(str(uuid.uuid4()), "/jisr/matcher", event_type, value)
        await self.producer.send_and_wait(
            self.prefix + MATCHES.name, value, key=data.need.id.encode(), headers=event.headers()
        )

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        return list(await self.service.database.pool.fetch(statement, *values))

    async def outbox(self, topic: str) -> list[dict[str, Any]]:
        rows = await self.fetch("SELECT value FROM outbox WHERE topic = $1 ORDER BY id", topic)
        return [json.loads(row["value"]) for row in rows]

    async def rejections(self, number: int) -> list[dict[str, Any]]:
        return await until(lambda: self.outbox("jisr.rejections.v1"), lambda r: len(r) >= number)


async def until(
    look: Callable[[], Awaitable[Any]], enough: Callable[[Any], bool], limit: float = 20.0
) -> Any:
    """What ``look`` finds once it is ``enough``."""
    async with asyncio.timeout(limit):
        while not enough(found := await look()):
            await asyncio.sleep(0.05)
    return found


@pytest.fixture
async def wire(settings: Settings) -> AsyncIterator[Wire]:
    service = create_app(settings)
    await service.start()
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    await register_source(service.database, "city:settat", Role.CITY)
    await register_source(service.database, "cluster:mnc", Role.CLUSTER)
    try:
        yield Wire(service, producer, settings.topic_prefix)
    finally:
        await producer.stop()
        await service.stop()


async def test_a_submission_becomes_a_fact_and_an_event_under_its_trace(wire: Wire) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await wire.send(demand(), "jisr.demand.submitted", traceparent=trace)
    (event,) = await until(lambda: wire.outbox("jisr.demands.v1"), bool)
    assert (event["external_id"], event["source"], event["version"]) == ("SET-1", "city:settat", 1)
    (row,) = await wire.fetch("SELECT header_names, header_values FROM outbox")
    headers = dict(zip(row["header_names"], row["header_values"], strict=True))
    assert headers["traceparent"].decode() == trace
    (contact,) = await wire.fetch("SELECT kind, id, email FROM vault.contacts")
    assert tuple(contact) == ("demand", event["demand_id"], "salma@zraa-market.example")

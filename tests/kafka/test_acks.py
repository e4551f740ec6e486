"""At least once: an offset is committed after the database, and only then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient
from fastapi import FastAPI

from schemas.topics import RESPONSES
from services.runtime.consumer import Batch, Handle, Subscription
from services.runtime.exceptions import DatabaseUnreachable
from services.runtime.service import Service, create_service
from services.runtime.settings import Settings
from services.runtime.topics import connect
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.waiting import eventually

_GROUP = "acks"


@asynccontextmanager
async def _consuming(settings: Settings, handle: Handle) -> AsyncIterator[Service]:
    service = create_service(
        "matcher", settings, FastAPI(), subscriptions=[Subscription(RESPONSES, _GROUP, handle)]
    )
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


async def _committed(admin: AIOKafkaAdminClient, settings: Settings) -> int:
    group = f"{settings.topic_prefix}{_GROUP}.{RESPONSES.name}"
    offsets = await admin.list_consumer_group_offsets(group)
    return sum(offset.offset for offset in offsets.values() if offset.offset > 0)


async def _answers(hub: MatcherHub, number: int) -> None:
    for n in range(number):
        data = (
            f'{{"response_id": "r-{n}", "match_id": "m", "need_id": "d-{n}", "answer": "accept",'
            f' "by": {{"type": "member", "id": "x"}}, "via": "api",'
            f' "answered_at": "2026-11-23T10:00:00Z"}}'
        ).encode()
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", f"e-{n}".encode()),
            ("ce_source", b"/test"),
            ("ce_type", b"jisr.response.given"),
            ("content-type", b"application/json"),
        ]
        await hub.put(RESPONSES, data, headers, key=f"d-{n}".encode())


async def test_what_fails_for_a_time_is_delivered_again_and_nothing_is_committed_meanwhile(
    settings: Settings,
) -> None:
    admin = await connect(settings.kafka_bootstrap_servers or "")
    tries: list[list[str]] = []
    committed_while_failing: list[int] = []

    async def handle(batch: Batch) -> None:
        tries.append([received.event.id for received in batch.events])
        if len(tries) <= 3:
            committed_while_failing.append(await _committed(admin, settings))
            raise DatabaseUnreachable("for a time")
        async with batch.transaction():
            pass

    async with hub_of(settings, matchers=0) as hub:
        await _answers(hub, 5)
        async with _consuming(settings, handle):

            async def all_committed() -> bool:
                return await _committed(admin, settings) == 5

            await eventually(all_committed, limit=30)
    await admin.close()
    assert committed_while_failing == [0, 0, 0]
    assert {event for again in tries for event in again} == {f"e-{n}" for n in range(5)}
    assert set(tries[0]) <= {event for again in tries[1:] for event in again}, "it came again"


async def test_an_offset_is_committed_only_once_the_transaction_is(settings: Settings) -> None:
    admin = await connect(settings.kafka_bootstrap_servers or "")
    inside: list[int] = []

    async def handle(batch: Batch) -> None:
        async with batch.transaction():
            inside.append(await _committed(admin, settings))

    async with hub_of(settings, matchers=0) as hub:
        await _answers(hub, 1)
        async with _consuming(settings, handle) as service:

            async def committed() -> bool:
                return await _committed(admin, settings) == 1

            await eventually(committed, limit=30)
            stored = await service.database.pool.fetchval(
                "SELECT count(*) FROM inbox WHERE subscriber = $1", _GROUP
            )
    await admin.close()
    assert inside == [0]
    assert stored == 1

"""What could not be processed is listed with its reason, shown whole, and can be replayed (I7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from schemas.response import Response
from schemas.topics import RESPONSES
from services.cli import dead_letters
from services.runtime import outbox
from services.runtime.consumer import Batch, Subscription
from services.runtime.recovery import group_of
from services.runtime.service import Service, create_service
from services.runtime.settings import Settings
from tests.flow.cli import jisr, leading_to


@dataclass
class Consumer:
    """A matcher that cannot take one response until it is mended."""

    mended: bool = False
    took: list[str] = field(default_factory=list)

    async def handle(self, batch: Batch) -> None:
        async with batch.transaction() as (_, fresh):
            for received in fresh:
                if received.data.response_id == "bad" and not self.mended:
                    raise ValueError("cannot [be] divided")
            self.took += [received.data.response_id for received in fresh]


@pytest.fixture
async def consumer(settings: Settings) -> AsyncIterator[Consumer]:
    """The consumer, after it has met one response that it could not take."""
    made = Consumer()
    service = create_service(
        "matcher",
        settings,
        FastAPI(),
        subscriptions=[Subscription(RESPONSES, group_of("matcher"), made.handle)],
    )
    await service.start()
    try:
        await _publish(service, "bad", "good")
        await _until_dead_letter(settings)
        yield made
    finally:
        await service.stop()


async def _publish(service: Service, *ids: str) -> None:
    async with service.database.transaction() as connection:
        await outbox.put(connection, "/jisr/matcher", [_response(i) for i in ids])


def _response(identifier: str) -> outbox.Outgoing:
    data = Response(
        response_id=identifier,
        match_id="m",
        need_id="n",
        by={"type": "member", "id": "a"},
        answer="accept",
        via="api",
        answered_at=datetime.now(UTC),
    )
    return outbox.Outgoing(RESPONSES, "n", "jisr.response.given", data, id=f"event-{identifier}")


async def _until_dead_letter(settings: Settings) -> None:
    topic = settings.topic_prefix + RESPONSES.dlq
    for _ in range(200):
        if await dead_letters.read(settings.kafka_bootstrap_servers or "", [topic]):
            return
        await asyncio.sleep(0.2)
    raise AssertionError("no dead letter came")


async def test_a_dead_letter_is_listed_shown_and_replayed(
    consumer: Consumer, settings: Settings
) -> None:
    env = leading_to(settings)
    listed = await jisr("dlq", "list", env=env)
    assert listed.code == 0
    assert "ValueError: cannot [be] divided" in listed.out

    shown = await jisr("dlq", "show", RESPONSES.name, "--offset", "0", env=env)
    for part in ("jisr-matcher", "event-bad", "jisr.response.given", '"response_id":"bad"'):
        assert part in shown.out
    assert shown.out.count("dlq_") == 0, "what the consumer noted is told apart from the record"

    consumer.mended = True
    replayed = await jisr("dlq", "replay", RESPONSES.dlq, "--offset", "0", env=env)
    assert replayed.code == 0, replayed.err
    for _ in range(200):
        if "bad" in consumer.took:
            break
        await asyncio.sleep(0.1)
    assert consumer.took == ["good", "bad"]

    await jisr("dlq", "replay", RESPONSES.name, "--all", env=env)
    await asyncio.sleep(1)
    assert consumer.took == ["good", "bad"], "a second replay changes nothing"


async def test_a_replayed_record_is_what_it_was(consumer: Consumer, settings: Settings) -> None:
    servers = settings.kafka_bootstrap_servers or ""
    topic = settings.topic_prefix + RESPONSES.dlq
    [letter] = await dead_letters.read(servers, [topic])
    await dead_letters.replay(servers, [letter])  # not mended: it comes back
    for _ in range(100):
        letters = await dead_letters.read(servers, [topic])
        if len(letters) == 2:
            break
        await asyncio.sleep(0.1)
    again = letters[1]
    assert (again.key, again.value, again.headers) == (letter.key, letter.value, letter.headers)


async def test_a_replay_asks_which_ones_and_a_wrong_topic_is_named(settings: Settings) -> None:
    env = leading_to(settings)
    which = await jisr("dlq", "replay", RESPONSES.name, env=env)
    assert (which.code, "--offset" in which.err) == (2, True)
    wrong = await jisr("dlq", "show", "jisr.nothing.v1", env=env)
    assert wrong.code == 2
    assert "jisr.responses.v1" in wrong.err
    none = await jisr("dlq", "replay", RESPONSES.name, "--offset", "7", env=env)
    assert none.code == 1
    assert "no dead letter at 7" in none.err

"""Deliveries that finished long ago are forgotten, and nothing is told twice for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.notifier.handlers.purging import Purging
from tests.flow.hook_parts import Hub, changed, open_hub, receiving
from tests.flow.notifier_clock import Office, open_office
from tests.flow.notifier_facts import decision
from tests.flow.notifier_parts import until
from tests.flow.test_notifier_preferences import ATLAS, WEDNESDAY, proposal

KEEP = timedelta(days=90)
LONG_AGO = "2026-01-05T09:00:00Z"


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with open_office(database_url) as running:
        await running.contact("member", "atlas-data", "owner@atlas-data.example")
        await running.store.link_epoch(ATLAS)
        yield running


async def age(connection: asyncpg.Pool, days: int = 100) -> None:
    """Let everything be ``days`` older."""
    for table, columns in (
        ("deliveries", ("created_at", "finished_at", "due_at")),
        ("entries", ("created_at", "changed_at")),
        ("deliveries_purged", ("until",)),
    ):
        older = ", ".join(f"{one} = {one} - make_interval(days => $1)" for one in columns)
        await connection.execute(f"UPDATE {table} SET {older}", days)


async def purge(office: Office) -> int:
    """As it goes in two hours: what is forgotten in the second may be planned by nobody then."""
    await office.store.purge(KEEP)
    return await office.store.purge(KEEP)


async def test_what_was_told_is_forgotten_and_a_newer_version_of_it_is_not_told_again(
    office: Office,
) -> None:
    pool = office.store.database.pool
    await office.choose(ATLAS, pace="instant", quiet_hours="none", most_a_day=50)
    await office.tell(proposal(1), proposal(2))
    await office.run()
    assert len(office.letters()) == 2
    await age(pool, 80)
    assert await purge(office) == 0
    await age(pool, 20)
    assert await purge(office) == 2
    assert await office.states() == []
    # The same once more, and as it stands after an edit; its line on the page is its guard.
    await office.tell(proposal(1), proposal(2, version=2))
    await office.run()
    assert office.letters() == []
    assert await office.states() == []
    await office.tell(proposal(3))
    await office.run()
    assert len(office.letters()) == 1


async def test_a_digest_goes_with_all_that_it_told(office: Office) -> None:
    await office.tell(proposal(1), proposal(2), proposal(3))
    await office.pass_until(WEDNESDAY)
    assert len(office.letters()) == 1
    await age(office.store.database.pool)
    assert await purge(office) == 3


async def test_what_waits_or_may_still_be_told_stays_however_old_it_is(office: Office) -> None:
    pool = office.store.database.pool
    await office.tell(proposal(1))
    await office.tell(decision(outcome="unmatched", proposed=[]))
    assert await office.states() == ["undeliverable", "waiting"]
    await age(pool)
    assert await purge(office) == 0
    assert await office.states() == ["undeliverable", "waiting"]


async def test_the_worker_purges_by_itself(office: Office) -> None:
    await office.choose(ATLAS, pace="instant", quiet_hours="none")
    await office.tell(proposal(1))
    await office.run()
    await age(office.store.database.pool)
    working = asyncio.create_task(Purging(office.store, KEEP, every_s=0.05).run())
    await until(lambda: _is_empty(office))
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


async def _is_empty(office: Office) -> bool:
    return await office.states() == []


async def test_a_webhook_that_was_forgotten_is_not_sent_again_when_its_event_comes_once_more(
    database_url: str,
) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        await hub.register(receiver.url)
        await hub.tell(changed(changed_at=LONG_AGO))
        await until(lambda: _all_delivered(hub, 1))
        await age(hub.store.database.pool)
        for _ in range(2):
            await hub.store.purge(KEEP)
        assert await hub.states() == []
        await hub.tell(changed(changed_at=LONG_AGO))
        assert await hub.states() == []
        await hub.tell(changed(version=2, changed_at=datetime.now(UTC).isoformat()))
        await until(lambda: _all_delivered(hub, 1))
        assert [one.json["data"]["change"] for one in receiver.arrivals] == [1, 2]


async def _all_delivered(hub: Hub, count: int) -> bool:
    return await hub.states() == ["delivered"] * count


async def test_what_a_webhook_said_goes_when_it_has_arrived_and_stays_while_it_can_be_replayed(
    database_url: str,
) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        made = await hub.register(receiver.url)
        await hub.tell(changed())
        await until(lambda: _all_delivered(hub, 1))
        await hub.door.ask("POST", f"/v1/webhooks/{made['id']}/off")
        await hub.tell(changed(version=2))
        delivered, failed = await hub.deliveries()
        assert delivered["content"] is None
        assert failed["content"] is not None

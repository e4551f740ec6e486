"""Which rows of the outboxes are published again, and which old rows are purged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from services.runtime.database import Database
from services.runtime.recovery import group_of, purge, purge_worker, recover
from services.runtime.settings import Settings

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Rows:
    """The outboxes and inboxes of one test's database."""

    def __init__(self, connection: asyncpg.Connection[Any], dsn: str) -> None:
        self.connection = connection
        self.dsn = dsn

    async def published(
        self,
        event: str,
        topic: str,
        *,
        key: str = "k",
        age: timedelta = HOUR,
        writer: str = "intake",
    ) -> None:
        """An event that ``writer`` stored and published ``age`` ago."""
        await self.connection.execute(
            f"INSERT INTO {writer}.outbox (topic, key, value, header_names, header_values,"
            " source, event_id, created_at, published_at)"
            " SELECT $1, $2, '', '{}', '{}', '/jisr', $3, moment, moment"
            " FROM (SELECT now() - $4::interval AS moment)",
            topic,
            key.encode(),
            event,
            age,
        )

    async def seen(self, event: str, *, by: str, age: timedelta = HOUR) -> None:
        """``by`` processed ``event``."""
        await self.connection.execute(
            f"INSERT INTO {by}.inbox VALUES ($1, '/jisr', $2, now() - $3::interval)",
            group_of(by),
            event,
            age,
        )

    async def outbox(self, writer: str = "intake", *, waiting: bool = False) -> set[str]:
        """The events in ``writer``'s outbox; ``waiting``: only those still to be published."""
        condition = "WHERE published_at IS NULL" if waiting else ""
        rows = await self.connection.fetch(f"SELECT event_id FROM {writer}.outbox {condition}")
        return {row["event_id"] for row in rows}

    async def inbox(self, reader: str) -> set[str]:
        rows = await self.connection.fetch(f"SELECT event_id FROM {reader}.inbox")
        return {row["event_id"] for row in rows}


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    connection = await asyncpg.connect(database_url)
    try:
        yield Rows(connection, database_url)
    finally:
        await connection.close()


async def test_of_a_compacted_topic_the_newest_row_of_each_key_returns(rows: Rows) -> None:
    await rows.published("fes-1", "jisr.demands.v1", key="fes", age=400 * DAY)
    await rows.published("fes-2", "jisr.demands.v1", key="fes", age=399 * DAY)
    await rows.published("rabat-1", "jisr.demands.v1", key="rabat")
    done = await recover(rows.dsn, "a-new-cluster")
    assert await rows.outbox(waiting=True) == {"fes-2", "rabat-1"}
    assert done.new_cluster
    assert done.events == {"jisr.demands.v1": 2}


async def test_an_event_returns_until_every_service_that_reads_it_has_processed_it(
    rows: Rows,
) -> None:
    for event in ("by-none", "by-one", "by-both"):
        await rows.published(event, "jisr.matches.v1", writer="matcher")
    await rows.seen("by-one", by="notifier")
    for service in ("notifier", "intake"):
        await rows.seen("by-both", by=service)
    await recover(rows.dsn, "a-new-cluster")
    assert await rows.outbox("matcher", waiting=True) == {"by-none", "by-one"}


async def test_an_event_older_than_its_topic_keeps_does_not_return(rows: Rows) -> None:
    await rows.published("young", "jisr.responses.v1", age=6 * DAY)
    await rows.published("old", "jisr.responses.v1", age=8 * DAY)
    await recover(rows.dsn, "a-new-cluster")
    assert await rows.outbox(waiting=True) == {"young"}


async def test_dead_letters_return_so_that_they_can_still_be_replayed(rows: Rows) -> None:
    await rows.published("letter", "jisr.demands.v1.dlq", writer="matcher")
    await recover(rows.dsn, "a-new-cluster")
    assert await rows.outbox("matcher", waiting=True) == {"letter"}


async def test_the_cluster_seen_last_gets_nothing_again(rows: Rows) -> None:
    await recover(rows.dsn, "a-cluster")
    await rows.published("state", "jisr.demands.v1")
    again = await recover(rows.dsn, "a-cluster")
    assert (again.new_cluster, again.total) == (False, 0)
    assert await rows.outbox(waiting=True) == set()


async def test_a_topic_created_anew_on_a_known_cluster_is_refilled_and_no_other(
    rows: Rows,
) -> None:
    await recover(rows.dsn, "a-cluster")
    await rows.published("demand", "jisr.demands.v1")
    await rows.published("offer", "jisr.offers.v1")
    await recover(rows.dsn, "a-cluster", ["hub1.jisr.offers.v1"], prefix="hub1.")
    assert await rows.outbox(waiting=True) == {"offer"}


async def test_recovering_twice_marks_nothing_more(rows: Rows) -> None:
    await rows.published("state", "jisr.demands.v1")
    assert (await recover(rows.dsn, "a-new-cluster")).total == 1
    assert (await recover(rows.dsn, "a-new-cluster")).total == 0


async def test_the_purge_keeps_the_newest_state_of_each_key_for_ever(rows: Rows) -> None:
    await rows.published("fes-1", "jisr.demands.v1", key="fes", age=40 * DAY)
    await rows.published("fes-2", "jisr.demands.v1", key="fes", age=30 * DAY)
    await rows.published("answer-old", "jisr.responses.v1", age=15 * DAY)
    await rows.published("answer-young", "jisr.responses.v1", age=13 * DAY)
    assert await purge(rows.dsn, 14) == 2
    assert await rows.outbox() == {"fes-2", "answer-young"}


async def test_the_purge_never_takes_an_event_that_waits_to_be_published(rows: Rows) -> None:
    await rows.published("waits", "jisr.responses.v1", age=90 * DAY)
    await rows.connection.execute("UPDATE intake.outbox SET published_at = NULL")
    assert await purge(rows.dsn, 14) == 0


async def test_the_purge_forgets_what_was_processed_long_ago(rows: Rows) -> None:
    await rows.seen("old", by="matcher", age=15 * DAY)
    await rows.seen("young", by="matcher", age=13 * DAY)
    await purge(rows.dsn, 14)
    assert await rows.inbox("matcher") == {"young"}


async def test_a_purge_of_more_than_one_portion_is_whole(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.runtime.recovery._PURGED_AT_ONCE", 2)
    for number in range(5):
        await rows.seen(f"old-{number}", by="intake", age=15 * DAY)
    assert await purge(rows.dsn, 14) == 5


async def test_a_service_purges_its_own_rows_with_its_own_rights(rows: Rows) -> None:
    await rows.published("mine", "jisr.matches.v1", writer="matcher", age=15 * DAY)
    await rows.published("theirs", "jisr.responses.v1", writer="intake", age=15 * DAY)
    async with purging("matcher", rows.dsn):
        for _ in range(100):
            if not await rows.outbox("matcher"):
                break
            await asyncio.sleep(0.05)
    assert await rows.outbox("matcher") == set()
    assert await rows.outbox("intake") == {"theirs"}


@asynccontextmanager
async def purging(service: str, dsn: str) -> AsyncIterator[None]:
    settings = Settings(_env_file=None, database_url=SecretStr(dsn), retention_days=14)
    database = Database(dsn, service)
    await database.start()
    worker = asyncio.create_task(purge_worker(database, settings))
    try:
        yield
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        await database.stop()

"""A batch in one transaction; only the record at fault is put aside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import asyncpg
import pytest

from schemas.topics import RESPONSES
from services.runtime import consumer as module
from services.runtime.consumer import Batch, Consumer, Subscription
from services.runtime.database import Database
from services.runtime.exceptions import DatabaseUnreachable, Refused, TooManyDeadLetters
from services.runtime.records import Unreadable
from tests.unit.runtime.records import good, record

Fault = Callable[[Sequence[str]], Exception | None]


class Handler:
    """Stores what it gets in a table, unless ``fault`` of the ids in the batch says otherwise."""

    def __init__(self) -> None:
        self.fault: Fault = lambda ids: None
        self.batches: list[list[str]] = []

    async def __call__(self, batch: Batch) -> None:
        ids = [event.data.response_id for event in batch.events]
        self.batches.append(ids)
        async with batch.transaction() as (connection, fresh):
            for event in fresh:
                await connection.execute("INSERT INTO done VALUES ($1)", event.data.response_id)
            if error := self.fault(ids):
                raise error


class Bench:
    """A consumer on a real database."""

    def __init__(self, database: Database, limit: int = 100) -> None:
        self.database = database
        self.handler = Handler()
        subscription = Subscription(RESPONSES, "jisr-matcher", self.handler)
        self.consumer = Consumer(subscription, "matcher", database, limit)

    async def done(self) -> list[str]:
        """What the handler stored, in order."""
        return [row["id"] for row in await self.database.pool.fetch("SELECT id FROM done")]

    async def letters(self) -> list[tuple[int, str]]:
        """Offset and reason of each dead letter in the outbox."""
        rows = await self.database.pool.fetch("SELECT * FROM outbox ORDER BY id")
        found = []
        for row in rows:
            assert row["topic"] == RESPONSES.dlq
            notes = dict(zip(row["header_names"], row["header_values"], strict=True))
            found.append((int(notes["dlq_offset"]), notes["dlq_reason"].decode()))
        return found


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The matcher's database, with a table to store things in."""
    connected = Database(database_url, "matcher")
    await connected.start()
    await connected.pool.execute("CREATE TABLE done (id text)")
    yield connected
    await connected.stop()


@pytest.fixture
def bench(database: Database, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A consumer that does not wait before it gives a batch back."""
    monkeypatch.setattr(module, "_LONGEST_BACKOFF", 0.0)
    return Bench(database)


async def test_a_batch_is_one_transaction(bench: Bench) -> None:
    await bench.consumer.take([good(1), good(2), good(3)])
    assert await bench.done() == ["r-1", "r-2", "r-3"]
    assert bench.handler.batches == [["r-1", "r-2", "r-3"]]


async def test_an_event_that_comes_again_is_left_out(bench: Bench) -> None:
    await bench.consumer.take([good(1), good(2), good(1)])
    await bench.consumer.take([good(2), good(3)])
    assert await bench.done() == ["r-1", "r-2", "r-3"]


async def test_the_same_event_is_seen_by_each_subscriber(bench: Bench, database: Database) -> None:
    other = Bench(database)
    other.consumer.subscription = Subscription(RESPONSES, "somebody-else", other.handler)
    await bench.consumer.take([good(1)])
    await other.consumer.take([good(1)])
    assert await bench.done() == ["r-1", "r-1"]


async def test_an_unreadable_record_is_put_aside_with_the_batch_of_its_neighbours(
    bench: Bench,
) -> None:
    await bench.consumer.take([good(1), record(b"{", offset=2), good(3)])
    assert await bench.done() == ["r-1", "r-3"]
    ((offset, reason),) = await bench.letters()
    assert offset == 2
    assert "Invalid JSON" in reason
    assert len(bench.handler.batches) == 1


async def test_only_the_event_at_fault_is_put_aside(bench: Bench) -> None:
    bench.handler.fault = lambda ids: ValueError("no such place") if "r-2" in ids else None
    await bench.consumer.take([good(1), good(2), record(b"{", offset=3), good(4)])
    assert await bench.done() == ["r-1", "r-4"]
    letters = await bench.letters()
    assert [offset for offset, _ in letters] == [2, 3]
    assert letters[0][1] == "ValueError: no such place"


async def test_an_event_at_fault_is_not_remembered_as_processed(bench: Bench) -> None:
    """So that it can be sent again from the dead letters once the fault is mended."""
    bench.handler.fault = lambda ids: ValueError("not yet")
    await bench.consumer.take([good(1)])
    bench.handler.fault = lambda ids: None
    await bench.consumer.take([good(1)])
    assert await bench.done() == ["r-1"]


TRANSIENT = [
    ConnectionResetError("gone"),
    TimeoutError(),
    DatabaseUnreachable("away"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.exceptions.CannotConnectNowError("starting up"),
    asyncpg.exceptions.AdminShutdownError("shutting down"),
    asyncpg.exceptions.DeadlockDetectedError("deadlock"),
    asyncpg.exceptions.SerializationError("serialize"),
    asyncpg.exceptions.ConnectionDoesNotExistError("closed in the middle"),
]


@pytest.mark.parametrize("error", TRANSIENT, ids=lambda e: type(e).__name__)
async def test_what_time_can_mend_gives_the_whole_batch_back(
    bench: Bench, error: Exception
) -> None:
    bench.handler.fault = lambda ids: error
    with pytest.raises(type(error)):
        await bench.consumer.take([good(1), record(b"{", offset=2), good(3)])
    assert await bench.done() == []
    assert await bench.letters() == []
    bench.handler.fault = lambda ids: None
    await bench.consumer.take([good(1), record(b"{", offset=2), good(3)])
    assert await bench.done() == ["r-1", "r-3"]
    assert len(await bench.letters()) == 1


async def test_what_time_can_mend_in_the_middle_of_a_split_loses_and_doubles_nothing(
    bench: Bench,
) -> None:
    def fault(ids: Sequence[str]) -> Exception | None:
        if ids == ["r-3"] and len(bench.handler.batches) < 6:
            return ConnectionResetError("gone")
        return ValueError("poison") if "r-2" in ids else None

    bench.handler.fault = fault
    with pytest.raises(ConnectionResetError):
        await bench.consumer.take([good(1), good(2), good(3)])
    await bench.consumer.take([good(1), good(2), good(3)])
    assert await bench.done() == ["r-1", "r-3"]
    assert {offset for offset, _ in await bench.letters()} == {2}


async def test_a_value_that_does_not_fit_its_column_is_a_fault_of_the_event(bench: Bench) -> None:
    async def store(batch: Batch) -> None:
        async with batch.transaction() as (connection, fresh):
            for event in fresh:
                number = 2**31 if event.data.response_id == "r-2" else 1
                await connection.execute("INSERT INTO done VALUES ($1::int)", number)

    bench.consumer.subscription = Subscription(RESPONSES, "jisr-matcher", store)
    await bench.consumer.take([good(1), good(2), good(3)])
    assert await bench.done() == ["1", "1"]
    assert [offset for offset, _ in await bench.letters()] == [2]


async def test_a_header_name_that_postgresql_cannot_store_is_put_aside_too(bench: Bench) -> None:
    await bench.consumer.take([good(1), record(b"{", headers=[("a\0b", b"")], offset=2), good(3)])
    assert await bench.done() == ["r-1", "r-3"]
    assert len(await bench.letters()) == 1


async def test_who_refuses_is_asked_in_the_transaction_of_the_dead_letter(bench: Bench) -> None:
    async def refuse(connection: Any, unreadable: Unreadable) -> None:
        reason = unreadable.reason.split(":")[0]
        await connection.execute("INSERT INTO done VALUES ($1)", f"told of {reason}")

    bench.consumer.subscription = Subscription(
        RESPONSES, "jisr-matcher", bench.handler, refuse=refuse
    )
    await bench.consumer.take([record(b"{", offset=1)])
    assert await bench.done() == ["told of jisr.response.given"]
    assert len(await bench.letters()) == 1


async def test_too_many_dead_letters_in_a_row_stop_the_consumer(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LONGEST_BACKOFF", 0.0)
    bench = Bench(database, limit=2)
    bench.handler.fault = lambda ids: Refused("a broken deploy")
    await bench.consumer.take([good(1), good(2)])
    with pytest.raises(TooManyDeadLetters):
        await bench.consumer.take([good(3)])
    assert len(await bench.letters()) == 2


async def test_a_good_record_between_bad_ones_keeps_the_consumer_going(
    database: Database,
) -> None:
    bench = Bench(database, limit=2)
    for number in range(1, 10, 3):
        await bench.consumer.take([record(b"{", offset=number), good(number + 1)])
    assert len(await bench.done()) == 3


async def test_a_batch_that_is_cancelled_leaves_nothing_behind(bench: Bench) -> None:
    started = asyncio.Event()

    async def slow(batch: Batch) -> None:
        async with batch.transaction() as (connection, _):
            await connection.execute("INSERT INTO done VALUES ('half')")
            started.set()
            await asyncio.Event().wait()

    bench.consumer.subscription = Subscription(RESPONSES, "jisr-matcher", slow)
    work = asyncio.create_task(bench.consumer.take([good(1)]))
    await started.wait()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert await bench.done() == []
    assert await bench.database.pool.fetchval("SELECT count(*) FROM inbox") == 0

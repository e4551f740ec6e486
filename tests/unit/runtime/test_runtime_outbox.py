"""What may be put into the outbox, and when it is there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from schemas.envelope import from_record
from schemas.topics import RESPONSES
from services.runtime import outbox
from services.runtime.database import Database
from services.runtime.outbox import Outgoing
from tests.unit.runtime.records import TYPE, response


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The matcher's database."""
    connected = Database(database_url, "matcher")
    await connected.start()
    yield connected
    await connected.stop()


async def test_a_type_that_the_topic_does_not_carry_is_refused(database: Database) -> None:
    wrong = Outgoing(RESPONSES, "d-1", "jisr.match.changed", response())
    async with database.transaction() as connection:
        with pytest.raises(ValueError, match="does not carry"):
            await outbox.put(connection, "/jisr/test", [wrong])


async def test_what_is_put_can_be_read_as_the_event_it_is(database: Database) -> None:
    async with database.transaction() as connection:
        await outbox.put(connection, "/jisr/test", [Outgoing(RESPONSES, "d-1", TYPE, response())])
    (row,) = await database.pool.fetch("SELECT * FROM outbox")
    headers = list(zip(row["header_names"], row["header_values"], strict=True))
    event = from_record(headers, row["value"])
    assert (event.id, event.source, event.type) == (row["event_id"], "/jisr/test", TYPE)
    assert (event.subject, row["key"], row["topic"]) == ("d-1", b"d-1", RESPONSES.name)
    assert event.traceparent is not None
    assert RESPONSES.events[event.type].model_validate_json(event.data) == response()


async def test_what_is_rolled_back_is_not_published(database: Database) -> None:
    async def put_and_fail() -> None:
        async with database.transaction() as connection:
            message = Outgoing(RESPONSES, "d-1", TYPE, response())
            await outbox.put(connection, "/jisr/test", [message])
            raise RuntimeError("later")

    with pytest.raises(RuntimeError, match="later"):
        await put_and_fail()
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_nothing_to_put_is_no_statement(database: Database) -> None:
    async with database.transaction() as connection:
        await outbox.put(connection, "/jisr/test", [])
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 0

"""What the matcher stores of supplies, when several change at once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.matcher.adapters.supplies import PostgresSupplies
from services.matcher.adapters.supply_events import behind, supply_of_member, supply_of_offer
from services.runtime.database import Database
from tests.flow.matcher_facts import member, offer


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The matcher's database."""
    connected = Database(database_url, "matcher")
    await connected.start()
    yield connected
    await connected.stop()


async def test_an_older_supply_does_not_replace_a_newer_one(database: Database) -> None:
    async with database.transaction() as connection:
        newer = await PostgresSupplies(connection).save(supply_of_member(member(version=2)))
        older = await PostgresSupplies(connection).save(supply_of_member(member(version=1)))
    assert newer is not None
    assert older is None


async def test_a_place_is_taken_while_there_is_one(database: Database) -> None:
    async with database.transaction() as connection:
        await PostgresSupplies(connection).save(supply_of_member(member(capacity=1)))
        first = await PostgresSupplies(connection).take_place("m-1", 1)
        second = await PostgresSupplies(connection).take_place("m-1", 1)
        freed = await PostgresSupplies(connection).take_place("m-1", -1)
    assert first is not None
    assert (first.version, first.taken) == (2, 1)
    assert second is None
    assert freed is not None
    assert (freed.version, freed.taken) == (3, 0)


async def test_a_new_profile_keeps_the_places_taken(database: Database) -> None:
    async with database.transaction() as connection:
        await PostgresSupplies(connection).save(supply_of_member(member(capacity=2)))
        await PostgresSupplies(connection).take_place("m-1", 1)
        changed = await PostgresSupplies(connection).save(supply_of_member(member(version=2)))
    assert changed is not None
    assert (changed.version, changed.taken) == (3, 1)


async def test_a_member_does_not_take_back_an_offer_that_another_has_by_now(
    database: Database,
) -> None:
    """Both are changed at once: the member's change has read the offer before it moved."""
    before = supply_of_offer(offer(owner={"type": "member", "id": "m-1"}))
    moved = offer(owner={"type": "member", "id": "m-2"}, title="Autre", version=2)
    async with database.transaction() as connection:
        await PostgresSupplies(connection).save(before)
    async with database.transaction() as slow:
        (read,) = await PostgresSupplies(slow).offers_of("m-1")
        async with database.transaction() as quick:
            await PostgresSupplies(quick).save(supply_of_offer(moved))
        late = behind(read, supply_of_member(member(cluster="lyon")))
        assert await PostgresSupplies(slow).change(late) is None
    async with database.transaction() as connection:
        found = await PostgresSupplies(connection).facts("o-1")
    assert found is not None
    assert (found.owner.id, found.name, found.cluster) == ("m-2", "Autre", None)

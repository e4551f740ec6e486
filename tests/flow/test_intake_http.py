"""What intake answers over HTTP, over a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.flow.intake_door import Door, demand, open_door


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    async with open_door(database_url) as opened:
        yield opened


async def test_202_says_that_the_fact_and_its_event_are_committed(door: Door) -> None:
    answer = await door.post(demand())
    assert answer.status_code == 202
    receipt = answer.json()
    assert receipt == receipt | {"external_id": "SET-1", "version": 1, "status": "accepted"}
    assert answer.headers["location"] == f"/v1/demands/{receipt['id']}"
    (event,) = await door.events()
    assert event["demand_id"] == receipt["id"]
    assert event["source"] == "city:settat"
    assert event["status"] == "open"
    row = await door.database.pool.fetchrow("SELECT * FROM facts")
    assert (row["kind"], row["id"], row["version"]) == ("demand", receipt["id"], 1)


async def test_a_demand_can_be_read_back_without_contact_data(door: Door) -> None:
    receipt = (await door.post(demand())).json()
    answer = await door.ask("GET", f"/v1/demands/{receipt['id']}")
    assert answer.status_code == 200
    view = answer.json()
    assert view["state"] == "open"
    assert view["demand"]["title"] == "Paiement mobile sécurisé"
    assert view["matches"] == []
    assert view["waves"] == []
    assert "salma" not in answer.text.lower()

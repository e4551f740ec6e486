"""What names a city, a niche or a moment that cannot be, and what its sender is told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.flow.intake_door import Door, demand, member, offer, open_door


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    """A hub whose directory has one city and one niche."""
    async with open_door(database_url) as one:
        names = {"fr": "x", "ar": "x", "en": "x"}
        await put(one, "city/settat", names=names, university="Hassan I")
        await put(one, "niche/payments", labels=names)
        yield one


async def put(door: Door, entry: str, **body: Any) -> None:
    answer = await door.ask("PUT", f"/v1/directory/{entry}", body, source="hub")
    assert answer.status_code == 202, answer.text


async def test_a_city_that_the_directory_lacks_is_refused_and_leaves_nothing(door: Door) -> None:
    answer = await door.post(demand(city="setat"))
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:jisr:problem:does-not-fit")
    (error,) = problem["errors"]
    assert (error["pointer"], error["code"]) == ("/city", "unknown_city")
    assert "'setat'" in error["detail"]
    assert await door.events() == []
    assert await door.database.pool.fetchval("SELECT count(*) FROM facts WHERE version = 0") == 0
    assert await door.database.pool.fetchval("SELECT count(*) FROM vault.contacts") == 0
    corrected = await door.post(demand())
    assert (corrected.status_code, corrected.json()["version"]) == (202, 1)


async def test_a_city_that_was_taken_out_of_the_directory_is_not_named_anew(door: Door) -> None:
    assert (await door.post(demand())).status_code == 202
    await door.ask("DELETE", "/v1/directory/city/settat", source="hub")
    await put(door, "city/oujda", names={"fr": "x", "ar": "x", "en": "x"}, university="Mohammed I")
    assert (await door.post(demand())).json()["status"] == "unchanged"
    assert (await door.post(demand(title="Autre"))).status_code == 422


async def test_an_offer_names_its_city_as_its_owner_too(door: Door) -> None:
    wrong = offer(owner={"type": "city", "id": "nowhere"})
    answer = await door.ask("POST", "/v1/offers", wrong)
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/owner/id"]
    assert (await door.ask("POST", "/v1/offers", offer())).status_code == 202


async def test_a_deadline_that_is_over_is_refused(door: Door) -> None:
    answer = await door.post(demand(deadline="2020-01-01T00:00:00Z"))
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/deadline", "past")]


async def test_a_niche_that_the_vocabulary_lacks_is_taken_with_a_warning(door: Door) -> None:
    answer = await door.post(demand(niches=["payments", "paymnets"]))
    assert answer.status_code == 202
    (warning,) = answer.json()["warnings"]
    assert (warning["pointer"], warning["code"]) == ("/niches/1", "unknown_niche")
    assert "warnings" not in (await door.post(demand(external_id="SET-2"))).json()
    told = await door.ask(
        "PUT", "/v1/members/khlasspay", member(niches=["x"]), source="cluster:mnc"
    )
    assert told.json()["warnings"][0]["pointer"] == "/niches/0"


async def test_in_a_bulk_only_the_line_that_does_not_fit_is_refused(door: Door) -> None:
    lines = [demand(), demand(external_id="SET-2", city="x"), demand(external_id="SET-3",
             niches=["y"])]  # fmt: skip
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    answer = await door.post(body, headers={"Content-Type": "application/x-ndjson"})
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [r["status"] for r in results] == ["accepted", "refused", "accepted"]
    assert results[1]["problem"]["errors"][0]["pointer"] == "/city"
    assert results[2]["warnings"][0]["pointer"] == "/niches/0"
    assert "warnings" not in results[0]


async def test_before_the_directory_has_a_city_every_city_is_taken(database_url: str) -> None:
    async with open_door(database_url) as empty:
        answer = await empty.post(demand(city="not-yet-told", niches=["not-yet-told"]))
        assert (answer.status_code, "warnings" in answer.json()) == (202, False)

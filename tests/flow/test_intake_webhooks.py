"""A system registers, looks at, changes and takes away its endpoints, and nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.runtime.endpoints.book import MOST_ENDPOINTS
from tests.flow.intake_door import Door, open_door

URL = "https://systems.settat.example/jisr"


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    async with open_door(database_url) as opened:
        yield opened


async def register(door: Door, url: str = URL, source: str = "city:settat", **more: Any) -> Any:
    answer = await door.ask("POST", "/v1/webhooks", {"url": url} | more, source)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_the_secret_is_shown_once(door: Door) -> None:
    answer = await door.ask("POST", "/v1/webhooks", {"url": URL, "note": "the city's desk"})
    made = answer.json()
    assert answer.headers["Location"] == f"/v1/webhooks/{made['id']}"
    assert made["secret"].startswith("whsec_")
    assert (made["state"], made["types"], made["note"]) == ("on", [], "the city's desk")
    [shown] = (await door.ask("GET", "/v1/webhooks")).json()["items"]
    alone = (await door.ask("GET", f"/v1/webhooks/{made['id']}")).json()
    assert shown == alone == {name: made[name] for name in made if name != "secret"}


async def test_a_source_sees_and_touches_its_own_endpoints_alone(door: Door) -> None:
    made = await register(door)
    assert (await door.ask("GET", "/v1/webhooks", source="city:oujda")).json() == {"items": []}
    path = f"/v1/webhooks/{made['id']}"
    for method, address in (
        ("GET", path),
        ("DELETE", path),
        ("POST", f"{path}/secret"),
        ("POST", f"{path}/on"),
        ("POST", f"{path}/off"),
        ("POST", f"{path}/test"),
    ):
        answer = await door.ask(method, address, source="city:oujda")
        assert answer.status_code == 404, address
    assert (await door.ask("GET", path)).json()["state"] == "on"


async def test_without_a_key_there_is_no_answer(door: Door) -> None:
    assert (await door.ask("GET", "/v1/webhooks", source=None)).status_code == 401


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/url"),
        ({"url": "https://10.0.0.1/"}, "/url"),
        ({"url": "http://systems.settat.example/"}, "/url"),
        ({"url": URL, "types": ["supply.ready"]}, "/types/0"),
        ({"url": URL, "email": "nobody"}, "/email"),
        ({"url": URL, "secret": "mine"}, "/secret"),
    ],
)
async def test_what_cannot_be_an_endpoint_is_refused_with_a_pointer(
    door: Door, body: Any, pointer: str
) -> None:
    answer = await door.ask("POST", "/v1/webhooks", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_an_owner_has_a_handful_of_endpoints_also_when_it_asks_at_once(door: Door) -> None:
    bodies = [{"url": f"{URL}/{number}"} for number in range(MOST_ENDPOINTS + 3)]
    answers = await asyncio.gather(*(door.ask("POST", "/v1/webhooks", one) for one in bodies))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] * MOST_ENDPOINTS + [409] * 3
    assert (await door.ask("POST", "/v1/webhooks", bodies[0])).status_code == 409


async def test_the_same_address_is_registered_once(door: Door) -> None:
    await register(door)
    answer = await door.ask("POST", "/v1/webhooks", {"url": URL})
    assert answer.status_code == 409
    assert answer.json()["detail"].endswith("change it, or take it away first.")


async def test_an_endpoint_is_switched_off_and_on_and_taken_away(door: Door) -> None:
    path = f"/v1/webhooks/{(await register(door))['id']}"
    off = (await door.ask("POST", f"{path}/off")).json()
    assert (off["state"], off["off_because"]) == ("off", "owner")
    on = (await door.ask("POST", f"{path}/on")).json()
    assert (on["state"], on["off_because"]) == ("on", None)
    assert (await door.ask("DELETE", path)).status_code == 204
    assert (await door.ask("DELETE", path)).status_code == 404


async def test_address_and_secret_stand_in_the_vault_and_nowhere_else(door: Door) -> None:
    made = await register(door)
    tables = await door.database.pool.fetch(
        "SELECT table_schema, table_name FROM information_schema.columns"
        " WHERE column_name IN ('url', 'secret', 'old_secret')"
    )
    assert {tuple(row) for row in tables} == {("vault", "endpoints")}
    assert await door.database.pool.fetchval("SELECT count(*) FROM outbox") == 0
    shown = await door.database.pool.fetchval("SELECT lane FROM vault.endpoints")
    assert "settat" not in shown
    assert made["id"]

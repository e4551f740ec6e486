"""Extensions and confirmations over HTTP, over a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.flow.intake_door import Door, demand
from tests.flow.intake_life import at, changed, notice, tell
from tests.flow.intake_matched import (
    CLUSTER,
    KHLASS,
    SETTAT,
    door_of_settat,
    proposed,
    responses,
)

CANDIDATE = {
    "supply_kind": "member",
    "supply_id": "khlass",
    "owner": KHLASS,
    "name": "KhlassPay",
    "rank": 1,
    "score": 0.8,
}


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    async with door_of_settat(database_url) as opened:
        yield opened


@pytest.fixture
async def demand_id(door: Door) -> str:
    return await proposed(door)


async def extend(door: Door, demand_id: str, **more: Any) -> httpx.Response:
    return await door.ask("POST", f"/v1/demands/{demand_id}/extension", **more)


async def test_a_demand_is_extended_once(door: Door, demand_id: str) -> None:
    await tell(door, changed(demand_id, "proposed", 1, expires_at=at(500)))
    first = await extend(door, demand_id)
    assert (first.status_code, first.json()["said"]["by"]) == (202, SETTAT)
    assert (await extend(door, demand_id)).status_code == 200
    await tell(door, changed(demand_id, "proposed", 2, expires_at=at(900), extended=True))
    late = await extend(door, demand_id, headers={"Idempotency-Key": "new"})
    assert (late.status_code, late.json()["present"]["extended"]) == (409, True)
    assert len(await responses(door)) == 1
    for source in ("city:oujda", CLUSTER):
        assert (await extend(door, demand_id, source=source)).status_code == 404
    assert (await extend(door, "of-nobody")).status_code == 404
    view = (await door.ask("GET", f"/v1/demands/{demand_id}")).json()
    assert [line["what"] for line in view["timeline"]][-1] == "extended"


@pytest.mark.parametrize(
    ("state", "more"), [("expired", {"expires_at": at(5)}), ("fulfilled", {}), ("open", {})]
)
async def test_a_demand_that_is_over_or_has_no_end_is_not_extended(
    door: Door, demand_id: str, state: str, more: Any
) -> None:
    await tell(door, changed(demand_id, state, 1, **more))
    answer = await extend(door, demand_id, body={})
    assert (answer.status_code, answer.json()["present"]["state"]) == (409, state)


async def ask_ambassador(door: Door, demand_id: str, wave: int = 1, hours: float = 48) -> None:
    pair = {"cluster": "mnc", "city": "settat", "member_id": "khlass", "deputy_id": "adjoint"}
    await door.ask("PUT", "/v1/directory/ambassador/mnc/settat", pair, source="hub")
    await tell(
        door,
        notice(
            demand_id,
            "confirmation-asked",
            wave,
            to={"kind": "ambassador", "id": "settat", "cluster": "mnc"},
            candidates=[CANDIDATE],
            wave=wave,
            until=datetime.now(UTC) + timedelta(hours=hours),
        ),
    )


async def confirm(
    door: Door, demand_id: str, body: Any, source: str = CLUSTER, **more: Any
) -> httpx.Response:
    path = f"/v1/demands/{demand_id}/confirmation"
    return await door.ask("POST", path, body, source=source, **more)


async def test_an_ambassador_confirms_through_its_clusters_key(door: Door, demand_id: str) -> None:
    await ask_ambassador(door, demand_id)
    address = f"/v1/demands/{demand_id}/confirmation"
    shown = (await door.ask("GET", address, source=CLUSTER)).json()
    assert (shown["wave"], shown["cluster"]) == (1, "mnc")
    assert [c["supply_id"] for c in shown["candidates"]] == ["khlass"]
    body = {"wave": 1, "struck": ["khlass"], "added": ["b"], "order": ["b", "c"]}
    taken = await confirm(door, demand_id, body)
    assert taken.status_code == 202
    assert (await confirm(door, demand_id, body)).status_code == 200
    (event,) = await responses(door)
    assert {name: event[name] for name in body} == body
    assert (event["by"], event["need_id"]) == (KHLASS, demand_id)
    assert (await confirm(door, demand_id, {"wave": 1})).status_code == 409
    assert (await door.ask("GET", address, source=CLUSTER)).status_code == 404
    view = (await door.ask("GET", f"/v1/demands/{demand_id}")).json()
    (line,) = [line for line in view["timeline"] if line["what"] == "confirmed"]
    assert (line["who"]["cluster"], line["struck"], line["added"]) == ("mnc", 1, 1)
    await ask_ambassador(door, demand_id, wave=2)
    assert (await confirm(door, demand_id, {"wave": 1})).status_code == 409
    assert (await confirm(door, demand_id, {"wave": 2})).status_code == 202


async def test_only_the_ambassadors_cluster_and_the_hub_confirm(door: Door, demand_id: str) -> None:
    await ask_ambassador(door, demand_id)
    for source in ("city:settat", "cluster:other", "city:oujda"):
        assert (await confirm(door, demand_id, {"wave": 1}, source)).status_code == 404
        address = f"/v1/demands/{demand_id}/confirmation"
        assert (await door.ask("GET", address, source=source)).status_code == 404
    deputy = {"wave": 1, "by": {"type": "member", "id": "adjoint"}}
    assert (await confirm(door, demand_id, deputy, "hub")).status_code == 202


async def test_a_late_or_contradictory_confirmation_is_refused(door: Door, demand_id: str) -> None:
    await ask_ambassador(door, demand_id, hours=-1)
    late = await confirm(door, demand_id, {"wave": 1})
    assert (late.status_code, "over" in late.json()["detail"]) == (409, True)
    odd = {"wave": 1, "struck": ["a"], "added": ["a"], "order": ["b", "b"]}
    answer = await confirm(door, demand_id, odd)
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/added", "/order"}
    other = (await door.post(demand(external_id="SET-2"))).json()
    assert (await confirm(door, other["id"], {"wave": 1})).status_code == 409

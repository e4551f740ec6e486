"""The state and the story of a demand, as its city reads them, over a real PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import services.intake
from schemas.match import NeedBrief
from services.intake.use_cases.telling import Told
from tests.flow.intake_door import Door, demand, open_door
from tests.flow.intake_life import at, changed, decision, interest, match, need, notice, tell


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    async with open_door(database_url) as opened:
        yield opened


async def view(door: Door, demand_id: str) -> dict[str, Any]:
    answer = await door.ask("GET", f"/v1/demands/{demand_id}")
    assert answer.status_code == 200
    return dict(answer.json())


async def whats(door: Door, demand_id: str) -> list[str]:
    return [line["what"] for line in (await view(door, demand_id))["timeline"]]


def said(answer: str, minutes: float, reason: str | None = None) -> dict[str, Any]:
    return {"answer": answer, "at": at(minutes), "reason": reason}


def life(demand_id: str) -> list[Told]:
    """A member declines, the next wave's accepts, the city too."""
    candidate = {
        "supply_kind": "member",
        "supply_id": "khlass",
        "owner": {"type": "member", "id": "khlass"},
        "name": "KhlassPay",
        "rank": 1,
        "score": 0.8,
    }
    second: dict[str, Any] = {"match_id": "m-2", "wave": 2, "proposed_at": at(10)}
    yes, also = said("accept", 12), said("accept", 14)
    accepted: dict[str, Any] = {
        "version": 2,
        "changed_at": at(12),
        "accepted_at": at(12),
        "supply_said": yes,
    }
    no = said("decline", 8, "too-busy")
    return [
        decision(demand_id, "proposed", 1, proposed=[candidate]),
        match(demand_id),
        changed(demand_id, "proposed", 1),
        notice(demand_id, "reminder", 5, match=match(demand_id), until=at(9)),
        match(demand_id, "declined", version=2, supply_said=no, changed_at=at(8)),
        changed(demand_id, "open", 8),
        changed(demand_id, "proposed", 10, wave=2, reach="national"),
        match(demand_id, **second),
        notice(
            demand_id,
            "question",
            11,
            to={"kind": "ambassador", "id": "settat", "cluster": "mnc"},
            match=match(demand_id, **second),
            text="Combien de coopératives ? Écrivez à samira@atlas.example",
        ),
        match(demand_id, "accepted", **second | accepted),
        notice(
            demand_id,
            "answer-asked",
            12,
            to={"kind": "city", "id": "settat"},
            match=match(demand_id, "accepted", **second | accepted),
        ),
        match(
            demand_id,
            "introduced",
            **second
            | accepted
            | {"version": 3, "need_said": also, "introduced_at": at(14), "changed_at": at(14)},
        ),
        changed(demand_id, "fulfilled", 14, wave=2, reach="national", introduced=1),
    ]


STORY = [
    "submitted",
    "proposed",
    "shortlisted",
    "reminder",
    "declined",
    "next-wave",
    "proposed",
    "question",
    "accepted",
    "answer-asked",
    "accepted",
    "introduced",
    "fulfilled",
]


async def test_a_demand_tells_its_whole_story_in_order(door: Door) -> None:
    made = (await door.post(demand())).json()
    for told in life(made["id"]):
        await tell(door, told)
    shown = await view(door, made["id"])
    assert [line["what"] for line in shown["timeline"]] == STORY
    declined = next(line for line in shown["timeline"] if line["what"] == "declined")
    assert declined["reason"] == "too-busy"
    assert declined["who"] == {"type": "member", "id": "khlass", "name": "KhlassPay"}
    wave = next(line for line in shown["timeline"] if line["what"] == "next-wave")
    assert (wave["wave"], wave["reach"]) == (2, "national")
    question = next(line for line in shown["timeline"] if line["what"] == "question")
    assert question["who"]["id"] == "khlass"
    assert question["text"] == "Combien de coopératives ? Écrivez à […]"
    assert (shown["state"], shown["progress"]["introduced"]) == ("fulfilled", 1)
    assert [line["who"]["id"] for line in shown["timeline"] if line["what"] == "accepted"] == [
        "khlass",
        "settat",
    ]


@pytest.mark.parametrize("seed", range(5))
async def test_the_story_is_the_same_in_whatever_order_and_however_often_it_is_told(
    door: Door, seed: int
) -> None:
    made = (await door.post(demand())).json()
    told = life(made["id"]) * 2
    random.Random(seed).shuffle(told)
    for one in told:
        await tell(door, one)
    shown = await view(door, made["id"])
    assert [line["what"] for line in shown["timeline"]] == STORY
    assert shown["state"] == "fulfilled"
    assert {m["match_id"]: m["state"] for m in shown["matches"]} == {
        "m-1": "declined",
        "m-2": "introduced",
    }


async def test_what_the_asker_did_is_part_of_the_story(door: Door) -> None:
    made = (await door.post(demand())).json()
    await door.post(demand(title="Autre"))
    await door.ask("DELETE", f"/v1/demands/{made['id']}")
    await door.post(demand(title="Encore"))
    assert await whats(door, made["id"]) == ["submitted", "changed", "withdrawn", "reopened"]


async def test_the_state_is_what_the_matcher_told_and_pages_filter_by_it(door: Door) -> None:
    made = {}
    for state in ("introduced", "fulfilled", "expired", "unmatched"):
        made[state] = (await door.post(demand(external_id=state))).json()["id"]
        await tell(door, changed(made[state], state, 2), changed(made[state], "open", 1))
    await tell(door, changed(made["expired"], "expired", 3, archived=True))
    for state, demand_id in made.items():
        page = (await door.ask("GET", f"/v1/demands?state={state}")).json()
        assert [item["id"] for item in page["items"]] == [demand_id]
    page = (await door.ask("GET", "/v1/demands?state=archived")).json()
    assert [(i["id"], i["state"], i["archived"]) for i in page["items"]] == [
        (made["expired"], "expired", True)
    ]


async def test_pages_of_what_is_archived_are_complete(door: Door) -> None:
    for number in range(5):
        made = (await door.post(demand(external_id=f"SET-{number}"))).json()
        archived = number != 2
        await tell(door, changed(made["id"], "expired", 1, archived=archived))
    seen: list[str] = []
    address: str | None = "/v1/demands?state=archived&limit=2"
    while address:
        page = (await door.ask("GET", address)).json()
        seen += [item["external_id"] for item in page["items"]]
        address = page["next"]
    assert seen == ["SET-4", "SET-3", "SET-1", "SET-0"]


async def test_what_was_told_of_a_demand_before_it_was_withdrawn_does_not_return(
    door: Door,
) -> None:
    made = (await door.post(demand())).json()
    await tell(door, changed(made["id"], "proposed", 1))
    await door.ask("DELETE", f"/v1/demands/{made['id']}")
    await tell(door, changed(made["id"], "introduced", 2))
    assert (await view(door, made["id"]))["state"] == "withdrawn"
    await door.post(demand(title="Encore"))
    await tell(door, changed(made["id"], "withdrawn", 3, of=2, archived=True))
    shown = await view(door, made["id"])
    assert (shown["state"], shown["archived"], shown["progress"]) == ("open", False, None)
    await tell(door, changed(made["id"], "proposed", 4, of=3))
    assert (await view(door, made["id"]))["state"] == "proposed"


async def test_an_edit_leaves_the_state_that_was_told(door: Door) -> None:
    made = (await door.post(demand())).json()
    await tell(door, changed(made["id"], "introduced", 1))
    await door.post(demand(title="Autre"))
    await tell(door, match(made["id"]))
    assert (await view(door, made["id"]))["state"] == "introduced"


async def test_demands_of_another_hub_are_passed_over_and_interests_are_kept(door: Door) -> None:
    await tell(door, changed("of-nobody", "proposed", 1), match(need("of-nobody")))
    await tell(door, match(interest("khlass")))
    assert [row["id"] for row in await door.database.pool.fetch("SELECT id FROM needs")] == [
        "interest:khlass"
    ]
    kept = await door.database.pool.fetch("SELECT demand_id FROM matches")
    assert [row["demand_id"] for row in kept] == ["interest:khlass"]
    assert await door.database.pool.fetchval("SELECT count(*) FROM timeline") == 0


async def test_saying_again_that_nobody_was_found_is_one_line(door: Door) -> None:
    made = (await door.post(demand())).json()
    for minutes in range(4):
        await tell(door, decision(made["id"], "unmatched", minutes))
    assert await whats(door, made["id"]) == ["submitted", "unmatched"]


async def test_demands_that_were_followed_before_needs_had_rows_get_one(door: Door) -> None:
    """The statement of the migration, on what an earlier version stored."""
    made = (await door.post(demand())).json()
    await tell(door, match(made["id"]))
    pool = door.database.pool
    brief = await pool.fetchval("SELECT brief FROM needs")
    await pool.execute("DELETE FROM needs")
    text = (Path(services.intake.__file__).parent / "migrations/0006_life.sql").read_text()
    filling = text[text.index("INSERT INTO needs") :].split(";")[0]
    await pool.execute(filling)
    filled = await pool.fetchval("SELECT brief FROM needs")
    told = {"external_id": "SET-1", "source": "city:settat", "structure": filled["structure"]}
    # What was added to a brief since is as it is where it is left out.
    assert NeedBrief.model_validate(filled) == NeedBrief.model_validate(brief | told)

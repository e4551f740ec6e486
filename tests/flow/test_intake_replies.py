"""The answer to a question over HTTP, over a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from schemas.life import Notice
from tests.flow.intake_door import Door, member
from tests.flow.intake_life import match, notice, tell
from tests.flow.intake_matched import (
    CLUSTER,
    KHLASS,
    SETTAT,
    door_of_settat,
    proposed,
    responses,
)

AMBRE = {"type": "member", "id": "ambre"}
ASKED = {"question_id": "q-1", "by": KHLASS, "text": "Combien de marchés ?"}
OFFICE = {"kind": "ambassador", "id": "settat", "cluster": "mnc"}
WORDS = "Douze. Écrivez à salma@settat.example"
BLANKED = "Douze. Écrivez à […]"


def question(demand_id: str, **more: Any) -> Notice:
    """What khlass asks, as the matcher tells it to the ambassador."""
    told = {"match": match(demand_id), "to": OFFICE, "text": ASKED["text"], "question": ASKED}
    return notice(demand_id, "question", 3, **(told | more))


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    """Khlass asks something about a demand of Settat, where ambre is the ambassador."""
    async with door_of_settat(database_url) as opened:
        await opened.ask("PUT", "/v1/members/ambre", member(name="Ambre"), source=CLUSTER)
        pair = {"cluster": "mnc", "city": "settat", "member_id": "ambre"}
        await opened.ask("PUT", "/v1/directory/ambassador/mnc/settat", pair, source="hub")
        yield opened


@pytest.fixture
async def demand_id(door: Door) -> str:
    made = await proposed(door)
    await tell(door, question(made))
    return made


async def reply(
    door: Door, source: str = "city:settat", text: str = WORDS, **more: Any
) -> httpx.Response:
    body = {"text": text} | more
    return await door.ask("POST", "/v1/questions/q-1/reply", body, source=source)


@pytest.mark.parametrize(("source", "by"), [("city:settat", SETTAT), (CLUSTER, AMBRE)])
async def test_the_city_or_the_ambassadors_cluster_answers_without_contacts(
    door: Door, demand_id: str, source: str, by: dict[str, str]
) -> None:
    taken = await reply(door, source)
    assert taken.status_code == 202, taken.text
    (event,) = await responses(door)
    assert event == taken.json()["said"]
    assert (event["text"], event["by"], event["question"]) == (BLANKED, by, ASKED)
    assert (event["match_id"], event["need_id"], event["via"]) == ("m-1", demand_id, "api")
    again = await reply(door, source)
    assert (again.status_code, again.json()["status"]) == (200, "unchanged")
    assert len(await responses(door)) == 1


async def test_a_second_answer_is_refused_with_the_first(door: Door, demand_id: str) -> None:
    assert demand_id
    await reply(door)
    late = await reply(door, CLUSTER, "Vingt.")
    assert (late.status_code, late.json()["type"]) == (409, "urn:jisr:problem:not-possible")
    assert late.json()["present"] == {"id": "q-1", "reply": {"by": SETTAT, "text": BLANKED}}
    assert len(await responses(door)) == 1


async def test_an_answer_that_was_given_elsewhere_is_known_and_stays(
    door: Door, demand_id: str
) -> None:
    first, second = ({"by": AMBRE, "text": text} for text in ("Douze.", "Vingt."))
    to = {"kind": "member", "id": "khlass"}
    for number, given in enumerate((first, second)):
        await tell(door, question(demand_id, to=to, reply=given, notice_id=f"n-{number}"))
    assert (await reply(door)).status_code == 409
    for source in ("city:settat", CLUSTER):
        shown = (await door.ask("GET", "/v1/matches/m-1", source=source)).json()["questions"]
        assert [(one["id"], one["text"], one["reply"]) for one in shown] == [
            ("q-1", ASKED["text"], first)
        ]


@pytest.mark.parametrize(
    ("source", "status"), [("city:oujda", 404), ("cluster:other", 404), ("hub", 422)]
)
async def test_nobody_else_answers_and_the_hub_says_for_whom(
    door: Door, demand_id: str, source: str, status: int
) -> None:
    assert demand_id
    answer = await reply(door, source)
    assert answer.status_code == status, answer.text
    assert await responses(door) == []
    if source == "hub":
        assert (await reply(door, source, by=AMBRE)).status_code == 202


async def test_who_asks_does_not_answer_itself(door: Door, demand_id: str) -> None:
    assert demand_id
    refused = await reply(door, CLUSTER, by=KHLASS)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "not_yours")


async def test_what_waits_no_more_or_is_not_there_is_not_answered(
    door: Door, demand_id: str
) -> None:
    await tell(door, match(demand_id, "declined", version=2))
    late = await reply(door)
    assert (late.status_code, late.json()["present"]["state"]) == (409, "declined")
    nothing = await door.ask("POST", "/v1/questions/q-9/reply", {"text": "Oui"})
    assert nothing.status_code == 404
    assert (await reply(door, text=" ")).status_code == 422


async def test_the_story_tells_the_question_once_and_its_answer(door: Door, demand_id: str) -> None:
    await tell(door, question(demand_id, to={"kind": "city", "id": "settat"}, notice_id="n-city"))
    to = {"kind": "member", "id": "khlass"}
    await tell(door, question(demand_id, to=to, reply={"by": SETTAT, "text": WORDS}))
    shown = (await door.ask("GET", f"/v1/demands/{demand_id}")).json()["timeline"]
    told = [line for line in shown if "question" in line["what"]]
    assert [(one["what"], one["who"]["id"], one["text"]) for one in told] == [
        ("question", "khlass", ASKED["text"]),
        ("question-answered", "settat", BLANKED),
    ]
    assert {one["question_id"] for one in told} == {"q-1"}

"""Answers that come before intake has read what they answer: the matcher has told others first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import httpx
import pytest

from schemas.match import AskedQuestion
from services.intake.handlers import patience
from tests.flow.intake_door import Door, demand
from tests.flow.intake_life import match, notice, tell
from tests.flow.intake_matched import ACCEPT, CLUSTER, door_of_settat, responses

AT_ONCE_S = 0.3


@pytest.fixture
async def door(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """As long as it takes to read what was told, and only then."""
    async with door_of_settat(database_url) as opened:
        monkeypatch.setattr(patience, "LONGEST_WAIT_S", 60.0)
        yield opened


@pytest.fixture
async def demand_id(door: Door) -> str:
    return str((await door.post(demand())).json()["id"])


async def early(asked: Awaitable[httpx.Response]) -> asyncio.Future[httpx.Response]:
    """A request that is not answered at once."""
    task = asyncio.ensure_future(asked)
    done, _ = await asyncio.wait([task], timeout=AT_ONCE_S)
    assert not done, task.result().text
    return task


def respond(door: Door, tag: str = '"1"', body: Any = ACCEPT) -> Awaitable[httpx.Response]:
    address, tags = "/v1/matches/m-1/responses", {"If-Match": tag}
    return door.ask("POST", address, body, headers=tags)


async def test_an_answer_to_a_match_that_is_on_its_way_is_taken(door: Door, demand_id: str) -> None:
    sent = await early(respond(door))
    await tell(door, match(demand_id))
    taken = await sent
    assert taken.status_code == 202, taken.text
    assert len(await responses(door)) == 1


async def test_a_state_that_is_on_its_way_can_be_named(door: Door, demand_id: str) -> None:
    await tell(door, match(demand_id))
    sent = await early(respond(door, '"3"', {"answer": "outcome", "outcome": "met"}))
    await tell(door, match(demand_id, "introduced", version=3))
    assert (await sent).status_code == 202


async def test_a_match_that_is_on_its_way_can_be_read_and_asked_about(
    door: Door, demand_id: str
) -> None:
    question, address = {"text": "Quel plan ?"}, "/v1/matches/m-1/questions"
    read = await early(door.ask("GET", "/v1/matches/m-1"))
    asked = await early(door.ask("POST", address, question, source=CLUSTER))
    await tell(door, match(demand_id))
    assert ((await read).status_code, (await asked).status_code) == (200, 202)
    assert (await read).headers["ETag"] == '"1"'


async def test_a_question_that_is_on_its_way_can_be_answered(door: Door, demand_id: str) -> None:
    await tell(door, match(demand_id))
    sent = await early(door.ask("POST", "/v1/questions/q-1/reply", {"text": "Douze."}))
    by = {"type": "member", "id": "khlass"}
    asked = AskedQuestion.model_validate({"question_id": "q-1", "by": by, "text": "Combien ?"})
    told = notice(demand_id, "question", 1, match=match(demand_id), question=asked)
    await tell(door, told)
    assert (await sent).status_code == 202


async def test_what_does_not_come_is_refused_for_now_whether_it_is_there_or_not(
    door: Door, demand_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "MOST_WAITING", 0)
    await tell(door, match(demand_id))
    for path, source in (("m-9", "city:settat"), ("m-1", "city:oujda")):
        refused = await door.ask("GET", f"/v1/matches/{path}", source=source)
        assert refused.status_code == 404
        assert refused.headers["Retry-After"] == "1"
        assert "ask again in a moment" in refused.json()["detail"]
        assert {**refused.json(), "instance": ""} == {
            **(await door.ask("GET", "/v1/matches/m-8")).json(),
            "instance": "",
        }


async def test_a_version_of_more_digits_than_there_will_be_is_none_of_this_match(
    door: Door, demand_id: str
) -> None:
    await tell(door, match(demand_id))
    refused = await respond(door, f'"{"9" * 5_000}"')
    assert refused.status_code == 412, refused.text

"""Answers and questions over HTTP, over a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.intake.adapters.keys import create_key
from services.intake.domain.speakers import Role
from services.runtime.database import Database
from tests.flow.intake_door import Door, demand, offer
from tests.flow.intake_life import at, interest, match, need, tell
from tests.flow.intake_matched import (
    ACCEPT,
    CLUSTER,
    DECLINE,
    KHLASS,
    SETTAT,
    door_of_settat,
    proposed,
    responses,
)


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    async with door_of_settat(database_url) as opened:
        yield opened


@pytest.fixture
async def demand_id(door: Door) -> str:
    return await proposed(door)


async def respond(
    door: Door, body: Any, source: str = "city:settat", tag: str | None = '"1"', **headers: str
) -> httpx.Response:
    given = {} if tag is None else {"If-Match": tag}
    return await door.ask(
        "POST", "/v1/matches/m-1/responses", body, source=source, headers={**given, **headers}
    )


async def test_an_answer_is_taken_once_and_published_under_the_needs_id(
    door: Door, demand_id: str
) -> None:
    first = await respond(door, ACCEPT)
    assert first.status_code == 202
    again = await respond(door, ACCEPT)
    assert (again.status_code, again.json()) == (200, first.json() | {"status": "unchanged"})
    (event,) = await responses(door)
    assert event == first.json()["said"]
    assert (event["by"], event["answer"], event["via"]) == (SETTAT, "accept", "api")
    assert (event["match_id"], event["need_id"], event["match_version"]) == ("m-1", demand_id, 1)
    row = await door.database.pool.fetchrow(
        "SELECT key, event_id FROM outbox WHERE topic = 'jisr.responses.v1'"
    )
    assert (row["key"].decode(), row["event_id"]) == (demand_id, event["response_id"])


async def test_both_sides_read_the_match_with_its_etag_and_no_contact_data(
    door: Door, demand_id: str
) -> None:
    outcome = {"outcome": "met", "rating": 4, "at": at(9)}
    await tell(door, match(demand_id, "introduced", version=4, supply_outcome=outcome))
    seen = {}
    for source in ("city:settat", CLUSTER, "hub"):
        answer = await door.ask("GET", "/v1/matches/m-1", source=source)
        assert (answer.status_code, answer.headers["etag"]) == (200, '"4"')
        assert "@" not in answer.text
        seen[source] = answer.json()
    assert [seen[s]["you"] for s in ("city:settat", CLUSTER)] == [[SETTAT], [KHLASS]]
    assert seen["city:settat"]["need"]["title"] == "Paiement mobile sécurisé"
    assert seen["city:settat"]["supply_outcome"] is None
    assert seen[CLUSTER]["supply_outcome"]["rating"] == 4
    assert seen["hub"]["supply_outcome"]["rating"] == 4


async def test_a_stale_answer_is_412_with_the_present_state(door: Door, demand_id: str) -> None:
    yes = {"answer": "accept", "at": at(2)}
    await tell(door, match(demand_id, "accepted", version=2, supply_said=yes))
    stale = await respond(door, ACCEPT)
    problem = stale.json()
    assert (stale.status_code, problem["type"]) == (412, "urn:jisr:problem:changed-since")
    assert stale.headers["etag"] == '"2"'
    assert (problem["present"]["state"], problem["present"]["version"]) == ("accepted", 2)
    assert problem["present"]["supply_said"]["answer"] == "accept"
    assert await responses(door) == []
    assert (await respond(door, ACCEPT, tag=stale.headers["etag"])).status_code == 202


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        (None, 428),
        ('"1"', 202),
        ("*", 202),
        ('"7", "1"', 202),
        ('W/"1"', 412),
        ('"2"', 412),
        ('"x"', 412),
        ("1", 400),
        ('"1" "2"', 400),
        (",", 400),
    ],
)
async def test_if_match_is_read_as_http_has_it(
    door: Door, demand_id: str, tag: str | None, status: int
) -> None:
    assert demand_id
    answer = await respond(door, ACCEPT, tag=tag)
    assert answer.status_code == status
    if status == 428:
        assert 'If-Match: "1"' in answer.json()["detail"]


async def test_a_repeated_answer_is_known_also_when_the_match_has_gone_on(
    door: Door, demand_id: str
) -> None:
    first = await respond(door, DECLINE)
    await tell(door, match(demand_id, "declined", version=2))
    again = await respond(door, DECLINE)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert len(await responses(door)) == 1


YES = {"answer": "accept", "at": at(1)}
STATES: list[tuple[str, dict[str, Any], str, Any, int]] = [
    ("proposed", {}, "city:settat", ACCEPT, 202),
    ("proposed", {}, CLUSTER, ACCEPT, 202),
    ("proposed", {"need_said": YES}, "city:settat", ACCEPT, 409),
    ("accepted", {"supply_said": YES}, CLUSTER, ACCEPT, 409),
    ("accepted", {"supply_said": YES}, CLUSTER, {"answer": "withdraw"}, 202),
    ("accepted", {"supply_said": YES}, "city:settat", {"answer": "withdraw"}, 409),
    ("accepted", {"supply_said": YES}, "city:settat", DECLINE, 202),
    ("proposed", {}, CLUSTER, {"answer": "outcome", "outcome": "met"}, 409),
    ("introduced", {}, CLUSTER, {"answer": "outcome", "outcome": "met", "rating": 5}, 202),
    ("introduced", {}, CLUSTER, DECLINE, 409),
    ("declined", {}, CLUSTER, ACCEPT, 409),
    ("lapsed", {}, CLUSTER, ACCEPT, 409),
    ("superseded", {}, CLUSTER, ACCEPT, 409),
]


@pytest.mark.parametrize(("state", "more", "source", "body", "status"), STATES)
async def test_what_the_present_state_does_not_allow_is_409_with_that_state(
    door: Door, demand_id: str, state: str, more: Any, source: str, body: Any, status: int
) -> None:
    await tell(door, match(demand_id, state, version=2, **more))
    answer = await respond(door, body, source, '"2"')
    assert answer.status_code == status, answer.text
    if status == 409:
        assert answer.json()["type"] == "urn:jisr:problem:not-possible"
        assert answer.json()["present"]["state"] == state
        assert answer.headers["etag"] == '"2"'
    assert len(await responses(door)) == (status == 202)


async def test_one_key_for_several_matches_at_the_same_moment_is_one_answer(door: Door) -> None:
    for number in range(8):
        made = (await door.post(demand(external_id=f"K-{number}"))).json()
        await tell(door, match(made["id"], match_id=f"k-{number}"))
    headers = {"If-Match": "*", "Idempotency-Key": "of-one-answer"}
    answers = await asyncio.gather(
        *(
            door.ask("POST", f"/v1/matches/k-{number}/responses", ACCEPT, headers=headers)
            for number in range(8)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [202, *[422] * 7]
    assert len(await responses(door)) == 1


@pytest.mark.parametrize("path", ["", "/responses", "/questions"])
@pytest.mark.parametrize("source", ["city:oujda", "cluster:other"])
async def test_a_match_of_others_is_not_there(
    door: Door, demand_id: str, path: str, source: str
) -> None:
    assert demand_id
    body = None if not path else ACCEPT if path == "/responses" else {"text": "?"}
    method = "POST" if path else "GET"
    for name in ("m-1", "of-nobody"):
        answer = await door.ask(method, f"/v1/matches/{name}{path}", body, source=source)
        assert answer.status_code == 404
        assert answer.json()["detail"].startswith("There is no match with this id.")


async def test_a_city_that_is_not_bound_answers_only_for_what_it_sent(
    door: Door, demand_id: str
) -> None:
    assert demand_id
    other = await create_key(door.database, "portal", Role.CITY)
    door.keys["portal"] = other.key
    assert (await respond(door, ACCEPT, "portal")).status_code == 404
    made = (await door.post(demand(external_id="P-1"), source="portal")).json()
    await tell(door, match(made["id"], match_id="m-2"))
    answer = await door.ask("GET", "/v1/matches/m-2", source="portal")
    assert answer.json()["you"] == [SETTAT]


async def test_the_hub_says_for_whom_it_answers(door: Door, demand_id: str) -> None:
    assert demand_id
    unclear = await respond(door, ACCEPT, "hub")
    assert unclear.status_code == 422
    assert [(e["pointer"], e["code"]) for e in unclear.json()["errors"]] == [("/by", "missing")]
    wrong = await respond(door, ACCEPT | {"by": {"type": "city", "id": "oujda"}}, "hub")
    assert [(e["pointer"], e["code"]) for e in wrong.json()["errors"]] == [("/by", "not_yours")]
    foreign = await respond(door, ACCEPT | {"by": KHLASS}, "city:settat")
    assert foreign.status_code == 422
    for by in (KHLASS, SETTAT):
        assert (await respond(door, ACCEPT | {"by": by}, "hub")).json()["said"]["by"] == by


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"answer": "decline"}, "/reason"),
        ({"answer": "accept", "reason": "terms"}, "/reason"),
        ({"answer": "outcome"}, "/outcome"),
        ({"answer": "accept", "outcome": "met"}, "/outcome"),
        ({"answer": "accept", "rating": 3}, "/rating"),
        ({"answer": "outcome", "outcome": "met", "rating": 6}, "/rating"),
        ({"answer": "maybe"}, "/answer"),
        ({"answer": "accept", "why": "x"}, "/why"),
        ({"answer": "decline", "reason": "other", "text": "x" * 501}, "/text"),
        ({"answer": "accept", "by": {"type": "somebody", "id": "x"}}, "/by/type"),
    ],
)
async def test_an_answer_that_is_not_whole_is_refused_with_a_pointer(
    door: Door, demand_id: str, body: Any, pointer: str
) -> None:
    assert demand_id
    answer = await respond(door, body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_an_idempotency_key_is_one_request(door: Door, demand_id: str) -> None:
    assert demand_id
    key = {"Idempotency-Key": "8e03978e"}
    first = await respond(door, DECLINE, **key)
    again = await respond(door, DECLINE, tag='"1"', **key)
    assert (first.status_code, again.status_code) == (202, 200)
    other = await respond(door, ACCEPT, **key)
    assert other.status_code == 422
    assert other.json()["errors"][0]["code"] == "key_reused"
    assert (await respond(door, ACCEPT, **{"Idempotency-Key": ""})).status_code == 422
    theirs = await respond(door, DECLINE, CLUSTER, **key)
    assert theirs.status_code == 202
    assert len(await responses(door)) == 2


async def test_twenty_equal_answers_at_once_are_one(door: Door, demand_id: str) -> None:
    assert demand_id
    answers = await asyncio.gather(*(respond(door, ACCEPT) for _ in range(20)))
    assert sorted(a.status_code for a in answers) == [200] * 19 + [202]
    assert len(await responses(door)) == 1


async def test_who_stands_behind_an_offer_answers_for_it(door: Door) -> None:
    """A member of mnc looks for places, and a city's offer was shown to it."""
    made = (await door.ask("POST", "/v1/offers", offer())).json()
    supply = {"kind": "offer", "id": made["id"], "owner": SETTAT, "title": "x", "version": 1}
    recipient = {"kind": "member", "id": "khlass", "name": "KhlassPay"}
    await tell(door, match(interest("khlass"), supply=supply, recipient=recipient))
    taken = await respond(door, ACCEPT, CLUSTER)
    assert (taken.status_code, taken.json()["said"]["by"]) == (202, KHLASS)
    assert taken.json()["said"]["need_id"] == "interest:khlass"
    assert (await respond(door, ACCEPT)).json()["said"]["by"] == SETTAT
    assert (await respond(door, ACCEPT, "cluster:other")).status_code == 404


async def test_a_committees_cluster_answers_for_its_initiative(door: Door, demand_id: str) -> None:
    names = {"fr": "Paiements"}
    entry = {"cluster": "mnc", "names": names}
    await door.ask("PUT", "/v1/directory/committee/payments", entry, source="hub")
    owner = {"type": "committee", "id": "payments"}
    supply = {"kind": "offer", "id": "ini", "owner": owner, "title": "x", "version": 1}
    recipient = {"kind": "committee", "id": "payments", "name": "Paiements"}
    told = match(demand_id, match_id="m-3", supply=supply, recipient=recipient)
    await tell(door, told)
    answer = await door.ask("GET", "/v1/matches/m-3", source=CLUSTER)
    assert answer.json()["you"] == [owner]
    assert (await door.ask("GET", "/v1/matches/m-3", source="cluster:other")).status_code == 404


async def test_a_question_is_published_and_a_late_one_refused(door: Door, demand_id: str) -> None:
    path = "/v1/matches/m-1/questions"
    asked = await door.ask("POST", path, {"text": "Combien ?"}, source=CLUSTER)
    assert asked.status_code == 202
    assert (await door.ask("POST", path, {"text": "Combien ?"}, source=CLUSTER)).status_code == 200
    (event,) = await responses(door)
    assert (event["text"], event["by"], event["need_id"]) == ("Combien ?", KHLASS, demand_id)
    assert (await door.ask("POST", path, {"text": " "}, source=CLUSTER)).status_code == 422
    await tell(door, match(demand_id, "declined", version=2))
    late = await door.ask("POST", path, {"text": "Et où ?"}, source=CLUSTER)
    assert (late.status_code, late.json()["present"]["state"]) == (409, "declined")


async def test_events_about_one_need_have_ids_in_the_order_of_their_commits(
    door: Door, demand_id: str, database_url: str
) -> None:
    """Two answers to two matches of one need wait for each other (I4)."""
    await tell(door, match(demand_id, match_id="m-2"))
    other = Database(database_url, "intake")
    await other.start()
    async with other.transaction() as held:
        await held.execute("SELECT FROM needs WHERE id = $1 FOR UPDATE", demand_id)
        waiting = asyncio.create_task(respond(door, ACCEPT))
        async with asyncio.timeout(20):
            blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            while not await held.fetchval(blocked):  # noqa: ASYNC110 (a lock has no event)
                await asyncio.sleep(0.02)
        assert not waiting.done()
    assert (await waiting).status_code == 202
    await other.stop()


async def test_what_is_answered_is_a_need_of_the_present(door: Door, demand_id: str) -> None:
    """The brief that the sides read is the newest one."""
    await tell(door, match(need(demand_id, 2, title="Autre"), version=2))
    shown = (await door.ask("GET", "/v1/matches/m-1")).json()
    assert (shown["need"]["title"], shown["need"]["version"]) == ("Autre", 2)

"""No contact detail stands in intake outside of the vault, whatever is said to it (I6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.intake.adapters.keys import bind_source
from tests.flow.intake_door import Door, demand, member, offer, open_door
from tests.flow.intake_life import at, changed, match, notice, tell

MAIL = "samira.planted@zraa-market.example"
PHONE = "+212 661-239874"
TRACES = ("samira.planted", "661-239874", "661239874", "239874")
CONTACT = {"name": "Samira Plantée", "email": MAIL, "phone": PHONE, "office_email": MAIL}
WORDS = f"Écrivez à {MAIL} ou appelez le {PHONE}, ou ٠٦٦١٢٣٩٨٧٤."
ARABIC = "٠٦٦١٢٣٩٨٧٤"


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    async with open_door(database_url) as opened:
        await bind_source(opened.database, "city:settat", ["settat"])
        await bind_source(opened.database, "cluster:mnc", ["mnc"])
        yield opened


async def everything_outside_the_vault(door: Door) -> dict[str, str]:
    """The text of each table of intake's schema, its bytes read as UTF-8."""
    pool = door.database.pool
    names = await pool.fetch(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'intake' AND table_type = 'BASE TABLE'"
    )
    found = {}
    for row in names:
        name = row["table_name"]
        rows = await pool.fetch(f'SELECT * FROM intake."{name}"')
        texts = [
            value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            for record in rows
            for value in record.values()
        ]
        found[name] = "\n".join(texts)
    return found


async def test_planted_contacts_are_found_in_no_table_no_event_and_no_answer(door: Door) -> None:
    answers: list[str] = []

    async def ask(
        method: str, path: str, body: Any = None, source: str = "hub", **tag: str
    ) -> httpx.Response:
        answer = await door.ask(method, path, body, source=source, headers=tag)
        assert answer.status_code < 300, answer.text
        answers.append(answer.text + str(answer.headers))
        return answer

    work = [{"title": "Caisses", "text": WORDS, "year": 2025}]
    profile = member(contact=CONTACT, description=WORDS, portfolio=work, interests=[WORDS])
    await ask("PUT", "/v1/members/khlass", profile, "cluster:mnc")
    await ask("POST", "/v1/offers", offer(contact=CONTACT, summary=WORDS), "city:settat")
    await ask("PUT", "/v1/contacts/city/settat", CONTACT)

    def posted() -> dict[str, Any]:
        return demand(contact=CONTACT, title=f"Paiement {PHONE}", description=WORDS)

    pair = {"cluster": "mnc", "city": "settat", "member_id": "khlass"}
    await ask("PUT", "/v1/directory/ambassador/mnc/settat", pair)
    made = (await ask("POST", "/v1/demands", posted(), "city:settat")).json()["id"]
    told = match(made)
    await tell(
        door,
        told,
        changed(made, "proposed", 1, expires_at=at(900)),
        notice(
            *(made, "question", 3),
            match=told,
            text=WORDS,
            question={"question_id": "q-1", "by": told.supply.owner, "text": WORDS},
        ),
    )
    no = {"answer": "decline", "reason": "other", "text": WORDS}
    responses, questions = "/v1/matches/m-1/responses", "/v1/matches/m-1/questions"
    await ask("POST", questions, {"text": WORDS}, "cluster:mnc")
    await ask("POST", "/v1/questions/q-1/reply", {"text": WORDS}, "city:settat")
    said = await ask("POST", responses, no, "cluster:mnc", **{"If-Match": '"1"'})
    assert said.json()["said"]["text"] == "Écrivez à […] ou appelez le […], ou […]."
    await ask("POST", f"/v1/demands/{made}/extension", {}, "city:settat")
    for source, paths in {
        "city:settat": ["/v1/demands", f"/v1/demands/{made}", "/v1/matches/m-1"],
        "cluster:mnc": ["/v1/members/khlass", "/v1/matches/m-1"],
        "hub": [f"/v1/demands/{made}", "/v1/matches/m-1"],
    }.items():
        for path in paths:
            await ask("GET", path, None, source)

    vault = str(await door.database.pool.fetch("SELECT * FROM vault.contacts"))
    assert MAIL in vault
    assert PHONE in vault
    tables = await everything_outside_the_vault(door)
    assert {
        "facts",
        "outbox",
        "answers",
        "timeline",
        "needs",
        "matches",
        "questions",
    } <= tables.keys()
    assert "jisr.responses.v1" in tables["outbox"]
    for place, text in {**tables, "answers over HTTP": "\n".join(answers)}.items():
        for trace in (*TRACES, ARABIC, "Plantée"):
            assert trace not in text, f"{trace} in {place}"


async def test_who_writes_its_address_into_a_text_is_told_where_it_belongs(door: Door) -> None:
    answer = (await door.post(demand(title=f"Paiement, {MAIL}", description=WORDS))).json()
    told = {one["pointer"]: one["code"] for one in answer["warnings"]}
    assert told == {"/title": "contact_blanked", "/description": "contact_blanked"}
    again = (await door.post(demand(title=f"Paiement, {MAIL}", description=WORDS))).json()
    assert (again["status"], again.get("warnings")) == ("unchanged", None)
    shown = (await door.ask("GET", f"/v1/demands/{answer['id']}")).json()
    assert shown["title"] == "Paiement, […]"


async def test_what_was_written_with_a_decline_is_not_shown_to_the_other_side(door: Door) -> None:
    await door.ask("PUT", "/v1/members/khlass", member(), source="cluster:mnc")
    made = (await door.post(demand())).json()["id"]
    await tell(door, match(made))
    no = {"answer": "decline", "reason": "terms", "text": "Votre prix est indécent."}
    headers = {"If-Match": '"1"'}
    path = "/v1/matches/m-1/responses"
    await door.ask("POST", path, no, source="cluster:mnc", headers=headers)
    said = {"answer": "decline", "reason": "terms", "at": at(4)}
    declined = match(
        made, "declined", version=2, supply_said=said, decline_reason="terms", changed_at=at(4)
    )
    await tell(door, declined, notice(made, "declined", 4, match=declined, reason="terms"))
    for path in (f"/v1/demands/{made}", "/v1/matches/m-1"):
        shown = (await door.ask("GET", path)).text
        assert "terms" in shown
        assert "indécent" not in shown

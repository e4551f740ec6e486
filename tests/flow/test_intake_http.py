"""What intake answers over HTTP, over a real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from tests.flow.intake_door import Door, demand, member, offer, open_door


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


async def test_the_same_content_is_unchanged_and_new_content_the_next_version(door: Door) -> None:
    first = (await door.post(demand())).json()
    reordered = dict(reversed(demand(reach="national", wanted=1).items()))
    again = (await door.post(reordered)).json()
    assert again == first | {"status": "unchanged"}
    changed = (await door.post(demand(title="Autre titre"))).json()
    assert changed == first | {"version": 2}
    assert [event["version"] for event in await door.events()] == [1, 2]


async def test_an_older_version_never_overwrites_a_newer_one(door: Door) -> None:
    await door.post(demand(version=5))
    stale = await door.post(demand(version=4, title="Ancien"))
    assert stale.status_code == 409
    assert stale.json()["type"] == "urn:jisr:problem:stale"
    assert [event["version"] for event in await door.events()] == [5]


async def test_contact_data_goes_to_the_vault_and_nowhere_else(door: Door) -> None:
    receipt = (await door.post(demand())).json()
    await door.ask("PUT", "/v1/members/khlass", member(), source="cluster:mnc")
    rows = await door.database.pool.fetch("SELECT kind, id, email FROM vault.contacts ORDER BY 1")
    assert [tuple(row) for row in rows] == [
        ("demand", receipt["id"], "salma@zraa-market.example"),
        ("member", "khlass", "bonjour@khlasspay.example"),
    ]
    for table in ("facts", "outbox"):
        dump = await door.database.pool.fetch(f"SELECT t::text AS row FROM {table} t")
        assert dump
        assert not [row for row in dump if "@" in row["row"] or "Salma" in row["row"]]
    values = await door.database.pool.fetch("SELECT convert_from(value, 'UTF8') AS v FROM outbox")
    assert not [row for row in values if "@" in row["v"]]


async def test_a_new_contact_alone_is_kept_without_a_new_version(door: Door) -> None:
    await door.post(demand())
    again = (await door.post(demand(contact={"email": "new@zraa-market.example"}))).json()
    assert (again["status"], again["version"]) == ("unchanged", 1)
    assert (await door.post(demand(contact=None))).json()["status"] == "unchanged"
    kept = await door.database.pool.fetchval("SELECT email FROM vault.contacts")
    assert kept == "new@zraa-market.example"
    await door.post(demand(contact={}))
    assert await door.database.pool.fetchval("SELECT count(*) FROM vault.contacts") == 0


async def test_the_notifier_reads_the_vault_and_the_matcher_has_no_right_to_it(door: Door) -> None:
    rights = await door.database.pool.fetch(
        "SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants"
        " WHERE table_schema IN ('vault', 'intake') AND grantee <> 'jisr_intake'"
    )
    # It sends to endpoints, keeps how they fare, and lets members register theirs on their pages.
    of_endpoints = {
        (table, "jisr_notifier", right)
        for table in ("endpoints", "endpoint_orders")
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE")
    }
    assert {tuple(row) for row in rights} == {
        ("contacts", "jisr_notifier", "SELECT"),
        *of_endpoints,
    }
    assert not await door.database.pool.fetchval(
        "SELECT has_schema_privilege('jisr_matcher', 'vault', 'USAGE')"
    )


async def test_twenty_concurrent_first_submissions_make_one_demand(door: Door) -> None:
    answers = await asyncio.gather(*(door.post(demand()) for _ in range(20)))
    receipts = [answer.json() for answer in answers]
    assert {answer.status_code for answer in answers} == {202}
    assert len({receipt["id"] for receipt in receipts}) == 1
    assert sorted(r["status"] for r in receipts) == ["accepted"] + ["unchanged"] * 19
    assert len(await door.events()) == 1


async def test_events_of_one_key_have_ids_in_the_order_of_their_versions(door: Door) -> None:
    titles = [f"Titre {number}" for number in range(30)]
    answers = await asyncio.gather(*(door.post(demand(title=title)) for title in titles))
    receipts = {title: a.json() for title, a in zip(titles, answers, strict=True)}
    events = await door.events()
    assert [event["version"] for event in events] == list(range(1, 31))
    assert {e["title"]: e["version"] for e in events} == {
        title: receipt["version"] for title, receipt in receipts.items()
    }


async def test_bulks_that_share_demands_in_opposite_order_do_not_lock_each_other(
    door: Door,
) -> None:
    lines = [json.dumps(demand(external_id=f"SET-{n}")) for n in range(40)]
    bodies = [lines, lines[::-1], lines, lines[::-1]]
    headers = {"Content-Type": "application/x-ndjson"}
    answers = await asyncio.gather(
        *(door.post("\n".join(body).encode(), headers=headers) for body in bodies)
    )
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len(await door.events()) == 40


async def test_withdrawing_is_a_new_version_once(door: Door) -> None:
    receipt = (await door.post(demand())).json()
    for status in ("accepted", "unchanged"):
        answer = await door.ask("DELETE", f"/v1/demands/{receipt['id']}")
        assert answer.status_code == 202
        assert answer.json() == receipt | {"version": 2, "status": status, "state": "withdrawn"}
    assert [event["status"] for event in await door.events()] == ["open", "withdrawn"]
    view = (await door.ask("GET", f"/v1/demands/{receipt['id']}")).json()
    assert (view["state"], view["demand"]["status"]) == ("withdrawn", "withdrawn")


async def test_offers_and_members_live_the_same_way(door: Door) -> None:
    made = (await door.ask("POST", "/v1/offers", offer())).json()
    assert (await door.ask("GET", f"/v1/offers/{made['id']}")).json()["content"]["capacity"] == 8
    withdrawn = await door.ask("DELETE", f"/v1/offers/{made['id']}")
    assert withdrawn.json()["state"] == "withdrawn"
    assert [e["status"] for e in await door.events("jisr.offers.v1")] == ["open", "withdrawn"]
    put = await door.ask("PUT", "/v1/members/a/b", member(), source="cluster:mnc")
    assert (put.status_code, put.headers["location"]) == (202, "/v1/members/a/b")
    gone = await door.ask("DELETE", "/v1/members/a/b", source="cluster:mnc")
    assert gone.json()["state"] == "inactive"
    again = await door.ask("PUT", "/v1/members/a/b", member(), source="cluster:mnc")
    assert again.json()["version"] == 3
    members = await door.events("jisr.members.v1")
    assert [(e["version"], e["active"]) for e in members] == [(1, True), (2, False), (3, True)]


async def test_the_hub_writes_the_directory_under_the_key_of_the_contract(door: Door) -> None:
    body = {"names": {"fr": "Settat"}, "university": "Université Hassan Ier"}
    put = await door.ask("PUT", "/v1/directory/city/settat", body, source="hub")
    assert (put.status_code, put.json()["version"]) == (202, 1)
    pair = {"cluster": "mnc", "city": "settat", "member_id": "khlass"}
    put = await door.ask("PUT", "/v1/directory/ambassador/mnc/settat", pair, source="hub")
    assert put.json()["id"] == "mnc/settat"
    gone = await door.ask("DELETE", "/v1/directory/city/settat", source="hub")
    assert gone.json()["state"] == "inactive"
    keys = await door.database.pool.fetch("SELECT key FROM outbox ORDER BY id")
    assert [row["key"].decode() for row in keys] == [
        "city:settat",
        "ambassador:mnc/settat",
        "city:settat",
    ]
    events = await door.events("jisr.directory.v1")
    assert [(e["entry"], e["active"], e["version"]) for e in events] == [
        ("city", True, 1),
        ("ambassador", True, 1),
        ("city", False, 2),
    ]


async def test_the_hub_writes_and_erases_contacts(door: Door) -> None:
    body = {"name": "Cité de Settat", "email": "cite@settat.example"}
    put = await door.ask("PUT", "/v1/contacts/city/settat", body, source="hub")
    assert put.status_code == 204
    assert await door.database.pool.fetchval("SELECT email FROM contacts") == body["email"]
    gone = await door.ask("DELETE", "/v1/contacts/city/settat", source="hub")
    assert gone.status_code == 204
    assert await door.database.pool.fetchval("SELECT count(*) FROM contacts") == 0


async def test_every_door_into_the_vault_takes_an_address_of_the_office(door: Door) -> None:
    office = {"office_email": "bureau@settat.example"}
    await door.post(demand(contact=office))
    await door.ask("POST", "/v1/offers", offer(contact=office))
    await door.ask("PUT", "/v1/members/khlass", member(contact=office), source="cluster:mnc")
    await door.ask("PUT", "/v1/contacts/city/settat", office, source="hub")
    kept = await door.database.pool.fetch(
        "SELECT kind, email, office_email FROM vault.contacts ORDER BY kind"
    )
    assert [tuple(row) for row in kept] == [
        (kind, None, "bureau@settat.example") for kind in ("city", "demand", "member", "offer")
    ]


async def test_a_missing_language_is_detected_and_a_given_one_is_kept(door: Door) -> None:
    said = {"SET-1": "AR-ma", "SET-2": None, "SET-3": None}
    titles = {"SET-1": "Titre", "SET-2": "خبير في أمن المعلومات", "SET-3": "Audit de sécurité"}
    for name, language in said.items():
        body = demand(external_id=name, language=language, title=titles[name])
        assert (await door.post(body)).status_code == 202
    assert [event["language"] for event in await door.events()] == ["ar-MA", "ar", "fr"]


async def test_text_is_stored_clean(door: Door) -> None:
    body = demand(title=" Pai\u0065\u0301 \u202eevil\u0000\u2069 ", description="a\r\nb\u0007")
    assert (await door.post(body)).status_code == 202
    (event,) = await door.events()
    assert (event["title"], event["description"]) == ("Paié evil", "a\nb")


async def test_pages_of_demands_are_newest_first_and_complete(door: Door) -> None:
    for number in range(5):
        await door.post(demand(external_id=f"SET-{number}"))
    await door.post(demand(external_id="OUJ-1", city="oujda"), source="city:oujda")
    seen: list[str] = []
    address: str | None = "/v1/demands?limit=2&state=open"
    while address:
        page = (await door.ask("GET", address)).json()
        seen += [item["external_id"] for item in page["items"]]
        address = page["next"]
    assert seen == ["SET-4", "SET-3", "SET-2", "SET-1", "SET-0"]
    assert (await door.ask("GET", "/v1/demands?state=withdrawn")).json()["items"] == []
    hub = (await door.ask("GET", "/v1/demands", source="hub")).json()
    assert len(hub["items"]) == 6


async def test_ndjson_answers_each_line_and_loses_none_for_a_bad_one(door: Door) -> None:
    lines = [
        json.dumps(demand(external_id="SET-1")).encode(),
        b"",
        b'{"external_id": "SET-2"}',
        b"\xff",
        json.dumps(demand(external_id="SET-3")).encode() + b"\r",
        json.dumps(demand(external_id="SET-1")).encode(),
        json.dumps(demand(external_id="SET-4", description="x" * 70_000)).encode(),
    ]
    headers = {"Content-Type": "application/x-ndjson"}
    answer = await door.post(b"\n".join(lines), headers=headers)
    assert answer.status_code == 207
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [(r["line"], r["status"], r.get("problem", {}).get("status")) for r in results] == [
        (1, "accepted", None),
        (3, "refused", 422),
        (4, "refused", 400),
        (5, "accepted", None),
        (6, "unchanged", None),
        (7, "refused", 413),
    ]
    assert {e["pointer"] for e in results[1]["problem"]["errors"]} >= {"/title", "/city"}
    assert [event["external_id"] for event in await door.events()] == ["SET-1", "SET-3"]
    clean = await door.post(b"\n".join([lines[0], lines[4]]), headers=headers)
    assert clean.status_code == 200


async def test_ndjson_beyond_its_bounds_is_refused_before_anything_is_taken(door: Door) -> None:
    headers = {"Content-Type": "application/x-ndjson"}
    good = json.dumps(demand()).encode() + b"\n"
    for body in (good + b" " * 11 * 1024 * 1024, good + b"\n" * 20_001):
        assert (await door.post(body, headers=headers)).status_code == 413
    assert await door.events() == []

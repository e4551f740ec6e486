"""What intake refuses over HTTP: always a problem with a reason, never a fault of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake import exceptions
from services.intake.handlers.problems import STATUS
from services.runtime.database import migrate
from services.runtime.embedded import EmbeddedPostgres
from tests.flow.intake_door import Door, demand, member, offer, open_door
from tests.flow.intake_life import changed, match, notice, tell


@pytest.fixture(scope="module")
async def door(postgres: EmbeddedPostgres) -> AsyncIterator[Door]:
    """One door for the module: what is refused leaves nothing behind."""
    admin = await asyncpg.connect(postgres.dsn)
    await admin.execute("CREATE DATABASE t_intake_refusals")
    dsn = postgres.dsn.rsplit("/", 1)[0] + "/t_intake_refusals"
    await migrate(dsn)
    async with open_door(dsn) as opened:
        yield opened
    await admin.execute("DROP DATABASE t_intake_refusals WITH (FORCE)")
    await admin.close()


def nested(levels: int) -> bytes:
    return b'{"title":' + b"[" * levels + b"]" * levels + b"}"


BODIES: list[tuple[str, Any, int, str | None]] = [
    ("nothing", b"", 400, None),
    ("not JSON", b"{", 400, None),
    ("not UTF-8", b'{"title": "\xff"}', 400, None),
    ("UTF-16", json.dumps(demand()).encode("utf-16"), 400, None),
    ("too deep", nested(30), 400, None),
    ("far too deep", b"[" * 60_000, 400, None),
    ("NaN", b'{"wanted": NaN}', 400, None),
    ("infinite", b'{"wanted": 1e999}', 400, None),
    ("a huge integer", b'{"wanted": 1' + b"0" * 5_000 + b"}", 400, None),
    ("a name twice", b'{"title": "a", "title": "b"}', 400, None),
    ("half a surrogate pair", b'{"title": "\\ud800"}', 400, None),
    ("no object", b"[]", 422, ""),
    ("null", b"null", 422, ""),
    ("no title", {k: v for k, v in demand().items() if k != "title"}, 422, "/title"),
    ("an empty title", demand(title=""), 422, "/title"),
    ("a blank title", demand(title=" \n\t "), 422, "/title"),
    ("a title of controls", demand(title="\u0000\u0007"), 422, "/title"),
    ("a title of bidi marks", demand(title="\u202e\u200f\u2069"), 422, "/title"),
    ("a long title", demand(title="a" * 301), 422, "/title"),
    ("an unknown field", demand(colour="red"), 422, "/colour"),
    ("an odd field", demand(**{"a/b~c": 1}), 422, "/a~1b~0c"),
    ("an unknown field inside", demand(structure={"name": "a", "kind": "project", "x": 1}), 422,
     "/structure/x"),
    ("a number as text", demand(wanted="3"), 422, "/wanted"),
    ("true as a number", demand(wanted=True), 422, "/wanted"),
    ("none wanted", demand(wanted=0), 422, "/wanted"),
    ("an unknown kind", demand(kind="magic"), 422, "/kind"),
    ("a bad niche", demand(niches=["ok", "not ok"]), 422, "/niches/1"),
    ("too many keywords", demand(keywords=["a"] * 41), 422, "/keywords"),
    ("a local time", demand(deadline="2026-06-30T10:00:00"), 422, "/deadline"),
    ("a time before time", demand(deadline="0001-01-01T00:00:00+14:00"), 422, "/deadline"),
    ("a time as a number", demand(deadline=1893456000), 422, "/deadline"),
    ("a bad language", demand(language="français"), 422, "/language"),
    ("a bad mail address", demand(contact={"email": "a@b@c"}), 422, "/contact/email"),
    ("version 0", demand(version=0), 422, "/version"),
    ("a source of its own", demand(source="city:oujda"), 422, "/source"),
    ("65 KiB", demand(description="a" * 65 * 1024), 413, None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "pointer"), [b[1:] for b in BODIES],
                         ids=[b[0] for b in BODIES])  # fmt: skip
async def test_a_bad_body_is_a_problem_that_points_at_the_fault(
    door: Door, body: Any, status: int, pointer: str | None
) -> None:
    before = await door.events()
    answer = await door.post(body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["instance"] == "/v1/demands"
    assert problem["type"].startswith("urn:jisr:problem:")
    assert problem["title"]
    assert problem["detail"]
    if pointer is not None:
        assert pointer in [error["pointer"] for error in problem["errors"]]
    assert await door.events() == before


HEADERS = [
    ({"Content-Type": "text/plain"}, 415),
    ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ({"Content-Type": "application/json; charset=utf-16"}, 415),
    ({"Content-Encoding": "gzip"}, 415),
    ({"Accept": "text/html"}, 406),
    ({"Accept": "application/json;q=0"}, 406),
    ({"Accept": "*/*;q=0.1, application/json;q=0"}, 406),
    ({"Content-Type": "application/json; charset=UTF-8"}, 202),
    ({"Accept": "text/html, application/*;q=0.2"}, 202),
    ({"Accept": "*/*"}, 202),
    ({"Content-Type": "application/x-ndjson", "Accept": "application/json"}, 406),
]


@pytest.mark.parametrize(("headers", "status"), HEADERS)
async def test_media_types_are_negotiated(door: Door, headers: dict[str, str], status: int) -> None:
    assert (await door.post(demand(), headers=headers)).status_code == status


ADDRESSES = [
    ("GET", "/v1/demands/nobody", 404),
    ("GET", "/v1/demands/%00", 422),
    ("GET", "/v1/demands/%FF%FE", 422),
    ("GET", "/v1/demands/" + "a" * 200, 422),
    ("DELETE", "/v1/demands/nobody", 404),
    ("GET", "/v1/demands?limit=0", 422),
    ("GET", "/v1/demands?limit=many", 422),
    ("GET", "/v1/demands?limit=99999999999999999999", 422),
    ("GET", "/v1/demands?state=lost", 422),
    ("GET", "/v1/demands?after=%00", 422),
    ("GET", "/v1/demands?after=nobody", 200),
    ("PATCH", "/v1/demands", 405),
    ("POST", "/v1/members/a", 405),
    ("GET", "/v1/nothing", 404),
    ("GET", "/v1/matches/nobody", 404),
    ("GET", "/v1/matches/%00", 422),
    ("DELETE", "/v1/matches/nobody", 405),
    ("GET", "/v1/matches/nobody/responses", 405),
    ("GET", "/v1/demands/nobody/confirmation", 404),
    ("GET", "/v1/demands?state=archived", 200),
    ("GET", "/v1/demands/", 404),
    ("GET", "/nothing", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), ADDRESSES)
async def test_a_bad_address_is_a_problem_too(
    door: Door, method: str, path: str, status: int
) -> None:
    answer = await door.ask(method, path)
    assert answer.status_code == status
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
    if status == 405:
        assert answer.headers["allow"]


async def test_a_parameter_is_named_once_with_all_that_may_be_written(door: Door) -> None:
    problem = (await door.ask("GET", "/v1/demands?state=bogus")).json()
    (error,) = problem["errors"]
    assert (error["in"], error["parameter"]) == ("query", "state")
    assert error["detail"].startswith("Write one of: open, proposed, ")
    assert "archived" in error["detail"]
    assert "parameter" in problem["title"]


async def test_a_day_where_a_moment_is_wanted_is_told_how_to_write_one(door: Door) -> None:
    (error,) = (await door.post(demand(deadline="2027-01-01"))).json()["errors"]
    assert "2027-03-31T23:59:00+01:00" in error["detail"]


async def test_a_member_whose_id_differs_from_its_address_is_refused(door: Door) -> None:
    answer = await door.ask("PUT", "/v1/members/a", member(member_id="b"), source="cluster:mnc")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/member_id"
    entry = {"id": "fes", "names": {"fr": "Settat"}, "university": "UH1"}
    answer = await door.ask("PUT", "/v1/directory/city/settat", entry, source="hub")
    assert answer.json()["errors"][0]["pointer"] == "/id"


WITHOUT_A_KEY = [
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer jisr_" + "A" * 43},
    {"Authorization": "Bearer jisr_\x00"},
    {"Authorization": "Basic aGk6aGk="},
]


@pytest.mark.parametrize("headers", WITHOUT_A_KEY)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/demands"), ("GET", "/v1/demands/x"), ("GET", "/v1/nothing"),
                         ("PATCH", "/v1/demands"), ("GET", "/v1")]
)  # fmt: skip
async def test_without_a_valid_key_there_is_no_answer_but_401(
    door: Door, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = await door.ask(method, path, source=None, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "urn:jisr:problem:unauthenticated"
    assert set(answer.json()) == {"type", "title", "status", "detail", "instance"}
    assert "Authorization: Bearer jisr_" in answer.json()["detail"]


CITY = {"names": {"fr": "Settat"}, "university": "UH1"}
MAY = [
    ("POST", "/v1/demands", demand(), {"city:settat", "cluster:mnc", "hub"}),
    ("POST", "/v1/offers", offer(), {"city:settat", "cluster:mnc", "hub"}),
    ("POST", "/v1/offers", offer(owner={"type": "committee", "id": "c"}), {"cluster:mnc", "hub"}),
    ("PUT", "/v1/members/m", member(), {"cluster:mnc", "hub"}),
    ("PUT", "/v1/directory/city/settat", CITY, {"hub"}),
    ("DELETE", "/v1/directory/city/settat", None, {"hub"}),
    ("PUT", "/v1/contacts/member/m", {"email": "a@b.example"}, {"hub"}),
    ("DELETE", "/v1/contacts/member/m", None, {"hub"}),
]


@pytest.mark.parametrize("source", ["city:settat", "cluster:mnc", "hub"])
@pytest.mark.parametrize(("method", "path", "body", "allowed"), MAY)
async def test_each_role_may_do_its_own(
    door: Door, method: str, path: str, body: Any, allowed: set[str], source: str
) -> None:
    answer = await door.ask(method, path, body, source=source)
    assert (answer.status_code == 403) is (source not in allowed)
    assert answer.status_code in (202, 204, 403, 404)


async def test_what_is_anothers_can_neither_be_read_nor_withdrawn(door: Door) -> None:
    made = (await door.post(demand(external_id="SET-OWN"))).json()
    address = f"/v1/demands/{made['id']}"
    for source in ("city:oujda", "cluster:mnc"):
        assert (await door.ask("GET", address, source=source)).status_code == 404
        assert (await door.ask("DELETE", address, source=source)).status_code == 404
    assert (await door.ask("GET", address, source="hub")).status_code == 200
    await door.ask("PUT", "/v1/members/m", member(), source="cluster:mnc")
    stolen = await door.ask("PUT", "/v1/members/m", member(name="x"), source="cluster:other")
    assert stolen.status_code == 403
    assert (await door.ask("DELETE", address, source="hub")).status_code == 202


def test_every_refusal_that_http_can_meet_has_a_status() -> None:
    only_kafka = {"UnknownSource", "UnknownType", "UnreadableEnvelope"}
    every = set(exceptions.Refusal.__subclasses__())
    assert {kind.__name__ for kind in every - set(STATUS)} == only_kafka


async def test_a_database_that_is_away_is_503_and_not_500(database_url: str) -> None:
    async with open_door(database_url) as door:
        assert (await door.post(demand())).status_code == 202
        await door.database.stop()
        kept_key = await door.post(demand(title="b"))
        unknown_key = await door.post(demand(), source="city:oujda")
    for answer in (kept_key, unknown_key):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert answer.headers["content-type"] == "application/problem+json"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(
    st.sampled_from([*demand(), "summary", "partner", "deadline", "wanted", "version", "niches",
                     "keywords", "reach", "owner", "capacity"]), JSON, max_size=4)  # fmt: skip
FUZZED = (
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | FIELDS.map(lambda fields: json.dumps(demand(**fields)).encode())
)


ANSWERS = st.dictionaries(
    st.sampled_from(["by", "answer", "reason", "text", "outcome", "rating", "wave", "struck",
                     "added", "order", "match_id"]),
    JSON | st.sampled_from(["accept", "decline", "outcome", "met", "too-busy", 1, ["a"],
                            {"type": "city", "id": "settat"}]),
    max_size=5)  # fmt: skip
TALKS = [
    "/v1/matches/{id}/responses",
    "/v1/matches/{id}/questions",
    "/v1/questions/{id}/reply",
    "/v1/demands/{id}/extension",
    "/v1/demands/{id}/confirmation",
]


async def test_no_answer_is_answered_with_a_status_that_is_not_documented(door: Door) -> None:
    made = (await door.post(demand(external_id="FUZZED"))).json()["id"]
    told = match(made, match_id="m-fuzzed")
    asked = {"question_id": "q-fuzzed", "by": told.supply.owner, "text": "Combien ?"}
    question = notice(made, "question", 2, match=told, text="Combien ?", question=asked)
    await tell(door, told, changed(made, "proposed", 1), question)
    paths = (await door.client.get("/openapi.json")).json()["paths"]
    documented = {path: set(paths[path]["post"]["responses"]) for path in TALKS}
    loop = asyncio.get_running_loop()

    def send(path: str, body: bytes, source: str, headers: dict[str, str]) -> int:
        ids = {"matches": "m-fuzzed", "questions": "q-fuzzed"}
        address = path.replace("{id}", ids.get(path.split("/")[2], made))
        asked = door.ask("POST", address, body, source=source, headers=headers)
        return asyncio.run_coroutine_threadsafe(asked, loop).result(20).status_code

    @settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.sampled_from(TALKS),
        FUZZED | ANSWERS.map(lambda value: json.dumps(value).encode()),
        st.sampled_from(["city:settat", "city:oujda", "cluster:mnc", "hub"]),
        st.fixed_dictionaries(
            {},
            optional={
                "If-Match": st.sampled_from(["*", '"1"', '"2"', 'W/"1"', "1", ",", '"'])
                | st.text('"W/,* 1é\x7f', max_size=8).map(str.strip),
                "Idempotency-Key": st.text("ab\x01 é", max_size=3).map(str.strip),
            },
        ).map(lambda headers: {k: v.encode("latin-1") for k, v in headers.items()}),
    )
    def fuzz(path: str, body: bytes, source: str, headers: dict[str, str]) -> None:
        assert str(send(path, body, source, headers)) in documented[path]

    await asyncio.to_thread(fuzz)


async def test_no_body_is_answered_500(door: Door) -> None:
    loop = asyncio.get_running_loop()

    def send(body: bytes, path: str, media: str) -> int:
        asked = door.ask("POST", path, body, headers={"Content-Type": media})
        return asyncio.run_coroutine_threadsafe(asked, loop).result(20).status_code

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        FUZZED,
        st.sampled_from(["/v1/demands", "/v1/offers"]),
        st.sampled_from(["application/json", "application/x-ndjson"]),
    )
    def fuzz(body: bytes, path: str, media: str) -> None:
        assert send(body, path, media) in (200, 202, 207, 400, 409, 413, 422)

    await asyncio.to_thread(fuzz)

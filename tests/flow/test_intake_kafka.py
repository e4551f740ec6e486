"""What intake makes of records on the submissions and matches topics, over a real broker."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from schemas.envelope import CloudEvent
from schemas.match import Decision, Match
from schemas.topics import MATCHES, SUBMISSIONS
from services.intake.adapters.keys import create_key, register_source
from services.intake.adapters.store import PostgresStore
from services.intake.app import create_app
from services.intake.domain.speakers import Role
from services.intake.handlers import patience
from services.runtime.service import Service
from services.runtime.settings import Settings
from tests.flow.intake_door import demand, member

pytestmark = pytest.mark.kafka


@dataclass
class Wire:
    """A running intake and a producer that writes to its topics."""

    service: Service
    producer: AIOKafkaProducer
    prefix: str

    async def send(
        self, data: Any, event_type: str, source: str = "city:settat", **more: Any
    ) -> None:
        value = data if isinstance(data, bytes) else json.dumps(data).encode()
        event = CloudEvent(str(uuid.uuid4()), source, event_type, value, **more)
        await self.raw(value, event.headers(), source.encode())

    async def raw(
        self, value: bytes | None, headers: list[tuple[str, bytes]], key: bytes | None = None
    ) -> None:
        await self.producer.send_and_wait(
            self.prefix + SUBMISSIONS.name, value, key=key, headers=headers
        )

    async def tell(self, event_type: str, data: Match | Decision) -> None:
        value = data.model_dump_json().encode()
        event = CloudEvent(str(uuid.uuid4()), "/jisr/matcher", event_type, value)
        await self.producer.send_and_wait(
            self.prefix + MATCHES.name, value, key=data.need.id.encode(), headers=event.headers()
        )

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        return list(await self.service.database.pool.fetch(statement, *values))

    async def outbox(self, topic: str) -> list[dict[str, Any]]:
        rows = await self.fetch("SELECT value FROM outbox WHERE topic = $1 ORDER BY id", topic)
        return [json.loads(row["value"]) for row in rows]

    async def rejections(self, number: int) -> list[dict[str, Any]]:
        return await until(lambda: self.outbox("jisr.rejections.v1"), lambda r: len(r) >= number)


async def until(
    look: Callable[[], Awaitable[Any]], enough: Callable[[Any], bool], limit: float = 20.0
) -> Any:
    """What ``look`` finds once it is ``enough``."""
    async with asyncio.timeout(limit):
        while not enough(found := await look()):  # noqa: ASYNC110 (a row has no event to await)
            await asyncio.sleep(0.05)
    return found


@pytest.fixture
async def wire(settings: Settings) -> AsyncIterator[Wire]:
    service = create_app(settings)
    await service.start()
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    await register_source(service.database, "city:settat", Role.CITY)
    await register_source(service.database, "cluster:mnc", Role.CLUSTER)
    try:
        yield Wire(service, producer, settings.topic_prefix)
    finally:
        await producer.stop()
        await service.stop()


async def test_a_submission_becomes_a_fact_and_an_event_under_its_trace(wire: Wire) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await wire.send(demand(), "jisr.demand.submitted", traceparent=trace)
    (event,) = await until(lambda: wire.outbox("jisr.demands.v1"), bool)
    assert (event["external_id"], event["source"], event["version"]) == ("SET-1", "city:settat", 1)
    (row,) = await wire.fetch("SELECT header_names, header_values FROM outbox")
    headers = dict(zip(row["header_names"], row["header_values"], strict=True))
    assert headers["traceparent"].decode() == trace
    (contact,) = await wire.fetch("SELECT kind, id, email FROM vault.contacts")
    assert tuple(contact) == ("demand", event["demand_id"], "salma@zraa-market.example")


async def test_what_is_refused_on_http_is_rejected_on_kafka_with_its_pointers(wire: Wire) -> None:
    bad = demand(title=" ", wanted="3", colour="red")
    await wire.send(bad, "jisr.demand.submitted")
    (told,) = await wire.rejections(1)
    assert (told["source"], told["external_id"]) == ("city:settat", "SET-1")
    assert told["event_type"] == "jisr.demand.submitted"
    assert {p["pointer"] for p in told["problems"]} == {"/title", "/wanted", "/colour"}
    assert told["offset"] == 0
    (row,) = await wire.fetch("SELECT key FROM outbox WHERE topic = 'jisr.rejections.v1'")
    assert row["key"] == b"city:settat"


async def test_a_source_speaks_only_for_its_own_city(wire: Wire) -> None:
    await register_source(wire.service.database, "city:settat", Role.CITY, ["settat"])
    await wire.send(demand(city="oujda"), "jisr.demand.submitted")
    (told,) = await wire.rejections(1)
    assert [(p["pointer"], p["code"]) for p in told["problems"]] == [("/city", "not_yours")]
    await wire.send(demand(), "jisr.demand.submitted")
    (event,) = await until(lambda: wire.outbox("jisr.demands.v1"), bool)
    assert event["city"] == "settat"


REFUSED: list[tuple[str, Any, str, str, str]] = [
    ("not JSON", b"{", "jisr.demand.submitted", "city:settat", "malformed"),
    ("not UTF-8", b"\xff", "jisr.demand.submitted", "city:settat", "malformed"),
    ("65 KiB", b" " * 65 * 1024, "jisr.demand.submitted", "city:settat", "too-large"),
    ("a type of no topic", demand(), "jisr.demand.wished", "city:settat", "unknown-type"),
    ("another topic's type", demand(), "jisr.demand.changed", "city:settat", "unknown-type"),
    ("nobody's source", demand(), "jisr.demand.submitted", "city:nowhere", "unknown-source"),
    ("a city's member", member(member_id="m"), "jisr.member.submitted", "city:settat",
     "forbidden"),
    ("a member without id", member(), "jisr.member.submitted", "cluster:mnc", "missing"),
    ("a deadline that is over", demand(deadline="2020-01-01T00:00:00Z"),
     "jisr.demand.submitted", "city:settat", "past"),
    ("nothing to withdraw", {"external_id": "x"}, "jisr.demand.withdrawn", "city:settat",
     "not-found"),
]  # fmt: skip


async def test_every_refusal_names_its_reason_and_none_stops_the_partition(wire: Wire) -> None:
    for _, data, event_type, source, _ in REFUSED:
        await wire.send(data, event_type, source)
    await wire.send(demand(external_id="AFTER"), "jisr.demand.submitted")
    await until(lambda: wire.outbox("jisr.demands.v1"), bool)
    told = await wire.rejections(len(REFUSED))
    assert sorted(t["problems"][0]["code"] for t in told) == sorted(row[4] for row in REFUSED)
    assert await wire.outbox("jisr.submissions.v1.dlq") == []


async def test_an_unreadable_envelope_is_a_dead_letter_and_a_rejection_where_it_has_a_sender(
    wire: Wire,
) -> None:
    value = json.dumps(demand()).encode()
    good = dict(CloudEvent("1", "city:settat", "jisr.demand.submitted", value).headers())
    strange: list[tuple[dict[str, bytes], bytes | None]] = [
        ({**good, "ce_specversion": b"0.3"}, b"city:settat"),  # told by its ce_source
        ({}, b"city:settat"),  # told by its key
        ({"ce_source": b"\xff"}, b"\xff"),  # nobody to tell
        ({**good, "ce_id": b"a\x00b"}, b"city:settat"),  # no text that PostgreSQL keeps
        ({**good, "ce_source": "city\u202e:settat".encode()}, b"city:settat"),
    ]
    for headers, key in strange:
        await wire.raw(value, list(headers.items()), key)
    await wire.raw(None, list(good.items()), b"city:settat")
    await wire.send(demand(external_id="AFTER"), "jisr.demand.submitted")
    await until(lambda: wire.outbox("jisr.demands.v1"), bool)
    told = await wire.rejections(4)
    assert {t["source"] for t in told} >= {"city:settat"}
    assert {t["problems"][0]["code"] for t in told} <= {"unreadable-envelope", "unknown-source"}
    letters = "SELECT id FROM outbox WHERE topic = 'jisr.submissions.v1.dlq'"
    await until(lambda: wire.fetch(letters), lambda found: len(found) >= 4)


async def test_a_repeated_record_is_one_submission(wire: Wire) -> None:
    event = CloudEvent(
        "same", "city:settat", "jisr.demand.submitted", json.dumps(demand()).encode()
    )
    for _ in range(5):
        await wire.raw(event.data, event.headers(), b"city:settat")
    await wire.send({"external_id": "SET-1", "reason": "found"}, "jisr.demand.withdrawn")
    events = await until(lambda: wire.outbox("jisr.demands.v1"), lambda e: len(e) >= 2)
    assert [(e["version"], e["status"]) for e in events] == [(1, "open"), (2, "withdrawn")]


async def test_many_versions_in_one_batch_are_told_in_order(wire: Wire) -> None:
    for number in range(30):
        await wire.send(demand(title=f"Titre {number}"), "jisr.demand.submitted")
    events = await until(lambda: wire.outbox("jisr.demands.v1"), lambda e: len(e) >= 30)
    assert [(e["version"], e["title"]) for e in events] == [
        (number + 1, f"Titre {number}") for number in range(30)
    ]


async def test_a_member_comes_by_kafka_with_its_id_in_the_body(wire: Wire) -> None:
    await wire.send(member(member_id="khlass"), "jisr.member.submitted", "cluster:mnc")
    (event,) = await until(lambda: wire.outbox("jisr.members.v1"), bool)
    assert (event["member_id"], event["source"], event["active"]) == ("khlass", "cluster:mnc", True)
    assert "contact" not in event


NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def need(demand_id: str, version: int = 1) -> dict[str, Any]:
    return {
        "kind": "demand",
        "id": demand_id,
        "owner": {"type": "city", "id": "settat"},
        "need_kind": "service",
        "title": "Paiement",
        "language": "fr",
        "version": version,
    }


def match(demand_id: str, state: str, version: int, name: str = "m-1") -> Match:
    owner = {"type": "member", "id": "khlass"}
    return Match.model_validate(
        {
            "match_id": name,
            "need": need(demand_id),
            "supply": {"kind": "member", "id": "khlass", "owner": owner, "title": "KhlassPay",
                       "version": 1},
            "recipient": {"kind": "member", "id": "khlass", "name": "KhlassPay"},
            "state": state,
            "rank": 1,
            "score": 0.8,
            "reasons": [{"kind": "terms", "terms": ["paiement"], "weight": 0.5}],
            "policy_version": "1",
            "version": version,
            "proposed_at": NOW,
        }
    )  # fmt: skip


def decision(demand_id: str, outcome: str, seconds: int, version: int = 1) -> Decision:
    return Decision.model_validate(
        {
            "need": need(demand_id, version),
            "outcome": outcome,
            "considered": 150,
            "policy_version": "1",
            "score_model": f"fit-{seconds}",
            "decided_at": NOW + timedelta(seconds=seconds),
        }
    )


async def test_the_status_follows_the_matcher_in_whatever_order_it_is_heard(wire: Wire) -> None:
    await wire.send(demand(), "jisr.demand.submitted")
    (event,) = await until(lambda: wire.outbox("jisr.demands.v1"), bool)
    demand_id = event["demand_id"]

    async def state() -> str:
        (row,) = await wire.fetch("SELECT state FROM facts WHERE kind = 'demand'")
        return str(row["state"])

    await wire.tell("jisr.need.decided", decision(demand_id, "unmatched", 1))
    await until(state, lambda now: now == "unmatched")
    await wire.tell("jisr.match.changed", match(demand_id, "accepted", 2))
    await wire.tell("jisr.match.changed", match(demand_id, "proposed", 1))
    await wire.tell("jisr.need.decided", decision(demand_id, "proposed", 3))
    await wire.tell("jisr.need.decided", decision(demand_id, "unmatched", 2))
    await wire.tell("jisr.match.changed", match("of-nobody", "proposed", 1, "m-2"))
    await until(lambda: wire.fetch("SELECT 1 FROM decisions WHERE outcome = 'proposed'"), bool)
    (decided,) = await wire.fetch("SELECT score_model FROM decisions")
    assert decided["score_model"] == "fit-3"
    await until(state, lambda now: now == "proposed")
    (stored,) = await wire.fetch("SELECT match_id, state, version FROM matches")
    assert tuple(stored) == ("m-1", "accepted", 2)
    await wire.send({"external_id": "SET-1"}, "jisr.demand.withdrawn")
    await until(state, lambda now: now == "withdrawn")
    await wire.tell("jisr.match.changed", match(demand_id, "introduced", 3))
    await until(lambda: wire.fetch("SELECT 1 FROM matches WHERE version = 3"), bool)
    assert await state() == "withdrawn"
    assert len(await wire.outbox("jisr.demands.v1")) == 2


async def test_the_view_tells_who_why_and_where_it_stands(wire: Wire) -> None:
    await wire.send(demand(), "jisr.demand.submitted")
    (event,) = await until(lambda: wire.outbox("jisr.demands.v1"), bool)
    await wire.tell("jisr.match.changed", match(event["demand_id"], "proposed", 1))
    await wire.tell("jisr.need.decided", decision(event["demand_id"], "proposed", 1))
    await until(lambda: wire.fetch("SELECT 1 FROM decisions, matches"), bool)
    key = await create_key(wire.service.database, "city:settat")
    transport = httpx.ASGITransport(wire.service.http)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
        headers = {"Authorization": f"Bearer {key.key}"}
        answer = await client.get(f"/v1/demands/{event['demand_id']}", headers=headers)
    view = answer.json()
    assert view["state"] == "proposed"
    (wave,) = view["waves"]
    assert (wave["wave"], wave["outcome"], wave["considered"]) == (1, "proposed", 150)
    (shown,) = view["matches"]
    assert shown["who"]["recipient"]["name"] == "KhlassPay"
    assert (shown["rank"], shown["score"], shown["state"]) == (1, 0.8, "proposed")
    assert shown["reasons"][0]["terms"] == ["paiement"]


async def test_an_answer_by_kafka_that_comes_before_its_match_is_taken(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LONGEST_WAIT_S", 60.0)
    looked, look = asyncio.Event(), PostgresStore.match_versions

    async def seen(store: PostgresStore, match_ids: Collection[str]) -> dict[str, int]:
        found = await look(store, match_ids)
        looked.set()
        return found

    monkeypatch.setattr(PostgresStore, "match_versions", seen)
    await register_source(wire.service.database, "city:settat", Role.CITY, ["settat"])
    await wire.send(demand(), "jisr.demand.submitted")
    (event,) = await until(lambda: wire.outbox("jisr.demands.v1"), bool)
    body = {"match_id": "m-1", "match_version": 1, "answer": "accept"}
    await wire.send(body, "jisr.response.submitted")
    async with asyncio.timeout(20):
        await looked.wait()
    await wire.tell("jisr.match.changed", match(event["demand_id"], "proposed", 1))
    (answer,) = await until(lambda: wire.outbox("jisr.responses.v1"), bool)
    assert (answer["answer"], answer["match_version"]) == ("accept", 1)
    assert await wire.outbox("jisr.rejections.v1") == []


async def test_an_answer_by_kafka_is_published_once_and_a_late_one_is_rejected(
    wire: Wire,
) -> None:
    await register_source(wire.service.database, "city:settat", Role.CITY, ["settat"])
    await wire.send(demand(), "jisr.demand.submitted")
    (event,) = await until(lambda: wire.outbox("jisr.demands.v1"), bool)
    await wire.tell("jisr.match.changed", match(event["demand_id"], "accepted", 2))
    await until(lambda: wire.fetch("SELECT 1 FROM matches"), bool)
    body = {"match_id": "m-1", "match_version": 2, "answer": "accept"}
    same = CloudEvent("same", "city:settat", "jisr.response.submitted", json.dumps(body).encode())
    for _ in range(3):
        await wire.raw(same.data, same.headers(), b"city:settat")
    for wrong in (
        body | {"match_version": 1, "answer": "decline", "reason": "terms"},
        body | {"answer": "withdraw"},
        body | {"match_id": "of-nobody"},
        body | {"answer": "decline"},
        body | {"colour": "red"},
    ):
        await wire.send(wrong, "jisr.response.submitted")
    await wire.send(body, "jisr.response.submitted", "cluster:mnc")
    told = await wire.rejections(6)
    assert sorted(t["problems"][0]["code"] for t in told) == [
        "changed-since",
        "does_not_fit",
        "extra_forbidden",
        "not-found",
        "not-found",
        "not-possible",
    ]
    (answer,) = await wire.outbox("jisr.responses.v1")
    assert (answer["answer"], answer["via"], answer["match_version"]) == ("accept", "kafka", 2)
    assert answer["by"] == {"type": "city", "id": "settat"}

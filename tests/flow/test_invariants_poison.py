"""I7: no input blocks a partition; it is processed, or a dead letter that says why."""

from __future__ import annotations

import importlib
import json
import os
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from schemas.envelope import CloudEvent
from schemas.examples import EXAMPLES
from schemas.topics import DEMANDS, MEMBERS, OFFERS, RESPONSES, SUBMISSIONS, TOPICS, Topic
from services.intake.adapters.keys import register_source
from services.intake.domain.speakers import Role
from services.runtime.consumer import Subscription
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.topics import all_topics
from tests.flow.matcher_facts import demand, event_of, member, offer
from tests.flow.matcher_hub import hub_of
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

Headers = list[tuple[str, bytes | None]]
SERVICES = ("intake", "matcher", "notifier")


def _subscriptions(service: str) -> list[Subscription]:
    app = importlib.import_module(f"services.{service}.app")
    return list(app.create_app(Settings(_env_file=None, embedder="lexical")).subscriptions)


CONSUMED = [(service, s.topic.name) for service in SERVICES for s in _subscriptions(service)]
TOPIC = {topic.name: topic for topic in TOPICS}


def good(topic: Topic) -> CloudEvent:
    """An event of the topic, with an id of its own."""
    event_type = next(iter(topic.events))
    event = EXAMPLES[event_type][0].event(event_type)
    return CloudEvent(str(uuid.uuid4()), event.source, event_type, event.data)


def poisons(topic: Topic, raw: bool) -> dict[str, tuple[bytes | None, Headers]]:
    """Records that are no events of the topic, by the reason that must be given."""
    event = good(topic)
    headers: Headers = list(event.headers())

    def but(name: str, value: bytes | None) -> Headers:
        return [(known, value if known == name else text) for known, text in headers]

    found: dict[str, tuple[bytes | None, Headers]] = {
        "the record has no value": (None, headers),
        "ce_id: not UTF-8": (event.data, but("ce_id", b"\xff\xfe")),
        "ce_source: the header has no value": (event.data, but("ce_source", None)),
        "missing or empty": (event.data, []),
        "ce_time: not an RFC 3339": (event.data, [*headers, ("ce_time", b"yesterday")]),
        "content-type: is": (event.data, but("content-type", b"text/plain")),
        "longer than": (event.data, but("ce_id", b"x" * 5_000)),
        "ce_specversion: is '0.3'": (
            event.data,
            [*but("ce_specversion", b"0.3"), ("na\x00me", b"a name that PostgreSQL cannot store")],
        ),
    }
    if not raw:
        found |= {
            "does not carry the type 'jisr.unheard.of'": (
                event.data,
                but("ce_type", b"jisr.unheard.of"),
            ),
            "Invalid JSON": (b'{"a": ', headers),
            "Input should be": (b"[1, 2]", headers),
            "Field required": (b"{}", headers),
            "Invalid JSON: invalid unicode": (b'{"\xff\xfe": 1}', headers),
            "Invalid JSON: recursion": (b"[" * 100_000, headers),
            "Invalid JSON: EOF": (b" " * 3_000_000, headers),
        }
    return found


@dataclass
class Bench:
    """One running service, and hands on its topics."""

    service: Service
    producer: AIOKafkaProducer
    database: asyncpg.Connection[Any]
    settings: Settings

    async def put(
        self, topic: Topic, value: bytes | None, headers: Headers, key: bytes = b"one"
    ) -> int:
        """Write one record to partition 0; its offset."""
        name = self.settings.topic_prefix + topic.name
        sent = await self.producer.send_and_wait(name, value, key=key, partition=0, headers=headers)
        return int(sent.offset)

    async def put_together(self, topic: Topic, some: Sequence[tuple[bytes, Headers]]) -> None:
        """Write records to partition 0, in one batch, by a builder that takes whatever encodes."""
        batch = self.producer.create_batch()
        batch._builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, -1, 1 << 20)
        for value, headers in some:
            batch.append(key=b"one", value=value, timestamp=None, headers=headers)
        batch.close()
        name = self.settings.topic_prefix + topic.name
        await (await self.producer.send_batch(batch, name, partition=0))

    async def processed(self, *events: CloudEvent) -> bool:
        """Whether each event is in the service's inbox."""
        known = await self.database.fetch("SELECT event_id FROM inbox")
        return {event.id for event in events} <= {row["event_id"] for row in known}

    async def dead(self, topic: Topic, number: int) -> list[ConsumerRecord[Any, Any]]:
        """The first dead letters of a topic, once there are so many."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap_servers, enable_auto_commit=False
        )
        await consumer.start()
        try:
            place = TopicPartition(self.settings.topic_prefix + topic.dlq, 0)
            consumer.assign([place])
            await consumer.seek_to_beginning(place)
            found: list[ConsumerRecord[Any, Any]] = []

            async def enough() -> bool:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found.extend(records)
                return len(found) >= number

            await eventually(enough)
            return found
        finally:
            await consumer.stop()


@asynccontextmanager
async def running(name: str, settings: Settings) -> AsyncIterator[Bench]:
    """A service by its name, started."""
    app = importlib.import_module(f"services.{name}.app")
    service: Service = app.create_app(settings)
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        compression_type="gzip",
        max_request_size=50_000_000,
    )
    database = await asyncpg.connect(settings.dsn(), server_settings={"search_path": name})
    await producer.start()
    await service.start()
    try:
        yield Bench(service, producer, database, settings)
    finally:
        await service.stop()
        await producer.stop()
        await database.close()


@pytest.mark.parametrize(("service", "topic_name"), CONSUMED)
async def test_poison_is_put_aside_with_its_reason_and_the_rest_goes_on(
    settings: Settings, service: str, topic_name: str
) -> None:
    topic = TOPIC[topic_name]
    raw = next(s.raw for s in _subscriptions(service) if s.topic == topic)
    bad = poisons(topic, raw)
    async with running(service, settings) as bench:
        before, after = good(topic), good(topic)
        await bench.put(topic, before.data, list(before.headers()))
        offsets = {reason: await bench.put(topic, *record) for reason, record in bad.items()}
        await bench.put(topic, after.data, list(after.headers()))
        await eventually(lambda: bench.processed(before, after), limit=30)
        letters = await bench.dead(topic, len(bad))
    assert len(letters) == len(bad)
    by_offset = {int(dict(letter.headers)["dlq_offset"]): letter for letter in letters}
    for reason, offset in offsets.items():
        notes = dict(by_offset[offset].headers)
        assert reason in notes["dlq_reason"].decode()
        assert notes["dlq_topic"].decode() == topic.name
        assert notes["dlq_partition"] == b"0"
        assert notes["dlq_subscriber"].decode() == f"jisr-{service}"
        assert by_offset[offset].key == b"one"


UNSTORABLE = {
    "a version that PostgreSQL cannot count to": demand("d-bad", version=2**63),
    "a character that PostgreSQL cannot store": demand("d-bad", title="nul\0"),
    "a member with such a version": member("m-bad", version=2**64),
    "an offer with such a character": offer("o-bad", summary="\0"),
}


@pytest.mark.parametrize("bad", UNSTORABLE.values(), ids=UNSTORABLE)
async def test_an_event_whose_handling_raises_is_put_aside_and_its_neighbours_are_processed(
    settings: Settings, bad: Any
) -> None:
    topic, neighbour = {
        "Demand": (DEMANDS, demand),
        "Member": (MEMBERS, member),
        "Offer": (OFFERS, offer),
    }[type(bad).__name__]
    async with running("matcher", settings) as bench:
        events = [event_of(neighbour("x-1")), event_of(bad), event_of(neighbour("x-2"))]
        await bench.service.stop()  # so that all three come in one batch
        for event in events:
            await bench.put(topic, event.data, list(event.headers()))
        await bench.service.start()
        await eventually(lambda: bench.processed(events[0], events[2]))
        (letter,) = await bench.dead(topic, 1)
        assert letter.value == events[1].data
        assert dict(letter.headers)["dlq_offset"] == b"1"
        assert not await bench.processed(events[1])


LONGEST_VERSION = 2**53
"""One above the largest integer that intake takes, as a withdrawal counts on."""


@pytest.mark.parametrize(
    ("service", "topic", "fact"),
    [
        ("matcher", DEMANDS, demand("d-1", version=LONGEST_VERSION)),
        ("matcher", MEMBERS, member("m-1", version=LONGEST_VERSION)),
        ("matcher", OFFERS, offer("o-1", version=LONGEST_VERSION)),
        ("notifier", MEMBERS, member("m-1", version=LONGEST_VERSION)),
    ],
)
async def test_a_version_as_long_as_intake_takes_is_processed(
    settings: Settings, service: str, topic: Topic, fact: Any
) -> None:
    """Systems count by what they have, as the milliseconds of a clock."""
    async with running(service, settings) as bench:
        event = event_of(fact)
        await bench.put(topic, event.data, list(event.headers()))
        await eventually(lambda: bench.processed(event))


async def test_a_record_too_large_to_pass_on_is_cut_and_does_not_hold_up_the_others(
    settings: Settings,
) -> None:
    """Ten megabytes of blanks pass the broker's limit compressed, and not as a dead letter."""
    async with running("matcher", settings) as bench:
        large = b" " * 10_000_000
        event = good(RESPONSES)
        many: Headers = [(f"x-{n}", b"x" * 100_000) for n in range(100)]
        await bench.put(RESPONSES, large, list(event.headers()))
        await bench.put(RESPONSES, b"{", [*event.headers(), *many])
        await bench.put(RESPONSES, b"small", list(event.headers()))
        letters = await bench.dead(RESPONSES, 3)
        assert [letter.value for letter in letters][1:] == [b"{", b"small"]
        assert letters[0].value is not None
        assert large.startswith(letters[0].value)
        assert b"cut from 10000" in dict(letters[0].headers)["dlq_reason"]


class Latin(str):
    """A name that a client writes in another encoding than UTF-8."""

    def encode(self, encoding: str = "latin-1", errors: str = "strict") -> bytes:
        return super().encode("latin-1")


@pytest.mark.parametrize("service", SERVICES)
async def test_a_header_whose_name_is_not_utf8_holds_up_nobody(
    settings: Settings, service: str
) -> None:
    topic = _subscriptions(service)[0].topic
    async with running(service, settings) as bench:
        events = [good(topic) for _ in range(4)]
        headers: list[Headers] = [list(one.headers()) for one in events[:3]]
        headers[1].append((Latin("clé"), b"by one that knows no UTF-8"))
        await bench.put_together(
            topic, [(one.data, names) for one, names in zip(events, headers, strict=False)]
        )
        await bench.put(topic, events[3].data, list(events[3].headers()))
        await eventually(lambda: bench.processed(*events))


@pytest.mark.parametrize(("service", "topic_name"), CONSUMED)
async def test_a_dead_letter_keeps_a_key_of_any_length(
    settings: Settings, service: str, topic_name: str
) -> None:
    topic, key = TOPIC[topic_name], os.urandom(20_000)
    async with running(service, settings) as bench:
        after = good(topic)
        await bench.put(topic, b"{", [], key)
        await bench.put(topic, after.data, list(after.headers()))
        await eventually(lambda: bench.processed(after))
        (letter,) = await bench.dead(topic, 1)
        assert letter.key == key


@pytest.mark.parametrize("codec", ["gzip", "lz4", "snappy", "zstd"])
async def test_what_a_city_system_compresses_is_read_whatever_the_codec(
    settings: Settings, codec: str
) -> None:
    """Producers choose by themselves, and many come set to another than gzip."""
    event = good(SUBMISSIONS)
    async with (
        running("intake", settings) as bench,
        AIOKafkaProducer(
            bootstrap_servers=settings.kafka_bootstrap_servers, compression_type=codec
        ) as producer,
    ):
        name = settings.topic_prefix + SUBMISSIONS.name
        await producer.send_and_wait(name, event.data, key=b"one", headers=event.headers())
        await eventually(lambda: bench.processed(event))


async def test_contact_data_appears_in_no_topic(settings: Settings) -> None:
    """A member's and a demand's submission go in with contacts; nothing comes out with them."""
    secrets = {
        "demand": ("Salma Secrète", "salma.secret@zraa.example", "+212 5 99 99 99 01"),
        "member": ("Karim Secret", "karim.secret@khlass.example", "+212 5 99 99 99 02"),
        "offer": ("Nadia Secrète", "nadia.secret@oujda.example", "+212 5 99 99 99 03"),
    }

    def contact(kind: str) -> dict[str, str]:
        return dict(zip(("name", "email", "phone"), secrets[kind], strict=True))

    wanted = demand().model_dump(mode="json", include=_DEMAND) | {"contact": contact("demand")}
    able = member().model_dump(mode="json", include=_MEMBER) | {"contact": contact("member")}
    place = offer().model_dump(mode="json", include=_OFFER) | {"contact": contact("offer")}
    async with hub_of(settings) as hub, running("intake", settings) as intake:
        store = intake.service.database
        await register_source(store, "city:settat", Role.CITY)
        await register_source(store, "cluster:mnc", Role.CLUSTER)
        for source, kind, body in (
            ("cluster:mnc", "member", able),
            ("city:settat", "demand", wanted),
            ("city:settat", "offer", place | {"owner": {"type": "city", "id": "settat"}}),
            ("city:settat", "demand", wanted | {"title": "", "external_id": "refused"}),
        ):
            event = CloudEvent(
                str(uuid.uuid4()), source, f"jisr.{kind}.submitted", json.dumps(body).encode()
            )
            await hub.put(SUBMISSIONS, event.data, event.headers(), source.encode())
        await eventually(hub.matches, limit=30)
        statement = "SELECT count(*) FROM vault.contacts"
        await eventually(lambda: store.pool.fetchval(statement))
        await hub.relayed()
        scanned = 0
        for topic in all_topics():
            if topic.name == SUBMISSIONS.name:
                continue  # contacts come in by it
            for record in await hub.records(topic.name):
                scanned += 1
                text = repr((record.key, record.value, record.headers)).encode()
                raw = b"\0".join([record.key or b"", record.value or b"", text])
                for values in secrets.values():
                    assert not [v for v in values if v.encode() in raw], topic.name
        assert scanned > 10


_DEMAND = {"external_id", "city", "structure", "kind", "title", "description", "niches"}
_MEMBER = {"member_id", "cluster", "name", "kind", "description", "niches", "languages"}
_OFFER = {"external_id", "kind", "title", "description", "niches"}

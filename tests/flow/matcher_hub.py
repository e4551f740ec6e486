"""Running matchers on the real broker and database, and events to give them."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from pydantic import BaseModel

from schemas.directory import DirectoryEntry
from schemas.envelope import CloudEvent, from_record
from schemas.match import Decision, Match
from schemas.topics import DIRECTORY, MATCHES, TOPICS, Topic
from services.matcher.app import create_app
from services.matcher.domain.policy import Policy
from services.matcher.handlers import Handlers
from services.matcher.use_cases.matchmaker import Matchmaker
from services.runtime.database import Connection
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.topics import all_topics
from tests.flow.matcher_facts import KINDS, event_of, key_of
from tests.waiting import eventually

CLUSTERS = {"mnc": "own", "agri": "national", "lyon": "international"}
PARENTS = {"ict": None, "payment": "ict", "mobile-payment": "payment", "farming": None}


@dataclass
class MatcherHub:
    """Some matchers that share a database and topics, and the ends to hold them by."""

    settings: Settings
    producer: AIOKafkaProducer
    policy: Policy | None = None
    matchers: list[Service] = field(default_factory=list)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _database: Connection | None = None

    @property
    def database(self) -> Connection:
        """A connection that sees the matcher's tables."""
        assert self._database is not None
        return self._database

    async def connect(self) -> None:
        """Connect to the database, again where it went away."""
        connection = await asyncpg.connect(
            self.settings.dsn(), server_settings={"search_path": "matcher"}
        )
        await connection.set_type_codec(
            "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
        )
        self.stack.push_async_callback(connection.close)
        self._database = connection

    async def start_matcher(self) -> Service:
        """One more matcher; it stops with the hub."""
        service = create_app(self.settings, self.policy)
        self.stack.push_async_callback(service.stop)
        await service.start()
        self.matchers.append(service)
        return service

    async def stop_matcher(self) -> None:
        """Stop the matcher that was started last, in order."""
        await self.matchers.pop().stop()

    async def tell(self, *facts: BaseModel, event_id: str | None = None) -> None:
        """Publish facts, each as an event with an id of its own unless ``event_id`` is given."""
        for fact in facts:
            event = event_of(fact, event_id)
            await self.put(KINDS[type(fact)][0], event.data, event.headers(), key_of(fact).encode())
        await self.producer.flush()

    async def put(
        self,
        topic: Topic,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
        key: bytes | None = None,
        partition: int | None = None,
    ) -> tuple[int, int]:
        """Write one record as it is; its partition and offset."""
        sent = await self.producer.send_and_wait(
            self.settings.topic_prefix + topic.name,
            value,
            key=key,
            partition=partition,
            headers=headers,
        )
        return sent.partition, sent.offset

    async def tell_directory(self) -> None:
        """Publish the clusters and niches, and wait until every matcher knows them."""
        (event_type,) = DIRECTORY.events
        entries: list[dict[str, Any]] = [
            {"entry": "cluster", "id": i, "names": {"fr": i}, "tier": tier, "field": "TIC"}
            for i, tier in CLUSTERS.items()
        ]
        entries += [
            {"entry": "niche", "id": i, "labels": {"fr": i}, "parent": parent}
            for i, parent in PARENTS.items()
        ]
        for entry in entries:
            data = DirectoryEntry.model_validate(entry).model_dump_json().encode()
            event = CloudEvent(str(uuid.uuid4()), "/jisr/intake", event_type, data)
            await self.put(DIRECTORY, data, event.headers(), entry["id"].encode())

    async def matches(self, need_id: str | None = None) -> list[Match]:
        """Every stored match (of a need), best first."""
        rows = await self.database.fetch(
            "SELECT body FROM matches WHERE $1::text IS NULL OR need_id = $1 "
            "ORDER BY need_id, body->'rank', supply_id",
            need_id,
        )
        return [Match.model_validate(row["body"]) for row in rows]

    async def proposed_to(self, need_id: str) -> set[str]:
        """The supplies that were proposed for a need."""
        return {match.supply.id for match in await self.matches(need_id)}

    async def outcome(self, need_id: str) -> str | None:
        """What was decided about a need."""
        found: str | None = await self.database.fetchval(
            "SELECT state FROM needs WHERE need_id = $1", need_id
        )
        return found

    async def outcome_is(self, need_id: str, outcome: str) -> bool:
        """Whether this was decided about a need."""
        return await self.outcome(need_id) == outcome

    async def version_is(self, need_id: str, version: int) -> bool:
        """Whether the stored need has this version."""
        statement = "SELECT version FROM needs WHERE need_id = $1"
        return bool(await self.database.fetchval(statement, need_id) == version)

    async def proposed_are(self, need_id: str, supplies: set[str]) -> bool:
        """Whether exactly these were proposed for a need."""
        return await self.proposed_to(need_id) == supplies

    async def has_proposed(self, need_id: str, number: int) -> bool:
        """Whether so many were proposed for a need."""
        return len(await self.proposed_to(need_id)) == number

    async def state_is(self, match_id: str, state: str) -> bool:
        """Whether a match is in this state."""
        statement = "SELECT state FROM matches WHERE match_id = $1"
        return bool(await self.database.fetchval(statement, match_id) == state)

    async def cluster_is(self, supply_id: str, cluster: str) -> bool:
        """Whether every matcher knows that a supply stands in this cluster."""
        found = [self.maker(n).supplies.get(supply_id) for n in range(len(self.matchers))]
        return all(supply is not None and supply.cluster == cluster for supply in found)

    async def indexed_are(self, number: int) -> bool:
        """Whether so many supplies are stored and every matcher has them."""
        count = await self.database.fetchval("SELECT count(*) FROM supplies")
        return count == number and await self.indexed()

    async def seen_is(self, number: int) -> bool:
        """Whether so many events were processed."""
        return await self.seen() == number

    def maker(self, number: int) -> Matchmaker:
        """The actor inside one of the matchers."""
        handlers: Handlers = self.matchers[number].subscriptions[0].handle.__self__  # type: ignore[attr-defined]
        return handlers.maker

    async def indexed(self) -> bool:
        """Whether every matcher has indexed what PostgreSQL has of every supply."""
        rows = await self.database.fetch("SELECT supply_id, revision FROM supplies")
        for number in range(len(self.matchers)):
            for row in rows:
                known = self.maker(number).supplies.get(row["supply_id"])
                if known is None or known.version < row["revision"]:
                    return False
        return True

    async def seen(self) -> int:
        """How many events the matchers have processed."""
        count: int = await self.database.fetchval(
            "SELECT count(*) FROM inbox WHERE subscriber = 'jisr-matcher'"
        )
        return count

    async def records(self, topic_name: str) -> list[ConsumerRecord[Any, Any]]:
        """Everything that stands in a topic now, partition by partition."""
        name = self.settings.topic_prefix + topic_name
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap_servers, enable_auto_commit=False
        )
        await consumer.start()
        try:
            count = next(t.partitions for t in all_topics() if t.name == topic_name)
            partitions = [TopicPartition(name, number) for number in range(count)]
            ends = await consumer.end_offsets(partitions)  # once it fetches, it answers late
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            found: list[ConsumerRecord[Any, Any]] = []
            while any([await consumer.position(p) < end for p, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += records
            return found
        finally:
            await consumer.stop()

    async def events(self) -> list[BaseModel]:
        """What stands in the topic of matches, the events of each need in order."""
        found = []
        for record in await self.records(MATCHES.name):
            event = from_record(record.headers, record.value)
            found.append(MATCHES.events[event.type].model_validate_json(event.data))
        return found

    async def published(self) -> list[Match | Decision]:
        """The matches and decisions that stand in their topic."""
        return [e for e in await self.events() if isinstance(e, Match | Decision)]

    async def states_are(self, states: set[str]) -> bool:
        """Whether the matches are in exactly these states."""
        return {match.state.value for match in await self.matches()} == states

    async def relayed(self) -> None:
        """Return once the matchers' outbox is empty."""
        count = "SELECT count(*) FROM outbox WHERE published_at IS NULL"

        async def empty() -> bool:
            return not await self.database.fetchval(count)

        await eventually(empty)


@asynccontextmanager
async def hub_of(
    settings: Settings, matchers: int = 1, policy: Policy | None = None
) -> AsyncIterator[MatcherHub]:
    """A hub with ``matchers`` running matchers, which know the directory."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers, acks="all", linger_ms=0
    )
    await producer.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(producer.stop)
        hub = MatcherHub(settings, producer, policy, stack=stack)
        await hub.connect()
        await hub.tell_directory()
        for _ in range(matchers):
            await hub.start_matcher()
        yield hub


def names_of(topics: Iterable[Topic] = TOPICS) -> list[str]:
    """The names of topics, with those of their dead letters."""
    return [topic.name for topic in topics] + [topic.dlq for topic in topics]

"""One replay of recorded trails through four hops: intake, matcher, status view, notifier."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer

from bench.bare import Event, consume, insert, put_events, relay, remember, transaction
from bench.trail import Row, Trail

_MOST = 500
_SLOTS = 8
_SERVICES = ("intake", "matcher", "notifier")
_STATE = "UPDATE intake.facts SET state = $2 WHERE kind = 'demand' AND id = $1"
_VECTORS = """
INSERT INTO matcher.vectors (hash, model, vector) SELECT h, $3, v
FROM unnest($1::bytea[], $2::bytea[]) AS new(h, v) ON CONFLICT DO NOTHING
"""
_CLAIM = """
UPDATE notifier.deliveries AS d SET attempt = attempt + 1,
    due_at = clock_timestamp() + interval '2 minutes'
FROM (SELECT delivery_id FROM notifier.deliveries WHERE state = 'waiting'
      AND due_at <= clock_timestamp() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED) AS due
WHERE d.delivery_id = due.delivery_id RETURNING d.delivery_id, d.need_id
"""
_FINISH = """
UPDATE notifier.deliveries SET state = 'delivered', finished_at = clock_timestamp()
WHERE delivery_id = $1 AND state = 'waiting'
"""
_WAITING = """
SELECT (SELECT count(*) FROM intake.outbox WHERE published_at IS NULL)
     + (SELECT count(*) FROM matcher.outbox WHERE published_at IS NULL)
     + (SELECT count(*) FROM notifier.outbox WHERE published_at IS NULL)
"""


@dataclass
class Replay:
    """Writes ``trails`` again; `decided_at` and `told_at` are monotonic seconds."""

    trails: Sequence[Trail]
    dsn: str
    servers: str
    prefix: str
    most: int
    decided_at: float = 0.0
    told_at: float = 0.0
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    _pools: dict[str, Any] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _mails: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_SLOTS))

    def __post_init__(self) -> None:
        self._by_id = {trail.demand_id: trail for trail in self.trails}
        self._left = {
            "decisions": len(self.trails),
            "status": sum(len(t.decided) for t in self.trails),
            "plans": sum(len(t.decided) for t in self.trails),
            "mails": sum(len(t.sent) for t in self.trails),
        }

    async def start(self) -> None:
        """Connect, and begin to relay and to consume."""
        for service in _SERVICES:
            self._pools[service] = await asyncpg.create_pool(self.dsn, min_size=8, max_size=8)
            self._spawn(relay(service, self.dsn, self.servers, self.prefix))
        hops = (
            ("jisr.submissions.v1", "intake", _MOST, self._take),
            ("jisr.demands.v1", "matcher", self.most, self._decide),
            ("jisr.matches.v1", "status", _MOST, self._follow),
            ("jisr.matches.v1", "notifier", _MOST, self._plan),
        )
        joined = []
        for topic, group, most, apply in hops:
            ready = asyncio.Event()
            joined.append(ready.wait())
            name = self.prefix + topic
            self._spawn(consume(self.servers, name, self.prefix + group, most, apply, ready))
        await asyncio.gather(*joined)

    async def stop(self) -> None:
        """End everything that `start` began."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pool in self._pools.values():
            pool.terminate()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            raise error

    async def tell(self, at_once: int) -> None:
        """Store the demands one by one, ``at_once`` transactions under way at any time."""
        waiting = iter(self.trails)

        async def client() -> None:
            for trail in waiting:
                async with self._begin("intake") as connection:
                    await self._store(connection, [trail])

        await asyncio.gather(*(client() for _ in range(at_once)))

    async def submit(self) -> None:
        """Publish as many bytes as the submissions had, and let the first hop store them."""
        producer = AIOKafkaProducer(bootstrap_servers=self.servers, acks="all")
        await producer.start()
        try:
            sent = []
            for trail in self.trails:
                fact = trail.rows["intake.facts"][0]
                headers = [("ce_id", uuid.uuid4().hex.encode()), ("ce_source", b"city")]
                headers.append(("demand", trail.demand_id.encode()))
                sent.append(
                    await producer.send(
                        self.prefix + "jisr.submissions.v1",
                        fact["document"].encode(),
                        key=fact["source"].encode(),
                        headers=headers,
                    )
                )
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def drained(self) -> None:
        """Wait until the relays have marked everything."""
        while await self._pools["intake"].fetchval(_WAITING):  # noqa: ASYNC110 - rows tell none
            await asyncio.sleep(0.02)

    def _begin(self, service: str) -> AbstractAsyncContextManager[Any]:
        return transaction(self._pools[service])

    async def _store(self, connection: Any, trails: Sequence[Trail]) -> None:
        facts = [row for t in trails for row in t.rows["intake.facts"]]
        await insert(connection, "intake.facts", [{**row, "state": "open"} for row in facts])
        await put_events(connection, "intake", [e for t in trails for e in t.stored])

    async def _take(self, events: Sequence[Event]) -> None:
        async with self._begin("intake") as connection:
            await remember(connection, "intake", "jisr-intake", events)
            await self._store(connection, [self._by_id[e.headers["demand"]] for e in events])

    async def _decide(self, events: Sequence[Event]) -> None:
        trails = [self._by_id[event.key] for event in events]
        vectors = [trail.vector for trail in trails if trail.vector]
        if vectors:
            await self._pools["matcher"].execute(
                _VECTORS,
                [v["hash"] for v in vectors],
                [v["vector"] for v in vectors],
                vectors[0]["model"],
            )
        async with self._begin("matcher") as connection:
            await remember(connection, "matcher", "jisr-matcher", events)
            for table in ("matcher.needs", "matcher.matches"):
                await insert(connection, table, [r for t in trails for r in t.rows[table]])
            await put_events(connection, "matcher", [e for t in trails for e in t.decided])
        self.decided_at = time.monotonic()
        self._done("decisions", len(trails))

    async def _follow(self, events: Sequence[Event]) -> None:
        trails = self._complete(events)
        async with self._begin("intake") as connection:
            await remember(connection, "intake", "jisr-intake", events)
            for table in ("intake.matches", "intake.decisions"):
                await insert(connection, table, [r for t in trails for r in t.rows[table]])
            states = [(t.demand_id, t.rows["intake.facts"][0]["state"]) for t in trails]
            if states:
                await connection.executemany(_STATE, states)
        self._done("status", len(events))

    async def _plan(self, events: Sequence[Event]) -> None:
        trails = self._complete(events)
        async with self._begin("notifier") as connection:
            await remember(connection, "notifier", "jisr-notifier", events)
            await insert(
                connection,
                "notifier.entries",
                [r for t in trails for r in t.rows["notifier.entries"]],
            )
            await insert(connection, "notifier.deliveries", [r for t in trails for r in _fresh(t)])
            await put_events(connection, "notifier", [e for t in trails for e in t.planned])
        self._done("plans", len(events))
        self._spawn(self._send())

    def _complete(self, events: Sequence[Event]) -> list[Trail]:
        """The trails whose last event is among ``events``; a trail's rows are written once."""
        last = {event.id for event in events}
        trails = {event.key: self._by_id[event.key] for event in events}
        return [t for t in trails.values() if t.decided[-1]["event_id"] in last]

    async def _send(self) -> None:
        async with asyncio.TaskGroup() as group:
            while found := await self._pools["notifier"].fetch(_CLAIM, _SLOTS):
                for row in found:
                    await self._mails.acquire()
                    group.create_task(self._one_mail(row))

    async def _one_mail(self, claimed: Row) -> None:
        try:
            identifier = claimed["delivery_id"]
            async with self._begin("notifier") as connection:
                await connection.execute(_FINISH, identifier)
                events = self._by_id[claimed["need_id"]].sent[str(identifier)]
                await put_events(connection, "notifier", events)
        finally:
            self._mails.release()
        self.told_at = time.monotonic()
        self._done("mails", 1)

    def _done(self, what: str, count: int) -> None:
        self._left[what] -= count
        if not any(self._left.values()):
            self.finished.set()


def _fresh(trail: Trail) -> list[Row]:
    """The mails as they were when they were planned."""
    fresh = {"state": "waiting", "attempt": 0, "finished_at": None, "detail": ""}
    rows = trail.rows["notifier.deliveries"]
    return [
        {**row, **fresh, "due_at": row["created_at"]} if row["state"] == "delivered" else row
        for row in rows
    ]

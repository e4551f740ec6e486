"""One service: its database, relay, consumers, tables, workers and HTTP application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.runtime import telemetry
from services.runtime.broker_watch import BrokerWatch
from services.runtime.consumer import Consumer, Subscription
from services.runtime.database import Database
from services.runtime.exceptions import is_transient
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.streams import HubBroker, create_broker, subscribe
from services.runtime.table import Table
from services.runtime.topics import connect

logger = logging.getLogger(__name__)

_PATIENCE_S = 25.0  # above the 15 s that FastStream gives the batches under way

Worker = Callable[[], Awaitable[None]]
Hook = Callable[[], Awaitable[None]]


@dataclass
class Service:
    """What ``create_app(settings)`` of a service returns; nothing runs before `start`.

    ``workers`` run until cancelled and are started again when they fail. ``before_start`` runs
    once the database answers; ``farewells`` are called before the last requests are waited for, to
    end those that would not end by themselves; ``checks`` add named facts to /readyz (a value that
    is False makes the service not ready).
    """

    name: str
    settings: Settings
    database: Database
    http: FastAPI
    relay: Relay
    subscriptions: Sequence[Subscription] = ()
    tables: Sequence[Table] = ()
    workers: Sequence[Worker] = ()
    before_start: Sequence[Hook] = ()
    before_stop: Sequence[Hook] = ()
    farewells: Sequence[Callable[[], None]] = ()
    checks: dict[str, Callable[[], Any]] = field(default_factory=dict)
    consumers: list[Consumer] = field(default_factory=list, init=False)
    watch: BrokerWatch = field(init=False)
    _broker: HubBroker | None = field(default=None, init=False)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list, init=False)
    _started: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        servers = self.settings.kafka_bootstrap_servers or ""
        self.watch = BrokerWatch(servers, self.settings.broker_away_s)
        for table in self.tables:
            table.database = self.database
        _add_operations(self)

    def broker(self) -> HubBroker:
        """The FastStream broker with every subscription registered."""
        if self._broker is None:
            servers = self.settings.kafka_bootstrap_servers or ""
            self._broker = create_broker(self.name, servers)
            for subscription in self.subscriptions:
                consumer = Consumer(subscription, self.name, self.database, self.settings.dlq_limit)
                self.consumers.append(consumer)
                subscribe(self._broker, consumer, self.settings)
        return self._broker

    async def start(self) -> None:
        """Connect, catch up with the tables, then consume."""
        telemetry.starting()
        await self.database.start()
        for hook in self.before_start:
            await hook()
        await (await connect(self.settings.kafka_bootstrap_servers or "")).close()
        for table in self.tables:
            self._spawn(f"table {table.topic.name}", table.run)
        for table in self.tables:
            await table.caught_up.wait()
        self._spawn("relay", self.relay.run)
        self._spawn("broker watch", self.watch.run)
        for number, worker in enumerate(self.workers):
            self._spawn(f"worker {number}", worker)
        await self.broker().start()
        self._started = True
        telemetry.READY.labels(self.name).set(1)

    async def stop(self) -> None:
        """Finish the batches under way, then end everything that `start` began.

        Each step has a limit of its own and is taken whatever became of the one before, so that
        a broker or database that no longer answers cannot keep a service from ending.
        """
        self._started = False
        telemetry.READY.labels(self.name).set(0)
        tasks, self._tasks = self._tasks, []
        try:
            await self._end_in_order(tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _end_in_order(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        broker, self._broker = self._broker, None
        if broker is not None:
            await self._end("broker", broker.stop())
        self.consumers.clear()
        for hook in self.before_stop:
            await self._end("hook", hook())
        for task in tasks:
            task.cancel()
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=_PATIENCE_S)
            for task in left:
                logger.error("%s: %s does not end", self.name, task.get_name())
        await self._end("database", self.database.stop())

    async def _end(self, what: str, ending: Awaitable[object]) -> None:
        try:
            await asyncio.wait_for(ending, _PATIENCE_S)
        except Exception:
            logger.exception("%s: the %s did not end in order", self.name, what)

    async def readiness(self) -> tuple[bool, dict[str, Any]]:
        """Whether to send work here, and the facts behind the answer; ``why`` in words."""
        absence = self.watch.absence() if self._started else None
        facts: dict[str, Any] = {
            "service": self.name,
            "started": self._started,
            "database": self._started and await self.database.ping(),
            "broker_answers": absence is None,
            "dead_letters_below_limit": all(
                c.refused_in_a_row < c.dlq_limit for c in self.consumers
            ),
        }
        facts.update({name: check() for name, check in self.checks.items()})
        if absence is not None:
            facts["why"] = absence
        ready = all(value is not False for value in facts.values())
        telemetry.READY.labels(self.name).set(int(ready))
        return ready, facts

    def _spawn(self, name: str, work: Worker) -> None:
        self._tasks.append(asyncio.create_task(self._keep(name, work), name=f"{self.name} {name}"))

    async def _keep(self, name: str, work: Worker) -> None:
        while True:
            try:
                await work()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                if is_transient(error):  # no fault of the worker: a line, not where it happened
                    logger.warning("%s cannot work now (%r); trying again", self.name, error)
                else:
                    logger.exception("%s: %s failed; starting it again", self.name, name)
                await asyncio.sleep(1)
            else:
                return


def create_service(
    name: str,
    settings: Settings,
    http: FastAPI,
    database: Database | None = None,
    **parts: Any,
) -> Service:
    """A service with its database and relay made from ``settings``; ``parts`` as in `Service`."""
    database = database or Database(settings.dsn(), name)
    relay = Relay(
        database,
        settings.kafka_bootstrap_servers or "",
        poll=settings.outbox_poll_s,
        topic_prefix=settings.topic_prefix,
    )
    return Service(name=name, settings=settings, database=database, http=http, relay=relay, **parts)


def _add_operations(service: Service) -> None:
    @service.http.get("/healthz", tags=["operations"])
    async def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "alive"}

    @service.http.get("/readyz", tags=["operations"])
    async def readyz(response: Response) -> dict[str, Any]:
        """200 when the service can do its work, 503 with the reason when it cannot."""
        ready, facts = await service.readiness()
        response.status_code = 200 if ready else 503
        return {"status": "ready" if ready else "not ready", **facts}

    @service.http.get("/metrics", tags=["operations"])
    async def metrics() -> Response:
        """Prometheus text format."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

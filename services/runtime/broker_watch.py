"""Knows since when the broker is away, by asking it now and then on a connection of its own.

The relay and the consumers keep trying for ever, and an idle one would notice nothing: whether
the broker is there is a question of its own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest

logger = logging.getLogger(__name__)

_QUESTIONS_PER_LIMIT = 3
_LONGEST_PAUSE_S = 10.0
_LONGEST_ANSWER_S = 5.0


class BrokerWatch:
    """Asks the brokers of ``bootstrap_servers``; one that answers is enough.

    ``limit_s``: an absence of so many seconds is one to talk about. It is asked at least three
    times in that time, so `absence` may come late by a third of it. ``clock`` counts seconds.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        limit_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._servers = bootstrap_servers
        self._limit_s = limit_s
        self._clock = clock
        self._pause_s = min(_LONGEST_PAUSE_S, limit_s / _QUESTIONS_PER_LIMIT)
        self._heard_at = clock()
        self._trouble = ""
        self._connection: AIOKafkaConnection | None = None

    def absence(self) -> str | None:
        """In a sentence, since when nobody answers, once that is too long; else None."""
        silent_s = self._clock() - self._heard_at
        if not self._trouble or silent_s < self._limit_s:
            return None
        return (
            f"the broker at {self._servers} has not answered for {silent_s:.0f} s"
            f" ({self._trouble}); nothing is lost meanwhile, and it goes on by itself"
        )

    async def run(self) -> None:
        """Ask until cancelled."""
        try:
            while True:
                await self.ask()
                await asyncio.sleep(self._pause_s)
        finally:
            self._hang_up()

    async def ask(self) -> None:
        """Ask once, and remember what came of it. Raises nothing that a broker can cause."""
        try:
            async with asyncio.timeout(_LONGEST_ANSWER_S):
                connection = await self._connected()
                answer = await connection.send(MetadataRequest([]))
            if not answer.brokers:  # it listens and does not serve yet
                raise ConnectionError("it names no broker that serves")
        except (KafkaError, OSError, TimeoutError) as error:
            self._hang_up()
            trouble = str(error) or type(error).__name__
            if not self._trouble:
                logger.warning(
                    "the broker at %s does not answer (%s); asking on", self._servers, trouble
                )
            self._trouble = trouble
        else:
            if self._trouble:
                logger.warning("the broker at %s answers again", self._servers)
            self._heard_at, self._trouble = self._clock(), ""

    async def _connected(self) -> AIOKafkaConnection:
        if self._connection is not None and self._connection.connected():
            return self._connection
        self._hang_up()
        self._connection = await _first_that_answers(self._servers.split(","))
        return self._connection

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


async def _first_that_answers(servers: list[str]) -> AIOKafkaConnection:
    """A connection to one of ``servers`` ("host:port"); raises what the last of them did."""
    trouble: Exception = ConnectionError("no broker is named")
    each_s = _LONGEST_ANSWER_S / (len(servers) + 1)
    for server in servers:
        host, _, port = server.strip().rpartition(":")
        asked: Awaitable[AIOKafkaConnection] = create_conn(
            host.strip("[]"), int(port), client_id="jisr-watch", request_timeout_ms=5_000
        )
        try:
            async with asyncio.timeout(each_s):
                return await asked
        except (KafkaError, OSError, TimeoutError) as error:
            trouble = error
    raise trouble

"""Claims mails or pushes as they fall due and sends several at once. It holds up only itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import asyncpg

from services.notifier import metrics
from services.notifier.adapters.postgres_readers import CHANNEL
from services.notifier.adapters.postgres_store import Store
from services.notifier.domain.attempts import Retry, Verdict
from services.notifier.use_cases.passing import Held, Lost
from services.runtime.database import Connection

logger = logging.getLogger(__name__)
_MEASURE_EVERY_S = 15.0


class Job(Protocol):
    """What is claimed. ``lane``: what shares one receiving service."""

    @property
    def delivery_id(self) -> UUID: ...

    @property
    def attempt(self) -> int: ...

    @property
    def lane(self) -> str: ...


Claimed = TypeVar("Claimed", bound=Job)


@dataclass
class Dispatcher(Generic[Claimed]):
    """A worker of the service. ``claim`` gives up to so many that are due, held for so many
    seconds, where so many of each lane are under way; ``send`` delivers one and says what became
    of it.

    ``slots``: under way at once, ``of_lane``: of them in one lane; ``ahead``: claimed beside them,
    for less claims (``send`` finds out by itself when the lease is over by then). ``lease_s``:
    after so many seconds what a dead worker held is claimed again; longer than a conversation may
    take. ``poll_s``: longest time between two looks at the table when no NOTIFY arrives.
    """

    store: Store
    claim: Callable[[int, float, Mapping[str, int]], Awaitable[Sequence[Claimed]]]
    send: Callable[[Claimed], Awaitable[Verdict | Held | Lost]]
    slots: int = 8
    of_lane: int = 8
    ahead: int = 0
    lease_s: float = 120.0
    poll_s: float = 5.0
    _awake: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _running: dict[asyncio.Task[None], str] = field(default_factory=dict, init=False)
    _waiting: deque[Claimed] = field(default_factory=deque, init=False)
    _more: bool = field(default=False, init=False)
    _measured_at: float = field(default=0.0, init=False)

    async def run(self) -> None:
        """Send until cancelled. Raises what the database raises; the service starts it again."""
        listener = await self.store.database.dedicated()
        try:
            await listener.add_listener(CHANNEL, lambda *_: self._awake.set())
            await self._dispatch(listener)
        finally:
            listener.terminate()
            for task in self._running:
                task.cancel()
            await self._give_back()

    async def _dispatch(self, listener: Connection) -> None:
        while True:
            if listener.is_closed():
                raise asyncpg.ConnectionDoesNotExistError("the listening connection was lost")
            self._awake.clear()
            await self._measure()
            free = self.slots + self.ahead - len(self._running) - len(self._waiting)
            if free > self.ahead // 2:
                held = Counter(self._running.values())
                found = await self.claim(free, self.lease_s, held)
                self._waiting.extend(found)
                held.update(claimed.lane for claimed in found)
                is_cut = any(count >= self.of_lane for count in held.values())
                self._more = len(found) == free or is_cut
                self._start()
            await self._wait(self.poll_s)

    async def _give_back(self) -> None:
        """Nobody waits for the lease of what was claimed ahead and not begun."""
        claims = list(self._waiting)
        self._waiting.clear()
        try:
            await self.store.release([(one.delivery_id, one.attempt) for one in claims])
        except Exception:
            logger.exception("%d deliveries wait for the end of their leases", len(claims))

    def _start(self) -> None:
        while self._waiting and len(self._running) < self.slots:
            claimed = self._waiting.popleft()
            task = asyncio.create_task(self._deliver(claimed))
            self._running[task] = claimed.lane
            task.add_done_callback(self._done)

    async def _wait(self, seconds: float) -> None:
        # Not by `asyncio.wait_for`: before Python 3.12 it loses a cancellation that comes in the
        # same turn of the loop as what it waits for, and this worker would never end.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._awake.wait()

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        if not task.cancelled():
            self._start()
        # It is worth a look at the table only when the last one may have left some there.
        if self._more and len(self._waiting) <= self.ahead // 2:
            self._awake.set()

    async def _deliver(self, claimed: Claimed) -> None:
        started = time.perf_counter()
        try:
            verdict = await self.send(claimed)
        except Exception:
            # Its lease ends, and it is claimed again.
            logger.exception("delivery %s has no result", claimed.delivery_id)
            return
        metrics.SEND_SECONDS.observe(time.perf_counter() - started)
        if isinstance(verdict, Retry):
            logger.debug("delivery %s waits: %s", claimed.delivery_id, verdict.detail)
            self._wake_at(verdict.at)
        if isinstance(verdict, Held):
            logger.debug("delivery %s waits for its reader's hour", claimed.delivery_id)
            self._wake_at(verdict.until)

    def _wake_at(self, due_at: datetime) -> None:
        wait_s = (due_at - datetime.now(UTC)).total_seconds()
        if wait_s < self.poll_s:
            asyncio.get_running_loop().call_later(max(wait_s, 0) + 0.02, self._awake.set)

    async def _measure(self) -> None:
        now = time.monotonic()
        if now - self._measured_at >= _MEASURE_EVERY_S:
            self._measured_at = now
            waiting, oldest = await self.store.waiting()
            metrics.WAITING.set(waiting)
            metrics.OLDEST_WAITING.set(oldest)

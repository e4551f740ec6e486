"""Claims mails as they fall due and sends several at once. Holds up nothing but itself."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg

from services.notifier import metrics
from services.notifier.adapters.postgres_readers import CHANNEL
from services.notifier.adapters.postgres_store import Store
from services.notifier.domain.attempts import Retry, Verdict
from services.notifier.use_cases.passing import Held, Lost
from services.notifier.use_cases.ports import Claimed
from services.runtime.database import Connection

logger = logging.getLogger(__name__)
_MEASURE_EVERY_S = 15.0


@dataclass
class Dispatcher:
    """A worker of the service. ``send`` delivers one mail and says what became of it.

    ``slots``: mails under way at once. ``lease_s``: after so many seconds a mail whose worker
    died is claimed again; longer than an SMTP conversation may take. ``poll_s``: longest time
    between two looks at the table when no NOTIFY arrives. ``claim``: where not mails are sent.
    """

    store: Store
    send: Callable[[Claimed], Awaitable[Verdict | Held | Lost]]
    slots: int = 8
    lease_s: float = 120.0
    poll_s: float = 5.0
    claim: Callable[[int, float], Awaitable[list[Claimed]]] | None = None
    _awake: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _running: set[asyncio.Task[None]] = field(default_factory=set, init=False)
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

    async def _dispatch(self, listener: Connection) -> None:
        while True:
            if listener.is_closed():
                raise asyncpg.ConnectionDoesNotExistError("the listening connection was lost")
            self._awake.clear()
            await self._measure()
            free = self.slots - len(self._running)
            if free:
                found = await (self.claim or self.store.claim)(free, self.lease_s)
                self._more = len(found) == free
                for claimed in found:
                    task = asyncio.create_task(self._deliver(claimed))
                    self._running.add(task)
                    task.add_done_callback(self._done)
            await self._wait(self.poll_s)

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._awake.wait(), seconds)
        except TimeoutError:
            return

    def _done(self, task: asyncio.Task[None]) -> None:
        # A free slot is worth a look at the table only when the last look left mails there.
        self._running.discard(task)
        if self._more:
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

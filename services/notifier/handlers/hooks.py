"""Sends webhooks in lanes: one for each receiving host, so that none waits for another.

A worker holds a few claims of each lane and has a few of them under way. A lane whose receiver
fails gets one at a time, and gives back what it holds. Results are recorded together, as many as
have come while the ones before were being recorded.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from services.notifier import metrics
from services.notifier.adapters.hook_store import WAKE, HookStore
from services.notifier.domain.attempts import Delivered, Retry
from services.notifier.domain.webhooks import Postponed, Withheld
from services.notifier.use_cases.hooks import Attempted, HookClaim, record
from services.runtime.database import Connection
from services.runtime.endpoints.book import ORDERS

logger = logging.getLogger(__name__)
_AHEAD = 4  # claims held of a lane, for each that is under way
_TOGETHER = 500  # results recorded in one transaction


@dataclass
class _Lane:
    waiting: deque[HookClaim] = field(default_factory=deque)
    running: int = 0
    is_failing: bool = False
    has_more: bool = False  # the table may hold more of it than was claimed

    @property
    def held(self) -> int:
        return len(self.waiting) + self.running


@dataclass
class HookDispatcher:
    """A worker of the service. ``send`` makes one attempt and says what came of it.

    ``slots``: attempts under way at once; ``of_lane``: of them to one host. ``lease_s``: after so
    many seconds what a dead worker held is claimed again. ``poll_s``: longest time between two
    looks at the table. ``before_end``: closes what ``send`` holds open.
    """

    store: HookStore
    send: Callable[[HookClaim], Awaitable[Attempted]]
    clock: Callable[[], datetime]
    channel: str = "webhook"
    slots: int = 256
    of_lane: int = 8
    lease_s: float = 60.0
    poll_s: float = 5.0
    before_end: Callable[[], Awaitable[None]] | None = None
    _lanes: dict[str, _Lane] = field(default_factory=dict, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _running: int = field(default=0, init=False)
    _has_orders: bool = field(default=True, init=False)
    _is_crowded: bool = field(default=False, init=False)  # a lane waits for a slot
    _is_cut: bool = field(default=False, init=False)
    _results: list[Attempted] = field(default_factory=list, init=False)
    _awake: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _unrecorded: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def run(self) -> None:
        """Send until cancelled. Raises what the database raises; the service starts it again."""
        listener = await self.store.database.dedicated()
        self._forget()
        recorder = asyncio.create_task(self._record())
        try:
            await listener.add_listener(WAKE, lambda *_: self._awake.set())
            await listener.add_listener(ORDERS, lambda *_: self._look_for_orders())
            await self._dispatch(listener)
        finally:
            listener.terminate()
            recorder.cancel()
            for task in self._tasks:
                task.cancel()
            if self.before_end is not None:
                await self.before_end()

    def _forget(self) -> None:
        """Begin anew: the leases of what was held before decide."""
        self._lanes.clear()
        self._results.clear()
        self._running = 0

    async def _dispatch(self, listener: Connection) -> None:
        while True:
            if listener.is_closed():
                raise asyncpg.ConnectionDoesNotExistError("the listening connection was lost")
            self._awake.clear()
            if self._has_orders:
                self._has_orders = False
                async with self.store.transaction() as ledger:
                    await ledger.carry_out(self.clock())
            await self._claim()
            try:
                async with asyncio.timeout(self.poll_s):
                    await self._awake.wait()
            except TimeoutError:
                self._has_orders = True

    def _look_for_orders(self) -> None:
        self._has_orders = True
        self._awake.set()

    async def _claim(self) -> None:
        held = {name: lane.held for name, lane in self._lanes.items() if lane.held}
        room = self.slots * _AHEAD - self._held()
        if room <= 0:
            return
        most = self.of_lane * _AHEAD
        claims = await self.store.claim(self.channel, room, self.lease_s, most, held)
        self._is_cut = len(claims) == room
        granted = Counter(claim.lane for claim in claims)
        for claim in claims:
            lane = self._lanes.setdefault(claim.lane, _Lane())
            lane.is_failing = lane.is_failing or claim.failing_since is not None
            lane.waiting.append(claim)
        for name, count in granted.items():
            lane = self._lanes[name]
            lane.has_more = lane.is_failing or count >= most - held.get(name, 0)
        self._start()

    def _start(self) -> None:
        """Let every lane begin what it may."""
        self._is_crowded = False
        for name, lane in list(self._lanes.items()):
            while self._running < self.slots and self._may_begin(lane):
                self._begin(name, lane)
            self._is_crowded = self._is_crowded or self._may_begin(lane)
            if not lane.held and not lane.is_failing:
                del self._lanes[name]

    def _may_begin(self, lane: _Lane) -> bool:
        return bool(lane.waiting) and lane.running < (1 if lane.is_failing else self.of_lane)

    def _begin(self, name: str, lane: _Lane) -> None:
        claim = lane.waiting.popleft()
        lane.running += 1
        self._running += 1
        task = asyncio.create_task(self._attempt(name, lane, claim))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, name: str, lane: _Lane, claim: HookClaim) -> None:
        started = time.perf_counter()
        try:
            attempted = await self.send(claim)
        except Exception:
            # Its lease ends, and it is claimed again.
            logger.exception("delivery %s has no result", claim.delivery_id)
            attempted = None
        finally:
            lane.running -= 1
            self._running -= 1
        metrics.HOOK_SECONDS.labels(self.channel).observe(time.perf_counter() - started)
        if attempted is not None:
            self._results.append(attempted)
            self._unrecorded.set()
            self._judge(lane, attempted)
        self._go_on(name, lane)

    def _judge(self, lane: _Lane, attempted: Attempted) -> None:
        if isinstance(attempted.outcome, Withheld | Postponed):
            return  # Nothing was sent, which says nothing about the receiver.
        if isinstance(attempted.verdict, Delivered):
            lane.is_failing = False
        elif not lane.is_failing:
            lane.is_failing = True
            self._give_back(lane)

    def _give_back(self, lane: _Lane) -> None:
        """A lane that begins to fail keeps one: others may be served by another worker."""
        claims = list(lane.waiting)
        lane.waiting.clear()
        if claims:
            task = asyncio.create_task(self._release(claims))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _release(self, claims: list[HookClaim]) -> None:
        try:
            await self.store.release(claims)
        except Exception:
            logger.exception("%d deliveries wait for the end of their leases", len(claims))

    def _go_on(self, name: str, lane: _Lane) -> None:
        if self._is_crowded:
            self._start()
        while self._running < self.slots and self._may_begin(lane):
            self._begin(name, lane)
        # A look at the table is worth it where the last one left something there.
        half = self.of_lane * _AHEAD // 2
        is_low = lane.has_more and len(lane.waiting) <= (0 if lane.is_failing else half)
        if is_low or (self._is_cut and self._held() <= self.slots * _AHEAD // 2):
            lane.has_more = self._is_cut = False
            self._awake.set()

    def _held(self) -> int:
        return sum(lane.held for lane in self._lanes.values())

    async def _record(self) -> None:
        while True:
            await self._unrecorded.wait()
            self._unrecorded.clear()
            while self._results:
                some, self._results[:_TOGETHER] = self._results[:_TOGETHER], []
                try:
                    async with self.store.transaction() as ledger:
                        await record(ledger, some, self.clock())
                except Exception:
                    # Their leases end, and they are sent again under the ids that they have.
                    logger.exception("%d results of webhooks were not recorded", len(some))
                    await asyncio.sleep(1)
                    continue
                self._look_again(some)

    def _look_again(self, some: list[Attempted]) -> None:
        """Wake when the first of those that are to be tried again soon is due."""
        waits = {
            round((one.verdict.at - self.clock()).total_seconds(), 1)
            for one in some
            if isinstance(one.verdict, Retry)
        }
        for wait_s in waits:
            if wait_s < self.poll_s + 5:
                loop = asyncio.get_running_loop()
                loop.call_later(max(wait_s, 0.0) + 0.1, self._awake.set)

"""Waits a little for what others were told already.

The matcher tells of a match once, and intake and the notifier each read it for themselves. So who
is told by a webhook can answer before intake has read what it answers. Such a request is not
refused before a moment has passed (as Kubernetes waits for a resource version that it has not seen
yet); and then the refusal says by Retry-After that it may be sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from services.intake.exceptions import NotFound, Refusal
from services.intake.use_cases.ports import Begin, Store

T = TypeVar("T")

LONGEST_WAIT_S = 2.0
"""Intake reads what is told within milliseconds; while it catches up it may take longer."""

MOST_WAITING = 64
"""Requests that wait at once; others are refused at once."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.2


@dataclass
class Patience:
    """Does things on a store of its own each time; one for an application."""

    begin: Begin
    _waiting: int = field(default=0, init=False)

    async def take(self, work: Callable[[Store], Awaitable[T]]) -> T:
        """What ``work`` gives; tried again while the refusal that it raises may be one too early.

        No connection is held between two tries. Raises the last refusal.
        """
        try:
            return await self._once(work)
        except Refusal as refusal:
            if not refusal.may_pass or self._waiting >= MOST_WAITING:
                raise
        self._waiting += 1
        try:
            return await self._again(work)
        finally:
            self._waiting -= 1

    async def _again(self, work: Callable[[Store], Awaitable[T]]) -> T:
        end, pause_s = time.monotonic() + LONGEST_WAIT_S, _FIRST_PAUSE_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            try:
                return await self._once(work)
            except Refusal as refusal:
                if not refusal.may_pass or time.monotonic() >= end:
                    raise

    async def until(self, holds: Callable[[Store], Awaitable[bool]]) -> None:
        """Return when ``holds`` is true, or when it was not in time."""

        async def look(store: Store) -> None:
            if not await holds(store):
                raise NotFound(may_pass=True)

        with contextlib.suppress(NotFound):
            await self.take(look)

    async def _once(self, work: Callable[[Store], Awaitable[T]]) -> T:
        async with self.begin() as store:
            return await work(store)

"""Threads for what can only be waited for: calls of a library that blocks, some of which hang.

Not the loop's own threads, nor those of `concurrent.futures`: those are few, shared, and waited for
at the end of the process, so that a few calls that hang would hold up everything else. No thread
can be ended from outside; so those that hang are counted, and one lane has so many and no more.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Result = TypeVar("Result")


class LaneIsFull(Exception):
    """All threads of this lane are under way"""


@dataclass
class Threads:
    """At most ``of_lane`` threads under way for one lane, those that nobody waits for included."""

    of_lane: int
    _busy: Counter[str] = field(default_factory=Counter, init=False)

    async def run(self, lane: str, work: Callable[[], Result], patience_s: float) -> Result:
        """What ``work`` gives, done in a thread; raises what it raises, `LaneIsFull`, or
        `TimeoutError` after ``patience_s`` seconds (it may go on by itself).
        """
        if self._busy[lane] >= self.of_lane:
            raise LaneIsFull
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Result] = loop.create_future()

        def ended(tell: Callable[[Any], None], what: Any) -> None:
            self._busy[lane] -= 1
            if not found.done():
                tell(what)

        def body() -> None:
            tell: Callable[[Any], None] = found.set_result
            what: Any
            try:
                what = work()
            except Exception as error:
                tell, what = found.set_exception, error
            if not loop.is_closed():
                loop.call_soon_threadsafe(ended, tell, what)

        self._busy[lane] += 1
        threading.Thread(target=body, name=f"lane-{lane}", daemon=True).start()
        async with asyncio.timeout(patience_s):
            return await found

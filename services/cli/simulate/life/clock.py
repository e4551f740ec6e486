"""A virtual clock: time goes from one thing that is to happen to the next."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

Happens = Callable[[], None]


class Clock:
    """What is to happen when; of two things at one time the one that was planned first."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._planned: list[tuple[datetime, int, Happens]] = []
        self._count = 0

    def at(self, when: datetime, happens: Happens) -> None:
        """Plan something; what should have been already happens next."""
        self._count += 1
        heapq.heappush(self._planned, (max(when, self.now), self._count, happens))

    def run(self, until: datetime) -> None:
        """Let everything happen that is due by ``until``."""
        while self._planned and self._planned[0][0] <= until:
            self.now, _, happens = heapq.heappop(self._planned)
            happens()
        self.now = until

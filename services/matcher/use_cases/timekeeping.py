"""Rings timers when they are due, by the database's clock; any replica may.

A claim locks the need, so nobody else acts on it meanwhile, and a replica that dies lets go of it.
After an outage all that is late rings at once, the longest due first; but not before what people
said meanwhile has been heard: who spoke in time has spoken in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.matcher import metrics
from services.matcher.use_cases.ports import Transactions

_LOOK = timedelta(seconds=1)
"""How long a timer that another replica has set may stay unseen."""
_LEAST_S = 0.05  # what is due may be in another replica's hands


class Timekeeper:
    """A worker; ``ring`` rings the timers of one need and says whether any was due, ``heard``
    returns once everything was heard that had been said when it was called.
    """

    def __init__(
        self,
        transaction: Transactions,
        ring: Callable[[], Awaitable[bool]],
        heard: Callable[[], Awaitable[object]],
    ) -> None:
        self._transaction = transaction
        self._ring = ring
        self._heard = heard

    async def run(self) -> None:
        """Work until cancelled."""
        await self._heard()
        while True:
            while await self._ring():
                pass
            async with self._transaction() as ledger:
                due_in = await ledger.needs.next_due()
            metrics.LATE_SECONDS.set(max(-due_in.total_seconds(), 0.0) if due_in else 0.0)
            wait = min(due_in, _LOOK) if due_in is not None else _LOOK
            await asyncio.sleep(max(wait.total_seconds(), _LEAST_S))

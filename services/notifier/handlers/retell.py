"""Looks again at what is for ambassadors: when an address or an ambassador may have come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from services.notifier.adapters.postgres_store import Store
from services.notifier.domain.directory import Directory
from services.notifier.use_cases.retell import AT_ONCE, hand_over, retell

VAULT = "jisr_vault"
"""The channel on which intake announces that contacts were written; it names nobody."""


@dataclass
class Retelling:
    """A worker of the service. ``poll_s``: longest time between two looks without an occasion."""

    store: Store
    directory: Directory
    cluster: str
    clock: Callable[[], datetime]
    poll_s: float = 60.0
    _occasion: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def look(self) -> None:
        """Look now; the directory may name somebody new."""
        self._occasion.set()

    async def run(self) -> None:
        """Look until cancelled. Raises what the database raises; the service starts it again."""
        listener = await self.store.database.dedicated()
        try:
            await listener.add_listener(VAULT, lambda *_: self.look())
            while True:
                if listener.is_closed():
                    raise asyncpg.ConnectionDoesNotExistError("the listening connection was lost")
                self._occasion.clear()
                await self._hand_over()
                while await self._once() >= AT_ONCE:
                    pass
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.poll_s):
                        await self._occasion.wait()
        finally:
            listener.terminate()

    async def _hand_over(self) -> None:
        async with self.store.transaction() as ledger:
            await hand_over(ledger, self.directory)

    async def _once(self) -> int:
        async with self.store.transaction() as ledger:
            return await retell(ledger, self.directory, self.cluster, self.clock())

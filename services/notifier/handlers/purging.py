"""Forgets deliveries that finished long ago; what became of them was published as it happened."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from services.notifier.adapters.postgres_store import Store

logger = logging.getLogger(__name__)


@dataclass
class Purging:
    """A worker of the service. ``keep``: for how long a finished delivery is kept."""

    store: Store
    keep: timedelta
    every_s: float = 3_600.0

    async def run(self) -> None:
        """Purge now and every hour until cancelled. Raises what the database raises; the service
        starts it again.
        """
        while True:
            if deleted := await self.store.purge(self.keep):
                logger.info("purged %s deliveries", deleted)
            await asyncio.sleep(self.every_s)

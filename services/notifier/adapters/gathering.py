"""A ledger for many pieces of work in one transaction, whose events are published at its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.notifier.adapters.postgres_ledger import PostgresLedger
from services.notifier.adapters.publishing import publish
from services.notifier.adapters.spoken import attempted, delivery_event
from services.notifier.domain.choices import NOTHING, Choices
from services.notifier.use_cases.ports import Report
from services.runtime.database import Connection
from services.runtime.outbox import Outgoing


class GatheringLedger(PostgresLedger):
    """As `PostgresLedger`; what is reported goes out by `publish_gathered`, all of it at once."""

    def __init__(self, connection: Connection, defaults: Choices = NOTHING) -> None:
        super().__init__(connection, defaults)
        self._gathered: list[Outgoing] = []

    async def report(self, reports: Sequence[Report], now: datetime) -> None:
        """Keep ``reports`` for the end of the transaction."""
        self._gathered += [attempted(delivery_event(one, now)) for one in reports]

    async def publish_gathered(self) -> None:
        """Publish what was reported; the last thing before the commit."""
        await publish(self._connection, self._gathered)

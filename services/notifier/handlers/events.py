"""Takes batches of events: matches and decisions to plan, members and the directory to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.match import Decision, Match
from services.notifier.adapters.events import learn, news_of
from services.notifier.adapters.postgres_ledger import PostgresLedger
from services.notifier.domain.directory import Directory
from services.notifier.use_cases.plan import plan
from services.runtime.consumer import Batch, Received


@dataclass(frozen=True)
class EventHandlers:
    """The handlers of the notifier's subscriptions and table. ``cluster`` is the hub's own;
    ``directory_changed`` is called after the directory has learnt something.
    """

    directory: Directory
    cluster: str
    clock: Callable[[], datetime]
    directory_changed: Callable[[], None]

    async def tell(self, batch: Batch) -> None:
        """Plan what a batch of ``jisr.matches.v1`` calls for."""
        async with batch.transaction() as (connection, fresh):
            told = [e.data for e in fresh if isinstance(e.data, Match | Decision)]
            news = [item for event in told if (item := news_of(event)) is not None]
            ledger = PostgresLedger(connection)
            await ledger.put_decided(_decided(told))
            if news:
                await plan(ledger, news, self.directory, self.cluster, self.clock())

    async def know_members(self, batch: Batch) -> None:
        """Keep names and preferences of a batch of ``jisr.members.v1``."""
        async with batch.transaction() as (connection, fresh):
            members = [
                {
                    "id": event.data.member_id,
                    "name": event.data.name,
                    "locale": event.data.preferences.locale,
                    "channels": list(event.data.preferences.channels),
                    "active": event.data.active,
                    "version": event.data.version,
                }
                for event in fresh
            ]
            await PostgresLedger(connection).put_members(members)

    async def know_directory(self, events: Sequence[Received]) -> None:
        """Keep the directory in memory up to date."""
        for event in events:
            learn(self.directory, event.data.root)
        self.directory_changed()


def _decided(events: Iterable[Match | Decision]) -> list[tuple[str, datetime]]:
    """When what was last said about each demand was decided: its note, or that it is withdrawn."""
    return [
        (event.need.id, event.decided_at)
        for event in events
        if isinstance(event, Decision) and (event.outcome != "proposed" or event.proposed)
    ]

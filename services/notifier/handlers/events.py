"""Takes batches of events: what there is to tell, and what to know of members and the directory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from schemas.life import NeedChanged, Notice
from schemas.match import Decision, Match
from services.notifier.adapters.events import Telling, learn, news_of, published
from services.notifier.adapters.hook_bodies import hooks_of
from services.notifier.adapters.postgres_ledger import PostgresLedger
from services.notifier.domain.choices import Choices
from services.notifier.domain.directory import Directory
from services.notifier.use_cases.plan import plan
from services.runtime.consumer import Batch
from services.runtime.records import Received


@dataclass(frozen=True)
class EventHandlers:
    """The handlers of the notifier's subscriptions and table. ``cluster`` is the hub's own;
    ``offices_changed`` is called after somebody else may have come into an office: the directory
    has learnt something, or a member is active no more, or again. ``defaults``: see `Store`.
    """

    directory: Directory
    cluster: str
    clock: Callable[[], datetime]
    offices_changed: Callable[[], None]
    defaults: Choices

    async def tell(self, batch: Batch) -> None:
        """Plan what a batch of ``jisr.matches.v1`` calls for."""
        async with batch.transaction() as (connection, fresh):
            ledger = PostgresLedger(connection, self.defaults)
            events = [event.data for event in fresh]
            await hear(ledger, events, self.directory, self.cluster, self.clock())

    async def know_members(self, batch: Batch) -> None:
        """Keep names and preferences of a batch of ``jisr.members.v1``."""
        async with batch.transaction() as (connection, fresh):
            members = [
                {
                    "id": event.data.member_id,
                    "name": event.data.name,
                    "locale": event.data.preferences.locale,
                    "channels": list(event.data.preferences.channels),
                    "consents_abroad": event.data.preferences.consents_abroad,
                    "active": event.data.active,
                    "version": event.data.version,
                    "published": published(event.data.preferences),
                }
                for event in fresh
            ]
            await PostgresLedger(connection).put_members(members)
        self.offices_changed()

    async def know_directory(self, events: Sequence[Received]) -> None:
        """Keep the directory in memory up to date."""
        for event in events:
            learn(self.directory, event.data.root)
        self.offices_changed()


async def hear(
    ledger: PostgresLedger,
    events: Sequence[BaseModel],
    directory: Directory,
    cluster: str,
    now: datetime,
) -> None:
    """Keep how matters stand by ``events`` (the data of ``jisr.matches.v1``), and plan what they
    call for, for people and for systems, in the transaction of ``ledger``.
    """
    told = [event for event in events if isinstance(event, Match | Decision | Notice)]
    news = [item for event in told if (item := news_of(event)) is not None]
    await ledger.put_decided(_decided(told))
    await ledger.put_matches([one.model_dump(mode="json") for one in _matches(told)])
    needs = [event for event in events if isinstance(event, NeedChanged)]
    await ledger.put_needs([one.model_dump(mode="json") for one in needs])
    if news:
        await plan(ledger, news, directory, cluster, now)
    await ledger.put_hooks(hooks_of(events, now))


def _matches(events: Iterable[Telling]) -> list[Match]:
    """Every match that ``events`` show, as it was when each was written."""
    found = (event.match if isinstance(event, Notice) else event for event in events)
    return [one for one in found if isinstance(one, Match)]


def _decided(events: Iterable[Telling]) -> list[tuple[str, datetime]]:
    """When what was last said about each demand was decided: its note, or that it is withdrawn."""
    return [
        (event.need.id, event.decided_at)
        for event in events
        if isinstance(event, Decision) and (event.outcome != "proposed" or event.proposed)
    ]

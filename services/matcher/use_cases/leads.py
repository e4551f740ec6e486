"""Looks which initiatives fit which city, and hands them to the city's ambassador as leads.

A worker beside the matching. A replica looks at a city again when a demand of it that the replica
owns has changed, its axes, an initiative, or the policy; what it finds is made of all open demands
of the city. What is remembered between two looks may be lost: a lead is raised once whoever looks.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from services.matcher import metrics
from services.matcher.domain import leads
from services.matcher.domain.leads import Known, Lead, Speaker, Told
from services.matcher.domain.model import Need, Supply
from services.matcher.use_cases.matchmaker import Matchmaker
from services.matcher.use_cases.need_vectors import of_needs

MOST = 500
"""Demands of a city that are looked at: its newest open ones."""
_LOOK_S = 1.0
_ENDED_S = 30.0
"""How often it is looked whether the initiatives of open leads have ended."""


@dataclass(frozen=True, slots=True)
class City:
    """A city of the directory with its declared ``axes`` (niches), which ``title`` names."""

    axes: tuple[str, ...] = ()
    title: str = ""
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class Versions:
    """Of the policy and of the score by which something was judged."""

    policy: str
    score_model: str


class Leads(Protocol):
    """The leads that were raised, stored; open on one transaction."""

    async def told(self, city: str) -> Mapping[str, Told]:
        """What the ambassador of a city was told, by initiative."""
        ...

    async def versions(self, supply_ids: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        """The version of each supply as it is indexed, and that of the offer it came from."""
        ...

    async def demands(self, city: str, most: int) -> list[Need]:
        """The newest open demands of a city, without vectors."""
        ...

    async def open_of(self) -> Mapping[str, str]:
        """The initiative of each lead that nobody has said anything about, by the lead's id."""
        ...

    async def take_back(self, lead_id: str) -> bool:
        """Say that its initiative has ended; False where that is known, or something was said."""
        ...

    async def raise_lead(self, found: Lead, cluster: str, judged: Versions) -> bool:
        """Store and tell it, ``judged`` by these versions; False where somebody else has, in this
        version or a later one.
        """
        ...


class LeadWatch:
    """A worker beside the `Matchmaker`; ``cities`` are those of the directory."""

    def __init__(
        self,
        maker: Matchmaker,
        transaction: Callable[[], AbstractAsyncContextManager[Leads]],
        cities: Callable[[], Mapping[str, City]],
    ) -> None:
        self._maker = maker
        self._transaction = transaction
        self._cities = cities
        self._looked: dict[str, Hashable] = {}
        self._active: frozenset[str] | None = None
        self._ended_at = -math.inf

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self.look()
            await self.take_back()
            await asyncio.sleep(_LOOK_S)

    async def take_back(self) -> None:
        """Take back the leads whose initiatives have ended: at once where one was withdrawn here,
        and now and then for those whose time is over.
        """
        maker = self._maker
        async with maker.lock:
            active = frozenset(one.supply_id for one in leads.initiatives(maker.supplies))
        rested = time.monotonic() - self._ended_at
        if active == self._active and rested < _ENDED_S:
            return
        self._active, self._ended_at = active, time.monotonic()
        async with self._transaction() as ledger:
            known = await ledger.open_of()
        async with maker.lock:
            found = {one: maker.supplies.get(one) for one in set(known.values())}
        now = maker.clock()
        ended = {i for i, one in found.items() if one is not None and leads.has_ended(one, now)}
        for lead_id in sorted(one for one, initiative in known.items() if initiative in ended):
            async with self._transaction() as ledger:
                await ledger.take_back(lead_id)

    async def look(self) -> None:
        """Look at each city of which something has changed since it was looked at."""
        maker = self._maker
        async with maker.lock:
            found = leads.initiatives(maker.supplies)
        if not found:
            return
        around = (
            tuple((one.supply_id, one.version) for one in found),
            frozenset(maker.world.parents.items()),
            maker.policy.version,
        )
        owned: dict[str, set[Hashable]] = defaultdict(set)
        for need in maker.needs.values():
            if need.kind == "demand" and need.city is not None:
                owned[need.city].add((need.need_id, need.version, need.vector is not None))
        for name, city in self._cities().items():
            state = (around, city.axes, frozenset(owned.get(name, ())))
            if self._looked.get(name) != state:
                await self._look_at(name, city, found)
                self._looked[name] = state

    async def _look_at(self, name: str, city: City, initiatives: Sequence[Supply]) -> None:
        async with self._transaction() as ledger:
            told = await ledger.told(name)
            versions = await ledger.versions([one.supply_id for one in initiatives])
            fresh = dict(_fresh(initiatives, versions, told))
            needs = await ledger.demands(name, MOST) if fresh else []
        if not fresh:
            return
        if city.axes:
            needs.append(leads.city_need(name, city.axes, city.title, city.language))
        spoken = await self._spoken(needs, list(fresh))
        for supply_id, initiative in fresh.items():
            found = leads.lead(name, initiative, spoken.get(supply_id, ()))
            if found is not None and leads.is_news(found, told.get(supply_id)):
                await self._raise(found)

    async def _spoken(self, needs: Sequence[Need], ids: Sequence[str]) -> dict[str, list[Speaker]]:
        """For each initiative the needs that speak for it; one need at a time keeps the matching
        from its lock.
        """
        maker = self._maker
        embedder = maker.embedder
        vectors = await of_needs(embedder.known, needs)
        spoken: dict[str, list[Speaker]] = defaultdict(list)
        for need, vector in zip(needs, vectors, strict=True):
            async with maker.lock:
                ours = vector if maker.embedder is embedder else None
                known = Known(maker.supplies, maker.world, maker.policy, maker.model, maker.clock())
                whole = replace(need, vector=ours)
                found = await asyncio.to_thread(leads.speakers, whole, ids, known)
            for supply_id, speaker in found.items():
                spoken[supply_id].append(speaker)
        return spoken

    async def _raise(self, found: Lead) -> None:
        maker = self._maker
        judged = Versions(maker.policy.version, maker.model.version)
        async with self._transaction() as ledger:
            raised = await ledger.raise_lead(found, maker.world.own_cluster, judged)
        metrics.NOTICES.labels("lead").inc(raised)


def _fresh(
    initiatives: Sequence[Supply],
    versions: Mapping[str, tuple[int, int]],
    told: Mapping[str, Told],
) -> Iterator[tuple[str, Supply]]:
    """Those that may be news, with the version of the offer; not one that is behind what is
    stored, for its next version is on its way to the index, and is looked at then.
    """
    for one in initiatives:
        indexed, version = versions.get(one.supply_id, (None, 0))
        known = told.get(one.supply_id)
        if indexed == one.version and (known is None or known.may_gain(version)):
            yield one.supply_id, replace(one, version=version)

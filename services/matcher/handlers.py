"""Events in: which use case each of them calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from schemas.demand import Demand
from schemas.directory import DirectoryEntry
from schemas.member import Member
from schemas.response import Response
from schemas.supply import Supply as SupplyEvent
from schemas.topics import DEMANDS, MEMBERS
from services.matcher.adapters import events, store
from services.matcher.domain import analysis
from services.matcher.domain.eligibility import World
from services.matcher.domain.index import text_of
from services.matcher.domain.model import Need
from services.matcher.use_cases import Judgement, Matchmaker, Place
from services.runtime.consumer import Batch, Received
from services.runtime.database import Connection

Identity = tuple[str, str]


def identity(received: Received) -> Identity:
    """What makes it the same event when it comes again (CloudEvents 1.0, section 3.1.1)."""
    return received.event.source, received.event.id


def newest(received: Sequence[Received], name: str) -> list[Received]:
    """Of several versions in a batch the newest of each thing; ``name`` is the field of its id."""
    kept: dict[str, Received] = {}
    for one in received:
        known = getattr(one.data, name)
        present = kept.get(known)
        if present is None or one.data.version >= present.data.version:
            kept[known] = one
    return list(kept.values())


Owned = tuple[Need, Place]
Judged = tuple[Need, Place, Judgement | None] | None


@dataclass
class Handlers:
    """The subscriptions' and tables' callbacks, around one `Matchmaker`."""

    maker: Matchmaker
    tiers: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str | None] = field(default_factory=dict)

    async def on_demands(self, batch: Batch) -> None:
        """New and changed demands are stored and judged; a closed one ends its proposals."""
        latest = newest(batch.events, "demand_id")
        needs = await self._with_vectors([events.need_of_demand(e.data) for e in latest])
        ready = {identity(e): need for e, need in zip(latest, needs, strict=True)}
        async with self.maker.lock:
            async with batch.transaction() as (connection, fresh):
                judged = [
                    await self._judge(connection, e, ready[identity(e)])
                    for e in fresh
                    if identity(e) in ready
                ]
            self._own(judged)

    async def on_members(self, batch: Batch) -> None:
        """A member becomes a supply ready to index; its interests become a need."""
        latest = newest(batch.events, "member_id")
        ready = {identity(e): await self._interests(e.data) for e in latest}
        for e in latest:
            await self._warm(events.supply_of_member(e.data))
        async with self.maker.lock:
            judged: list[Judged] = []
            async with batch.transaction() as (connection, fresh):
                for e in (e for e in fresh if identity(e) in ready):
                    await self._member(connection, events.supply_of_member(e.data))
                    judged.append(await self._judge(connection, e, ready[identity(e)]))
            self._own(judged)

    async def on_offers(self, batch: Batch) -> None:
        """An offer becomes a supply ready to index, with what is known of the member behind it."""
        latest = newest(batch.events, "offer_id")
        for e in latest:
            await self._warm(events.supply_of_offer(e.data, None))
        wanted = {identity(e) for e in latest}
        async with batch.transaction() as (connection, fresh):
            for e in (e for e in fresh if identity(e) in wanted):
                owner = None
                if e.data.owner.type == "member":
                    await store.lock_member(connection, e.data.owner.id)
                    owner = await store.supply_facts(connection, e.data.owner.id)
                await self._supply(connection, events.supply_of_offer(e.data, owner))

    async def on_responses(self, batch: Batch) -> None:
        """Answers change a match; after a decline the next best may be asked."""
        async with self.maker.lock:
            judged: list[Judged] = []
            async with batch.transaction() as (connection, fresh):
                for e in fresh:
                    response: Response = e.data
                    if await self.maker.answer(connection, response):
                        judged.append(await self._judge_again(connection, response.need_id))
            self._own(judged)

    async def on_supplies(self, received: Sequence[Received]) -> None:
        """Every replica indexes every supply."""
        async with self.maker.lock:
            changed = [self._index(e.data) for e in received]
        if any(changed):
            self.maker.supplies_changed()

    async def on_directory(self, received: Sequence[Received]) -> None:
        """Clusters give tiers, niches give the vocabulary."""
        for e in received:
            entry: DirectoryEntry = e.data
            if entry.root.entry == "cluster":
                self.tiers[entry.root.id] = entry.root.tier.value
            elif entry.root.entry == "niche":
                self.parents[entry.root.id] = entry.root.parent if entry.root.active else None
        async with self.maker.lock:
            own = self.maker.world.own_cluster
            self.maker.world = World(dict(self.tiers), dict(self.parents), own)
        self.maker.supplies_changed()

    def _index(self, event: SupplyEvent) -> bool:
        return self.maker.supplies.put(events.supply(event, self.maker.embedder.model_name))

    async def _judge(self, connection: Connection, e: Received, need: Need) -> Judged:
        """Store a version of a need and decide; a version that is not newer changes nothing."""
        place = (DEMANDS.name if need.kind == "demand" else MEMBERS.name, e.partition)
        facts = e.data.model_dump(mode="json")
        if not await store.save_need(connection, need, place, facts):
            return None
        if need.is_open:
            return need, place, await self.maker.examine(connection, need)
        await self.maker.close(connection, need)
        return need, place, None

    def _own(self, judged: Sequence[Judged]) -> None:
        for one in judged:
            if one is not None:
                self.maker.own(*one)

    async def _judge_again(self, connection: Connection, need_id: str) -> Judged:
        """Ask the next best. Whoever judges a need keeps it in mind, also when another replica
        owns it: that one does not hear of the answer, and a supply may come to it first.
        """
        known = self.maker.owned(need_id)
        judged = await self.maker.examine(connection, known[0]) if known else None
        if known is None or judged is None:  # or it is another version now
            stored = await self._needs(await store.open_need(connection, need_id))
            if not stored:
                return None
            known = stored[0]
            judged = await self.maker.examine(connection, known[0])
        return (*known, judged)

    async def _member(self, connection: Connection, event: SupplyEvent) -> None:
        """Store a member's supply; its offers follow it, for they say where it stands."""
        await store.lock_member(connection, event.supply_id)
        if not await self._supply(connection, event):
            return  # an older version: the offers follow the newer one
        for offer in await store.offers_of(connection, event.supply_id):
            moved = events.behind(offer, event)
            stored = await store.change_supply(connection, moved) if moved != offer else None
            if stored is not None:
                await self.maker.publish_supply(connection, stored)

    async def _supply(self, connection: Connection, event: SupplyEvent) -> bool:
        """Store and publish a supply; False when what is there is as new or newer."""
        stored = await store.save_supply(connection, event)
        if stored is not None:
            await self.maker.publish_supply(connection, stored)
        return stored is not None

    async def _warm(self, event: SupplyEvent) -> None:
        """Compute the vectors before the transaction, which then finds them in the store."""
        texts = [events.embedded_text(piece) for piece in event.pieces]
        await self.maker.embedder.embed(texts, "passage")

    async def _with_vectors(self, needs: Sequence[Need]) -> list[Need]:
        vectors = await self.maker.embedder.embed([text_of(need) for need in needs], "query")
        return [replace(need, vector=v) for need, v in zip(needs, vectors, strict=True)]

    async def _interests(self, member: Member) -> Need:
        language = analysis.language_of(" ".join(member.interests))
        need = events.need_of_interests(member, language)
        return (await self._with_vectors([need]))[0] if need.is_open else need

    async def needs_of(self, place_topic: str, partitions: Sequence[int]) -> list[Owned]:
        """The stored open needs of some partitions, with their vectors and places."""
        async with self.maker.database.transaction() as connection:
            rows = await store.open_needs(connection, place_topic, partitions)
        return await self._needs(rows)

    async def _needs(self, rows: Sequence[store.OpenNeed]) -> list[Owned]:
        demands = [row for row in rows if row.kind == "demand"]
        needs = await self._with_vectors(
            [events.need_of_demand(Demand.model_validate(row.facts)) for row in demands]
        )
        found = [(need, row.place) for need, row in zip(needs, demands, strict=True)]
        for row in rows:
            if row.kind == "interest":
                need = await self._interests(Member.model_validate(row.facts))
                found.append((need, row.place))
        return found

"""Events in: which use case each of them calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from schemas.directory import DirectoryEntry
from schemas.directory import Niche as NicheEntry
from schemas.member import Member
from schemas.response import Response
from schemas.supply import Supply as SupplyEvent
from schemas.topics import DEMANDS, MEMBERS
from services.matcher.adapters import events, publish, supply_events
from services.matcher.adapters.cities import Cities
from services.matcher.adapters.leads import PostgresLeads
from services.matcher.adapters.ledger import PostgresLedger
from services.matcher.batches import Identity, Step, ahead, identity, steps
from services.matcher.domain import analysis
from services.matcher.domain.eligibility import World
from services.matcher.domain.inference import Niche
from services.matcher.domain.model import Need
from services.matcher.use_cases import answers, supplies
from services.matcher.use_cases.labels import of_niches
from services.matcher.use_cases.matchmaker import Matchmaker
from services.matcher.use_cases.need_ports import Place
from services.matcher.use_cases.need_vectors import count_unread
from services.matcher.use_cases.ports import Embedder, Ledger
from services.matcher.use_cases.settling import Judged, Owned, Settler
from services.runtime.consumer import Batch
from services.runtime.records import Received

Ready = tuple[Sequence[Need], Embedder]
"""Needs, and what gave them their vectors."""


@dataclass
class Handlers:
    """The subscriptions' and tables' callbacks, around one `Matchmaker`."""

    maker: Matchmaker
    tiers: dict[str, str] = field(default_factory=dict)
    countries: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str | None] = field(default_factory=dict)
    niches: dict[str, Niche] = field(default_factory=dict)
    cities: Cities = field(init=False)
    settler: Settler = field(init=False)

    def __post_init__(self) -> None:
        self.settler = Settler(self.maker, events.need_of_stored)
        self.cities = Cities(self.maker.world.own_cluster)

    async def on_demands(self, batch: Batch) -> None:
        """New and changed demands are stored and judged; a closed one ends its proposals."""
        async with aclosing(ahead(self._steps(batch, "demand_id"), self._demands)) as ready:
            async for step, made in ready:
                await self._take_needs(step, made, self._only_judged)

    async def on_members(self, batch: Batch) -> None:
        """A member becomes a supply ready to index; its interests become a need."""
        async with aclosing(ahead(self._steps(batch, "member_id"), self._members)) as ready:
            async for step, made in ready:
                await self._take_needs(step, made, self._kept_as_supply)

    async def on_offers(self, batch: Batch) -> None:
        """An offer becomes a supply ready to index, with what is known of the member behind it."""
        async with aclosing(ahead(self._steps(batch, "offer_id"), self._offers)) as ready:
            async for step, (offers, embedder) in ready:
                async with step.batch.transaction() as (connection, fresh):
                    ledger = PostgresLedger(connection)
                    for e in (e for e in fresh if identity(e) in offers):
                        offer = offers[identity(e)]
                        await supplies.keep_offer(ledger, embedder, offer, supply_events.behind)

    def _steps(self, batch: Batch, name: str) -> list[Step]:
        """Without a model there is nothing to wait for, and one transaction is quickest."""
        return steps(batch, name, at_once=self.maker.embedder.model_name is None)

    async def _demands(self, step: Step) -> Ready:
        embedder = self.maker.embedder
        needs = [events.need_of_demand(e.data) for e in step.latest]
        for need in needs:
            count_unread(need)
        return await self.settler.with_vectors(needs), embedder

    async def _members(self, step: Step) -> Ready:
        embedder = self.maker.embedder
        needs = [await self._interests(e.data) for e in step.latest]
        for e in step.latest:
            await supplies.embed(embedder, supply_events.supply_of_member(e.data))
        return needs, embedder

    async def _offers(self, step: Step) -> tuple[dict[Identity, SupplyEvent], Embedder]:
        embedder = self.maker.embedder
        offers = {identity(e): supply_events.supply_of_offer(e.data) for e in step.latest}
        for offer in offers.values():
            await supplies.embed(embedder, offer)
        return offers, embedder

    async def _take_needs(
        self, step: Step, made: Ready, first: Callable[[Ledger, Received], Awaitable[None]]
    ) -> None:
        """Do what comes ``first`` for each new event of a step, and judge its need."""
        async with self.maker.lock:
            needs = await self.current(*made)
            ready = {identity(e): need for e, need in zip(step.latest, needs, strict=True)}
            judged: list[Judged] = []
            async with step.batch.transaction() as (connection, fresh):
                ledger = PostgresLedger(connection)
                for e in (e for e in fresh if identity(e) in ready):
                    await first(ledger, e)
                    judged.append(await self._judge(ledger, e, ready[identity(e)]))
            self.settler.own(judged)
            new = {identity(e) for e in fresh}
            for e in (e for e in step.latest if identity(e) not in new):
                need = ready[identity(e)]
                self.maker.own_again(need, _place(need, e))

    async def _only_judged(self, ledger: Ledger, e: Received) -> None:
        """A demand is nothing but a need."""

    async def _kept_as_supply(self, ledger: Ledger, e: Received) -> None:
        member = supply_events.supply_of_member(e.data)
        await supplies.keep_member(ledger, self.maker.embedder, member, supply_events.behind)

    async def on_responses(self, batch: Batch) -> None:
        """What is said changes a match or the need; the next best may be asked."""
        maker = self.maker
        async with maker.lock:
            judged: list[Judged] = []
            async with batch.transaction() as (connection, fresh):
                ledger = PostgresLedger(connection)
                for word in (e.data for e in fresh):
                    life = await maker.life(ledger, word.need_id)
                    if life is not None:
                        await answers.hear(life, word)
                        judged.append(await self.settler.settle(life))
                    elif isinstance(word, Response):
                        leads = PostgresLeads(connection)
                        await leads.hear(word, self.cities.ambassadors)
            self.settler.own(judged)

    async def on_supplies(self, received: Sequence[Received]) -> None:
        """Every replica indexes every supply."""
        async with self.maker.lock:
            ready = await self._in_our_model([e.data for e in received])
            changed = [self._index(event) for event in ready]
        if any(changed):
            self.maker.supplies_changed()

    async def on_directory(self, received: Sequence[Received]) -> None:
        """Clusters give tiers, niches the vocabulary, cities their country."""
        for e in received:
            entry: DirectoryEntry = e.data
            self.cities.take(entry.root)
            if entry.root.entry == "cluster":
                self.tiers[entry.root.id] = entry.root.tier.value
            elif entry.root.entry == "city":
                self.countries[entry.root.id] = entry.root.country
            elif entry.root.entry == "niche":
                self._take_niche(entry.root)
        maker = self.maker
        async with maker.lock:
            own = maker.world.own_cluster
            maker.world = World(dict(self.tiers), dict(self.parents), own, dict(self.countries))
            if any(e.data.root.entry == "niche" for e in received):
                niches = tuple(self.niches.values())
                await maker.name(niches, await of_niches(maker.embedder.known, niches))
        maker.supplies_changed()

    def _take_niche(self, entry: NicheEntry) -> None:
        self.parents[entry.id] = entry.parent if entry.active else None
        if entry.active:
            labels = {str(language): label for language, label in entry.labels.items()}
            self.niches[entry.id] = Niche(entry.id, labels, entry.synonyms)
        else:
            self.niches.pop(entry.id, None)

    async def _in_our_model(self, found: Sequence[SupplyEvent]) -> list[SupplyEvent]:
        """Supplies with the vectors of the model that serves, where another's came with them:
        they were published before the model was changed, or by a replica that is behind.
        """
        embedder = self.maker.embedder
        others = [s for s in found if s.active and s.model != embedder.model_name]
        if embedder.model_name is None or not others:
            return list(found)
        texts = [text for supply in others for text in supplies.passages(supply)]
        known = iter(await embedder.known(texts, "passage"))
        ours = {
            id(s): publish.with_vectors(s, [next(known) for _ in s.pieces], embedder.model_name)
            for s in others
        }
        return [ours.get(id(supply), supply) for supply in found]

    async def current(self, needs: Sequence[Need], embedder: Embedder) -> list[Need]:
        """``needs``, which ``embedder`` gave vectors, for the model that serves now.

        Call under `Matchmaker.lock`, under which models change.
        """
        if embedder is self.maker.embedder:
            return list(needs)
        return await self.settler.with_vectors(needs, compute=False)

    def _index(self, event: SupplyEvent) -> bool:
        model = self.maker.embedder.model_name
        return self.maker.index(
            supply_events.supply(event, model), supply_events.missing(event, model)
        )

    async def _judge(self, ledger: Ledger, e: Received, need: Need) -> Judged:
        """Store a version of a need and decide; a version that is not newer changes nothing."""
        place = _place(need, e)
        facts = e.data.model_dump(mode="json")
        if not await ledger.needs.save(need, place, facts):
            return None
        life = await self.maker.life(ledger, need.need_id)
        assert life is not None  # it was saved
        await life.take_version()
        judged = await self.maker.examine(life, need)
        await life.store()
        return need, place, judged

    async def _interests(self, member: Member, *, compute: bool = True) -> Need:
        language = analysis.language_of(" ".join(member.interests))
        need = events.need_of_interests(member, language)
        if not need.is_open:
            return need
        (found,) = await self.settler.with_vectors([need], compute=compute)
        return found

    async def needs_of(self, place_topic: str, partitions: Sequence[int]) -> list[Owned]:
        """The stored open needs of some partitions, with their vectors and places."""
        async with self.maker.transaction() as ledger:
            rows = await ledger.needs.open_of(place_topic, partitions)
        return await self.settler.stored(rows)


def _place(need: Need, e: Received) -> Place:
    return DEMANDS.name if need.kind == "demand" else MEMBERS.name, e.partition

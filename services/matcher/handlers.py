"""Events in: which use case each of them calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from schemas.directory import DirectoryEntry
from schemas.member import Member
from schemas.response import Response
from schemas.supply import Supply as SupplyEvent
from schemas.topics import DEMANDS, MEMBERS
from services.matcher.adapters import events, publish
from services.matcher.adapters.ledger import PostgresLedger
from services.matcher.domain import analysis
from services.matcher.domain.eligibility import World
from services.matcher.domain.index import text_of
from services.matcher.domain.model import Need
from services.matcher.use_cases import answers, supplies
from services.matcher.use_cases.matchmaker import Judgement, Matchmaker
from services.matcher.use_cases.ports import Embedder, Ledger, OpenNeed, Place
from services.runtime.consumer import Batch, Received

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
        embedder = self.maker.embedder
        needs = await self._with_vectors([events.need_of_demand(e.data) for e in latest])
        async with self.maker.lock:
            needs = await self.current(needs, embedder)
            ready = {identity(e): need for e, need in zip(latest, needs, strict=True)}
            async with batch.transaction() as (connection, fresh):
                ledger = PostgresLedger(connection)
                judged = [
                    await self._judge(ledger, e, ready[identity(e)])
                    for e in fresh
                    if identity(e) in ready
                ]
            self._own(judged)

    async def on_members(self, batch: Batch) -> None:
        """A member becomes a supply ready to index; its interests become a need."""
        latest = newest(batch.events, "member_id")
        embedder = self.maker.embedder
        needs = [await self._interests(e.data) for e in latest]
        for e in latest:
            await supplies.embed(embedder, events.supply_of_member(e.data))
        async with self.maker.lock:
            needs, embedder = await self.current(needs, embedder), self.maker.embedder
            ready = {identity(e): need for e, need in zip(latest, needs, strict=True)}
            judged: list[Judged] = []
            async with batch.transaction() as (connection, fresh):
                ledger = PostgresLedger(connection)
                for e in (e for e in fresh if identity(e) in ready):
                    member = events.supply_of_member(e.data)
                    await supplies.keep_member(ledger, embedder, member, events.behind)
                    judged.append(await self._judge(ledger, e, ready[identity(e)]))
            self._own(judged)

    async def on_offers(self, batch: Batch) -> None:
        """An offer becomes a supply ready to index, with what is known of the member behind it."""
        latest = newest(batch.events, "offer_id")
        embedder = self.maker.embedder
        ready = {identity(e): events.supply_of_offer(e.data) for e in latest}
        for offer in ready.values():
            await supplies.embed(embedder, offer)
        async with batch.transaction() as (connection, fresh):
            ledger = PostgresLedger(connection)
            for e in (e for e in fresh if identity(e) in ready):
                await supplies.keep_offer(ledger, embedder, ready[identity(e)], events.behind)

    async def on_responses(self, batch: Batch) -> None:
        """Answers change a match; after a decline the next best may be asked."""
        maker = self.maker
        async with maker.lock:
            judged: list[Judged] = []
            async with batch.transaction() as (connection, fresh):
                ledger = PostgresLedger(connection)
                for e in fresh:
                    response: Response = e.data
                    if await answers.answer(ledger, maker.embedder, response, maker.clock()):
                        judged.append(await self._judge_again(ledger, response.need_id))
            self._own(judged)

    async def on_supplies(self, received: Sequence[Received]) -> None:
        """Every replica indexes every supply."""
        async with self.maker.lock:
            ready = await self._in_our_model([e.data for e in received])
            changed = [self._index(event) for event in ready]
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
        return await self._with_vectors(needs, compute=False)

    def _index(self, event: SupplyEvent) -> bool:
        model = self.maker.embedder.model_name
        return self.maker.index(events.supply(event, model), events.missing(event, model))

    async def _judge(self, ledger: Ledger, e: Received, need: Need) -> Judged:
        """Store a version of a need and decide; a version that is not newer changes nothing."""
        place = (DEMANDS.name if need.kind == "demand" else MEMBERS.name, e.partition)
        facts = e.data.model_dump(mode="json")
        if not await ledger.needs.save(need, place, facts):
            return None
        if need.is_open:
            return need, place, await self.maker.examine(ledger, need)
        await answers.close(ledger, need, self.maker.policy, self.maker.clock())
        return need, place, None

    def _own(self, judged: Sequence[Judged]) -> None:
        for one in judged:
            if one is not None:
                self.maker.own(*one)

    async def _judge_again(self, ledger: Ledger, need_id: str) -> Judged:
        """Ask the next best. Whoever judges a need keeps it in mind, also when another replica
        owns it: that one does not hear of the answer, and a supply may come to it first.
        """
        known = self.maker.owned(need_id)
        judged = await self.maker.examine(ledger, known[0]) if known else None
        if known is None or judged is None:  # or it is another version now
            stored = await self._needs(await ledger.needs.open_one(need_id), compute=False)
            if not stored:
                return None
            known = stored[0]
            judged = await self.maker.examine(ledger, known[0])
        return (*known, judged)

    async def _with_vectors(self, needs: Sequence[Need], *, compute: bool = True) -> list[Need]:
        """In a transaction nothing waits for the model: ``compute`` False takes what there is."""
        embedder = self.maker.embedder
        texts = [text_of(need) for need in needs]
        vectors = await (embedder.embed if compute else embedder.known)(texts, "query")
        return [replace(need, vector=v) for need, v in zip(needs, vectors, strict=True)]

    async def _interests(self, member: Member, *, compute: bool = True) -> Need:
        language = analysis.language_of(" ".join(member.interests))
        need = events.need_of_interests(member, language)
        return (await self._with_vectors([need], compute=compute))[0] if need.is_open else need

    async def needs_of(self, place_topic: str, partitions: Sequence[int]) -> list[Owned]:
        """The stored open needs of some partitions, with their vectors and places."""
        async with self.maker.transaction() as ledger:
            rows = await ledger.needs.open_of(place_topic, partitions)
        return await self._needs(rows)

    async def _needs(self, rows: Sequence[OpenNeed], *, compute: bool = True) -> list[Owned]:
        stated = [events.need_of_stored(row) for row in rows]
        needs = await self._with_vectors(stated, compute=compute)
        return [(need, row.place) for need, row in zip(needs, rows, strict=True)]

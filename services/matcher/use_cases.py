"""What the matcher does: one actor that sees needs and supplies, and decides (design, 4).

Needs are partitioned: a replica owns those of its partitions. Supplies are broadcast: every
replica holds them all. Decisions are made one at a time under `Matchmaker.lock`, so a pair is
looked at exactly when the later of its two sides arrives. PostgreSQL has the last word: the
need's row is locked, and a pair exists once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from schemas.match import Match, MatchState
from schemas.response import Response
from schemas.supply import Supply as SupplyEvent
from schemas.topics import SUPPLIES
from services.matcher import metrics
from services.matcher.adapters import events, publish, store
from services.matcher.adapters.embedder import Embedder
from services.matcher.domain import lifecycle
from services.matcher.domain.decisions import (
    LIVE,
    OVER,
    HandToAmbassador,
    Nothing,
    Propose,
    decide,
    depth,
)
from services.matcher.domain.eligibility import World
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Need
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import Ranking, rank
from services.matcher.domain.scoring import ScoreModel
from services.runtime import outbox
from services.runtime.database import Connection, Database

logger = logging.getLogger(__name__)

_SETTLE = 0.15

Place = tuple[str, int]
"""A topic's name and a partition."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a decision was made on: the ids of a ranking that went ``depth`` deep.

    While it stays the same, and nobody answers, the database need not be asked again.
    """

    depth: int
    ids: tuple[str, ...]

    @classmethod
    def of(cls, ranking: Ranking, depth: int) -> Judgement:
        """The judgement that ``ranking`` leads to."""
        both = (*ranking.members, *ranking.offers)
        return cls(depth, tuple(candidate.supply.supply_id for candidate in both))


@dataclass
class Matchmaker:
    """The actor's memory: every supply, the open needs it owns, and what it last decided."""

    database: Database
    embedder: Embedder
    supplies: SupplyIndex
    world: World
    policy: Policy
    model: ScoreModel
    clock: Callable[[], datetime]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    needs: dict[str, Need] = field(default_factory=dict)
    _places: dict[str, Place] = field(default_factory=dict)
    _judged: dict[str, Judgement] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def own(self, need: Need, place: Place, judged: Judgement | None = None) -> None:
        """Keep ``need`` in mind while it is open; ``judged`` is what `examine` returned for it.

        Call once the transaction that stored it has committed. What is known is not replaced by
        an older version.
        """
        known = self.needs.get(need.need_id)
        if known is not None and known.version > need.version:
            return
        self.disown_one(need.need_id)
        if need.is_open:
            self.needs[need.need_id] = need
            self._places[need.need_id] = place
            if judged is not None:
                self._judged[need.need_id] = judged
        metrics.NEEDS.set(len(self.needs))

    def owned(self, need_id: str) -> tuple[Need, Place] | None:
        """A need that is kept in mind, and where it came from."""
        need = self.needs.get(need_id)
        return (need, self._places[need_id]) if need is not None else None

    def disown_one(self, need_id: str) -> None:
        """Forget one need."""
        for memory in (self.needs, self._places, self._judged):
            memory.pop(need_id, None)

    def disown(self, place: Place) -> None:
        """Leave the needs of a partition to the replica that owns it now."""
        for need_id in [n for n, kept in self._places.items() if kept == place]:
            self.disown_one(need_id)
        metrics.NEEDS.set(len(self.needs))

    def supplies_changed(self) -> None:
        """Have every owned need looked at again, soon."""
        metrics.SUPPLIES.set(len(self.supplies))
        self._changed.set()

    async def examine(self, connection: Connection, need: Need) -> Judgement | None:
        """Judge ``need`` on what is known now, and store and publish what follows.

        Call under `lock`, in a transaction. Does nothing and returns None when the stored need
        is closed or of another version.
        """
        row = await store.lock_need(connection, need.need_id)
        if row is None or not row.is_open or row.version != need.version:
            return None
        history = await store.history(connection, need.need_id)
        deep = depth(need, history, self.policy)
        ranking = await self._rank(need, deep)
        outcome = decide(need, ranking, history, self.policy, told=row.outcome == "unmatched")
        match outcome:
            case Propose():
                await self._propose(connection, need, outcome, ranking)
            case HandToAmbassador():
                await self._hand_over(connection, need, outcome, ranking)
            case Nothing():
                if row.outcome is None and LIVE & set(history.values()):  # a version that asks
                    await store.mark_decided(connection, need.need_id, "proposed")  # nobody new
        return Judgement.of(ranking, deep)

    async def _rank(self, need: Need, deep: int) -> Ranking:
        started = time.perf_counter()
        judge = partial(rank, need, self.supplies, self.world, self.policy, self.model)
        ranking = await asyncio.to_thread(judge, self.clock(), depth=deep)
        metrics.RANK_SECONDS.observe(time.perf_counter() - started)
        return ranking

    async def _propose(
        self, connection: Connection, need: Need, outcome: Propose, ranking: Ranking
    ) -> None:
        now = self.clock()
        matches = [publish.match(need, ranked, self.policy, now) for ranked in outcome.chosen]
        new = [match for match in matches if await store.insert_match(connection, match)]
        if not new:
            return
        await store.mark_decided(connection, need.need_id, "proposed")
        ids = {match.match_id for match in new}
        decision = publish.proposed(need, outcome, ids, ranking, self.policy, now)
        await publish.put(connection, [*new, decision])
        metrics.PROPOSED.labels(need.kind).inc(len(new))

    async def _hand_over(
        self, connection: Connection, need: Need, outcome: HandToAmbassador, ranking: Ranking
    ) -> None:
        await store.mark_decided(connection, need.need_id, "unmatched")
        decision = publish.unmatched(need, outcome, ranking, self.policy, self.clock())
        await publish.put(connection, [decision])
        metrics.UNMATCHED.inc()

    async def close(self, connection: Connection, need: Need) -> None:
        """End the open proposals of a need that was taken back, and say so."""
        now = self.clock()
        superseded: list[Match] = []
        for match in await store.matches_of(connection, need.need_id):
            state = lifecycle.after(match.state.value, "close")
            if state is not None:
                superseded.append(publish.changed(match, state, now))
        for match in superseded:
            await store.update_match(connection, match)
        await store.mark_decided(connection, need.need_id, "withdrawn")
        await publish.put(connection, superseded)
        if need.kind == "demand":
            await publish.put(connection, [publish.withdrawn(need, self.policy, now)])

    async def answer(self, connection: Connection, response: Response) -> bool:
        """Apply one answer; True when it left a place in the shortlist to the next best."""
        row = await store.lock_need(connection, response.need_id)
        matches = await store.matches_of(connection, response.need_id) if row else []
        match = next((m for m in matches if m.match_id == response.match_id), None)
        state = lifecycle.after(match.state.value, response.answer) if match else None
        if match is None or state is None:
            metrics.ANSWERED.labels("nothing").inc()
            return False
        state = await self._take_place(connection, match, state)
        changed = publish.changed(match, state, self.clock(), response.reason)
        await store.update_match(connection, changed)
        await publish.put(connection, [changed])
        metrics.ANSWERED.labels(state).inc()
        return state in OVER

    async def _take_place(self, connection: Connection, match: Match, state: str) -> str:
        """Take or free a place of the supply; an accept that finds it full is superseded (I5)."""
        places = lifecycle.places_taken(match.state.value, state)
        if not places:
            return state
        supply = await store.take_place(connection, match.supply.id, places)
        if supply is None:
            return MatchState.SUPERSEDED.value
        await self.publish_supply(connection, supply)
        return state

    async def publish_supply(self, connection: Connection, supply: SupplyEvent) -> None:
        """Tell every replica of ``supply``, with the vectors of its pieces."""
        texts = [events.embedded_text(piece) for piece in supply.pieces]
        vectors = await self.embedder.embed(texts, "passage")
        ready = publish.with_vectors(supply, vectors, self.embedder.model_name)
        message = outbox.Outgoing(SUPPLIES, ready.supply_id, "jisr.supply.ready", ready)
        await outbox.put(connection, publish.SOURCE, [message])

    async def look_again(self) -> None:
        """Judge every owned need again whenever supplies changed and then kept still a moment."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(_SETTLE)
            self._changed.clear()
            try:
                await self._look_again_at(list(self.needs))
            except BaseException:
                self._changed.set()
                raise

    async def _look_again_at(self, need_ids: Sequence[str]) -> None:
        """Rank first, and go to the database only for needs that are ranked otherwise now."""
        for need_id in need_ids:
            async with self.lock:
                need = self.needs.get(need_id)
                if need is None:
                    continue
                last = self._judged.get(need_id)
                if last and last == Judgement.of(await self._rank(need, last.depth), last.depth):
                    continue
                async with self.database.transaction() as connection:
                    judged = await self.examine(connection, need)
                if judged is None:  # closed, or of another version that somebody else has
                    self.disown_one(need_id)
                else:
                    self._judged[need_id] = judged

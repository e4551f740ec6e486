"""The actor that sees needs and supplies, and decides (design, section 4).

Needs are partitioned: a replica owns those of its partitions. Supplies are broadcast: every
replica holds them all. Decisions are made one at a time under `Matchmaker.lock`, so a pair is
looked at exactly when the later of its two sides arrives. PostgreSQL has the last word: the
need's row is locked, and a pair exists once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from services.matcher import metrics
from services.matcher.domain.decisions import (
    LIVE,
    HandToAmbassador,
    Nothing,
    Outcome,
    Propose,
    decide,
    depth,
    explained,
    spread_for,
    weighed,
)
from services.matcher.domain.eligibility import World
from services.matcher.domain.evidence import Asked
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.inference import Niche
from services.matcher.domain.model import Need, Supply, Vector
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import Ranking, rank
from services.matcher.domain.reasons import Explainer
from services.matcher.domain.scoring import ScoreModel
from services.matcher.domain.spread import Loads
from services.matcher.use_cases.ports import Embedder, Ledger, Place, Transactions

_SETTLE = 0.15


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


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A version of a supply that came with fewer vectors than it has texts."""

    version: int
    missing: int


@dataclass
class Matchmaker:
    """The actor's memory: every supply, the open needs it owns, and what it last decided.

    ``indexed`` names the supplies that came since somebody asked for it by making it a set,
    ``incomplete`` those that wait for vectors; ``lacking`` is set when anything begins to.
    ``niches`` is the vocabulary as the directory tells it.
    """

    transaction: Transactions
    embedder: Embedder
    supplies: SupplyIndex
    world: World
    policy: Policy
    model: ScoreModel
    clock: Callable[[], datetime]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    needs: dict[str, Need] = field(default_factory=dict)
    niches: Sequence[Niche] = ()
    indexed: set[str] | None = None
    incomplete: dict[str, Incomplete] = field(default_factory=dict)
    lacking: asyncio.Event = field(default_factory=asyncio.Event)
    _places: dict[str, Place] = field(default_factory=dict)
    _judged: dict[str, Judgement] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _unseen: list[Need] = field(default_factory=list)
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
            if need.vector is None:
                self.lacking.set()
            self._remember(need)
        metrics.NEEDS.set(len(self.needs))

    def _remember(self, need: Need) -> None:
        """Let a demand count in the running estimates before the next ranking, once."""
        counts = self.policy.history and need.kind == "demand" and need.vector is not None
        if counts and need.need_id not in self._seen:
            self._seen.add(need.need_id)
            self._unseen.append(need)

    def use(
        self, embedder: Embedder, supplies: SupplyIndex, vectors: Mapping[str, Vector | None]
    ) -> None:
        """Go on with another model: its embedder, the supplies with its vectors, and the
        ``vectors`` of owned needs by id. Call under `lock`; everything is judged again.
        """
        self.embedder, self.supplies = embedder, supplies
        self.needs = {
            need_id: replace(need, vector=vectors.get(need_id))
            for need_id, need in self.needs.items()
        }
        self._judged.clear()
        self._seen.clear()
        self._unseen.clear()
        for need in self.needs.values():
            self._remember(need)
        self.incomplete.clear()
        self.lacking.set()
        self.supplies_changed()

    def judge_by(self, policy: Policy) -> None:
        """Go on with another policy. Call under `lock`; everything is judged again."""
        self.policy = policy
        self._judged.clear()
        self.supplies_changed()

    async def name(self, niches: Sequence[Niche], vectors: Mapping[str, Vector]) -> None:
        """Go on with another vocabulary, or with more ``vectors`` of its texts. Call under `lock`;
        everything is judged again, for inferred niches follow.
        """
        self.niches = niches
        await asyncio.to_thread(self.supplies.name, niches, vectors)
        if self.supplies.vocabulary.missing:
            self.lacking.set()
        self.supplies_changed()

    def learn(self, need: Need, vector: Vector) -> None:
        """Give an owned need its vector, and have it judged again; not another version of it."""
        if self.needs.get(need.need_id) is need:
            self.needs[need.need_id] = known = replace(need, vector=vector)
            self._remember(known)
            self._judged.pop(need.need_id, None)
            self._changed.set()

    def index(self, supply: Supply, missing: int) -> bool:
        """Index a supply, ``missing`` vectors short; False when it is known as new or newer."""
        if not self.supplies.put(supply):
            return False
        self.note_missing(supply, missing)
        if self.indexed is not None:
            self.indexed.add(supply.supply_id)
        return True

    def note_missing(self, supply: Supply, missing: int) -> None:
        """Remember how many vectors an indexed supply is short of."""
        self.incomplete.pop(supply.supply_id, None)
        if missing and supply.active:
            self.incomplete[supply.supply_id] = Incomplete(supply.version, missing)
            self.lacking.set()

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

    async def examine(self, ledger: Ledger, need: Need) -> Judgement | None:
        """Judge ``need`` on what is known now, and store and publish what follows.

        Call under `lock`. Does nothing and returns None when the stored need is closed or of
        another version.
        """
        row = await ledger.needs.lock(need.need_id)
        if row is None or not row.is_open or row.version != need.version:
            return None
        history = await ledger.needs.history(need.need_id)
        deep = depth(need, history, self.policy)
        ranking = await self._rank(need, deep)
        loads = await self._loads(ledger, need, ranking)
        told = row.outcome == "unmatched"
        outcome = decide(need, ranking, history, self.policy, told=told, loads=loads)
        outcome = await asyncio.to_thread(self._explained, need, outcome)
        match outcome:
            case Propose():
                new = await ledger.needs.propose(need, outcome, ranking, self.policy, self.clock())
                metrics.PROPOSED.labels(need.kind).inc(new)
                for ranked in outcome.chosen:
                    metrics.CHOSEN.labels(ranked.because).inc()
            case HandToAmbassador():
                await ledger.needs.hand_over(need, outcome, ranking, self.policy, self.clock())
                metrics.UNMATCHED.inc()
            case Nothing():
                if row.outcome is None and LIVE & set(history.values()):  # a version that asks
                    await ledger.needs.mark_decided(need.need_id, "proposed")  # nobody new
        return Judgement.of(ranking, deep)

    async def _loads(self, ledger: Ledger, need: Need, ranking: Ranking) -> Loads:
        """What the candidates were asked lately, by every replica, as far as it is committed."""
        spread, owners = spread_for(need, self.policy), weighed(need, ranking, self.policy)
        return await ledger.needs.loads(owners, spread) if spread and owners else {}

    def _explained(self, need: Need, outcome: Outcome) -> Outcome:
        """Only those who are named get reasons: they cost more than the ranking."""
        if isinstance(outcome, Nothing):
            return outcome
        asked = Asked.of(need, self.supplies, self.world.parents, self.clock().year)
        explainer = Explainer(need, asked, self.supplies, self.world, self.model)
        return explained(outcome, explainer.reasons)

    async def _rank(self, need: Need, deep: int) -> Ranking:
        """Without reasons; see `_explained`."""
        started = time.perf_counter()
        seen, self._unseen = self._unseen, []
        judge = partial(self._judge, need, seen, self.clock(), deep)
        ranking = await asyncio.to_thread(judge)
        metrics.RANK_SECONDS.observe(time.perf_counter() - started)
        return ranking

    def _judge(self, need: Need, seen: Sequence[Need], now: datetime, deep: int) -> Ranking:
        for one in seen:
            self.supplies.saw(one, now)
        return rank(
            need,
            self.supplies,
            self.world,
            self.policy,
            self.model,
            now,
            depth=deep,
            explain=False,
        )

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
                async with self.transaction() as ledger:
                    judged = await self.examine(ledger, need)
                if judged is None:  # closed, or of another version that somebody else has
                    self.disown_one(need_id)
                else:
                    self._judged[need_id] = judged

"""The actor that sees needs and supplies, and decides (design, section 4).

Needs are partitioned: a replica owns those of its partitions. Supplies are broadcast: every
replica holds them all. Decisions are made one at a time under `Matchmaker.lock`, so a pair is
looked at exactly when the later of its two sides arrives. PostgreSQL has the last word: the
need's row is locked, and a pair exists once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ParamSpec, TypeAlias, TypeVar

from services.matcher import metrics
from services.matcher.domain.eligibility import World
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.inference import Niche
from services.matcher.domain.judging import Judgement, Known
from services.matcher.domain.model import Need, Supply, Vector
from services.matcher.domain.policy import Policy
from services.matcher.domain.scoring import ScoreModel
from services.matcher.exceptions import LifeUnreadable
from services.matcher.use_cases.lives import Life
from services.matcher.use_cases.need_ports import Place
from services.matcher.use_cases.owned import OwnedNeeds
from services.matcher.use_cases.ports import Embedder, Ledger, Transactions

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)

Vectors: TypeAlias = Mapping[str, Vector | None]
_SETTLE = 0.15


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A version of a supply that came with fewer vectors than it has texts."""

    version: int
    missing: int


@dataclass
class Matchmaker(OwnedNeeds):
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
    niches: Sequence[Niche] = ()
    indexed: set[str] | None = None
    incomplete: dict[str, Incomplete] = field(default_factory=dict)
    lacking: asyncio.Event = field(default_factory=asyncio.Event)
    _seen: set[str] = field(default_factory=set)
    _unseen: list[Need] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def own(self, need: Need, place: Place, judged: Judgement | None = None) -> None:
        """Keep ``need`` in mind while it is open; ``judged`` is what `examine` returned for it.

        Call once the transaction that stored it has committed. What is known is not replaced by
        an older version.
        """
        if self.keep(need, place, judged):
            if need.vector is None:
                self.lacking.set()
            self._remember(need)

    def own_again(self, need: Need, place: Place) -> None:
        """Keep in mind what was stored before, and by its stored life forget it again where it is
        over: its event comes once more where a commit was done and its answer lost.
        """
        if need.need_id not in self.needs:
            self.own(need, place)
            self._changed.set()

    def _remember(self, need: Need) -> None:
        """Let a demand count in the running estimates before the next ranking, once."""
        counts = self.policy.history and need.kind == "demand" and need.vector is not None
        if counts and need.need_id not in self._seen:
            self._seen.add(need.need_id)
            self._unseen.append(need)

    def use(
        self, embedder: Embedder, supplies: SupplyIndex, model: ScoreModel, vectors: Vectors
    ) -> None:
        """Go on with another embedding model: its embedder, supplies, score, and the ``vectors`` of
        owned needs by id. Call under `lock`; everything is judged again.
        """
        self.embedder, self.supplies, self.model = embedder, supplies, model
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

    def supplies_changed(self) -> None:
        """Have every owned need looked at again, soon."""
        metrics.SUPPLIES.set(len(self.supplies))
        self._changed.set()

    async def life(self, ledger: Ledger, need_id: str) -> Life | None:
        """Lock a need and take up its life; None when it is unknown."""
        cluster = self.world.own_cluster
        return await Life.load(ledger, self.embedder, self.policy, cluster, need_id)

    async def examine(self, life: Life, need: Need) -> Judgement | None:
        """Judge ``need`` on what is known now, and let what follows happen to its life.

        Call under `lock`. Does nothing and returns None when the need is closed or of
        another version.
        """
        case = life.case
        if not case.looking or life.held.need.version != need.version:
            return None
        if case.expires_at is not None and case.expires_at <= life.now:
            return None  # its timer ends it
        frozen = await life.frozen()
        need, known = replace(need, deadline=case.expires_at, frozen=frozen), self._known(life.now)
        deep = known.depth(need, case)
        rankings = await self._rank(known.rankings, need, deep)
        owners, spread = known.weighed(need, rankings), known.spread(need)
        loads = await life.ledger.needs.loads(owners, spread) if spread and owners else {}
        planned = await asyncio.to_thread(
            known.plan, need, case, rankings, loads, edited=life.edited
        )
        abroad = frozenset(
            found.supply_id
            for found in (ranked.candidate.supply for ranked in planned.chosen)
            if max(self.world.tier(found.cluster), self.world.tier(need.cluster)) > 1
        )
        await life.judged(planned, rankings[-1].considered, abroad, known.model.version)
        return known.judgement(need, life.case, rankings, deep)

    def _known(self, now: datetime) -> Known:
        return Known(self.supplies, self.world, self.policy, self.model, now)

    async def _rank(self, ranks: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``ranks`` finds, off the event loop, once the estimates are up to date."""
        started = time.perf_counter()
        seen, self._unseen = self._unseen, []

        def judge() -> T:
            for one in seen:
                self.supplies.saw(one, self.clock())
            return ranks(*args, **kwargs)

        found = await asyncio.to_thread(judge)
        metrics.RANK_SECONDS.observe(time.perf_counter() - started)
        return found

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
                known = self._known(self.clock())
                if last is not None and last == await self._rank(known.again, need, last):
                    continue
                try:
                    async with self.transaction() as ledger:
                        judged = await self._examine_stored(ledger, need)
                except LifeUnreadable:
                    logger.exception("%s cannot be judged; the others go on", need_id)
                    judged = None
                if judged is None:  # closed, or of another version that somebody else has
                    self.disown_one(need_id)
                else:
                    self._judged[need_id] = judged

    async def _examine_stored(self, ledger: Ledger, need: Need) -> Judgement | None:
        life = await self.life(ledger, need.need_id)
        judged = await self.examine(life, need) if life is not None else None
        if life is not None and judged is not None:
            await life.store()
        return judged

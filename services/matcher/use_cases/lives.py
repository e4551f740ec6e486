"""One need's life within one transaction: what happens to it is stepped through, and stored with
all that follows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from services.matcher import metrics
from services.matcher.domain.course import Course
from services.matcher.domain.freezing import Frozen, frozen
from services.matcher.domain.life import step
from services.matcher.domain.life.case import Case
from services.matcher.domain.life.effects import LineChanged, LookFurther, TakePlace, Tell
from services.matcher.domain.life.happenings import Edited, Happening, Judged, Rang, Withdrawn
from services.matcher.domain.life.timers import timers
from services.matcher.domain.model import Need
from services.matcher.domain.planning import Plan
from services.matcher.domain.policy import Policy
from services.matcher.use_cases import supplies
from services.matcher.use_cases.need_ports import Held, Lived
from services.matcher.use_cases.ports import Embedder, Ledger


@dataclass
class Life:
    """A need that is held, and what has become of it so far.

    ``look``: somebody else may be asked now, so the need is to be judged again. ``edited``: a
    newer version of the need came in this transaction.
    """

    ledger: Ledger
    embedder: Embedder
    policy: Policy
    cluster: str
    held: Held
    case: Case
    look: bool = False
    edited: bool = False
    told: list[Tell] = field(default_factory=list)
    plan: Plan = field(default_factory=Plan)
    considered: int = 0
    abroad: frozenset[str] = frozenset()
    unmatched: bool = False
    score_model: str | None = None

    @classmethod
    async def load(
        cls, ledger: Ledger, embedder: Embedder, policy: Policy, cluster: str, need_id: str
    ) -> Life | None:
        """Lock the need and take up its life; None when it is unknown."""
        held = await ledger.needs.load(need_id)
        if held is None:
            return None
        case = held.case or begun(held, policy.course(held.need.asks))
        return cls(ledger, embedder, policy, cluster, held, case)

    @property
    def now(self) -> datetime:
        """The database's time (UTC), the same for all of the transaction."""
        return self.held.now

    @property
    def course(self) -> Course:
        """The course of this kind of need."""
        return self.policy.course(self.held.need.asks)

    async def frozen(self) -> Frozen:
        """Who is not to be asked, because they and the asker parted lately; of demands alone."""
        freeze, need = self.policy.freeze, self.held.need
        if freeze is None or need.kind != "demand":
            return ()
        partings = await self.ledger.needs.partings(need, freeze.longest)
        return frozen(partings, freeze, self.now)

    async def take_version(self) -> None:
        """The need came in a new version, which may be its first, or one that takes it back."""
        need, known = self.held.need, self.held.case
        if not need.is_open:
            await self.happens(Withdrawn())
            if need.kind == "interest":  # nobody looks back at it
                self.case = replace(self.case, archived=True)
            return
        self.look = True
        if known is not None:
            self.edited = True
            wanted = self.case.wanted if need.kind == "interest" else need.wanted
            since = self.case.opened_at if self.case.looking else self.now
            await self.happens(Edited(wanted, _expiry(need, self.course, since)))

    async def judged(
        self, plan: Plan, considered: int, abroad: frozenset[str], score_model: str
    ) -> None:
        """Take what was planned, and with it what the plan was made of, and by which score."""
        self.plan, self.considered, self.abroad = plan, considered, abroad
        self.score_model = score_model
        known = self.case.told_unmatched
        await self.happens(plan.happening(self.held.need.need_id))
        self.unmatched = self.case.told_unmatched and not known
        self.look = False

    async def happens(self, happened: Happening) -> bool:
        """Take one step; whether it changed anything."""
        before = self.case
        self.case, effects = step(before, happened, self.course, self.now)
        for effect in effects:
            match effect:
                case TakePlace(supply_id, places):
                    await self._take_place(supply_id, places)
                case LineChanged(supply_id, joined):
                    await self._line_changed(supply_id, joined=joined)
                case Tell():
                    self.told.append(effect)
                case LookFurther():
                    self.look = True
        if isinstance(happened, Rang):
            metrics.RANG.labels(happened.bell).inc()
        elif not isinstance(happened, Judged):
            metrics.HAPPENED.labels(type(happened).__name__.lower()).inc()
        return self.case is not before or bool(effects)

    async def _take_place(self, supply_id: str, places: int) -> None:
        supply = await self.ledger.supplies.take_place(supply_id, places)
        if supply is None:
            raise RuntimeError(f"{supply_id} has not the {places} place that was counted on")
        await supplies.publish(self.ledger, self.embedder, supply)
        if places < 0:
            await self.ledger.lines.look(supply_id)

    async def _line_changed(self, supply_id: str, *, joined: bool) -> None:
        await self.ledger.supplies.room(supply_id)  # locks it
        if joined and self.policy.batch is not None:
            await self.ledger.lines.join(supply_id, self.policy.batch)
        else:
            await self.ledger.lines.look(supply_id)

    async def ring(self) -> None:
        """Ring every bell that is due, in order; those that follow at once too."""
        while due := [
            (when, ring)
            for ring, when in timers(self.case, self.course).items()
            if when <= self.now
        ]:
            _, (bell, match_id) = min(due)
            await self.happens(Rang(bell, match_id))

    async def store(self) -> None:
        """Store and publish what became of the need."""
        lived = Lived(
            case=self.case,
            timers=timers(self.case, self.course),
            told=self.told,
            plan=self.plan,
            considered=self.considered,
            abroad=self.abroad,
            cluster=self.cluster,
            unmatched=self.unmatched,
            score_model=self.score_model,
        )
        new = await self.ledger.needs.keep(self.held, lived, self.policy)
        metrics.PROPOSED.labels(self.held.need.kind).inc(len(new))
        metrics.UNMATCHED.inc(self.unmatched)
        chosen = {r.candidate.supply.supply_id: r.because for r in self.plan.chosen}
        for match in new:
            metrics.CHOSEN.labels(chosen[match.supply.id]).inc()
        for told in self.told:
            metrics.NOTICES.labels(told.kind).inc()


def begun(held: Held, course: Course) -> Case:
    """The life of a need that has none yet."""
    need = held.need
    return Case(
        need_id=need.need_id,
        kind=need.kind,
        opened_at=held.now,
        expires_at=_expiry(need, course, held.now),
        wanted=None if need.kind == "interest" else need.wanted,
        pairs=held.pairs,
    )


def _expiry(need: Need, course: Course, opened_at: datetime) -> datetime | None:
    """Until when a need is open: its own deadline, or for the time of its course."""
    if need.deadline is not None or course.open_for is None:
        return need.deadline
    return opened_at + course.open_for

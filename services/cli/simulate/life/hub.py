"""A hub in memory: the service's own ranking, planning, steps and timers, without its database.

It does what `use_cases/lives.py` and `matchmaker.py` do, in their order, on plain data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from services.cli.simulate.life.clock import Clock
from services.cli.simulate.life.laws import LawBroken, Laws, Taken, all_asked
from services.cli.simulate.life.lines import Lines
from services.cli.simulate.life.opened import Opened, People, telling_how
from services.cli.simulate.life.supplies import Asked, Supplies
from services.matcher.domain.course import Course
from services.matcher.domain.eligibility import World
from services.matcher.domain.freezing import Parting, frozen
from services.matcher.domain.judging import Known
from services.matcher.domain.life import step
from services.matcher.domain.life.case import WAITING, Case, Pair, parted
from services.matcher.domain.life.effects import LineChanged, LookFurther, TakePlace, Tell
from services.matcher.domain.life.happenings import Answered, Edited, Happening, Rang, Withdrawn
from services.matcher.domain.life.timers import timers
from services.matcher.domain.model import Need, Owner, Supply
from services.matcher.domain.planning import Plan
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import Ranking
from services.matcher.domain.scoring import ScoreModel
from services.matcher.domain.spread import Loads

Asker = tuple[Owner, str | None]
"""Who asks: the city, and the structure inside it."""


@dataclass
class Hub:
    """One hub; ``clock`` is its time, ``laws`` watch each of its steps."""

    world: World
    policy: Policy
    model: ScoreModel
    supplies: Supplies
    clock: Clock
    people: People
    laws: Laws = field(default_factory=Laws)
    needs: dict[str, Opened] = field(default_factory=dict)
    judged: int = 0
    _asked_by: dict[Asker, list[str]] = field(default_factory=lambda: defaultdict(list))
    _scores: dict[str, float] = field(default_factory=dict)
    _asking: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        self.loads = Asked(self.policy.spread, self._waits)
        self.lines = Lines(
            self.policy, self.supplies, self.clock, self.needs, self._scores, self.happens
        )

    def post(self, need: Need) -> None:
        """A need comes, and is judged."""
        course = self.policy.course(need.asks)
        case = Case(
            need_id=need.need_id,
            kind=need.kind,
            opened_at=self.clock.now,
            expires_at=_expiry(need, course, self.clock.now),
            wanted=need.wanted if need.kind == "demand" else None,
        )
        opened = self.needs[need.need_id] = Opened(need, case, course)
        if need.kind == "demand":
            self._asked_by[need.owner, need.structure].append(need.need_id)
        self._settle(opened)
        if self.policy.history and need.vector is not None:
            self.supplies.index.saw(need, self.clock.now)
        case = opened.case
        if need.kind == "interest":
            return
        if case.looking and not (case.pairs or case.told_unmatched or case.confirm_until):
            with telling_how(opened):
                raise LawBroken("I1, every demand ends in a decision", need.need_id, case.state)

    def edit(self, need: Need) -> None:
        """A need comes in a newer version."""
        opened = self.needs[need.need_id]
        expires_at = _expiry(need, opened.course, opened.case.opened_at)
        if expires_at is not None and expires_at <= self.clock.now:
            return  # intake refuses a deadline that is over
        opened.need, opened.edited = need, True
        self._step(opened, Edited(need.wanted, expires_at))
        opened.look = True
        self._settle(opened)
        opened.edited = False

    def withdraw(self, need_id: str) -> None:
        """The asker takes a need back."""
        self.happens(need_id, Withdrawn())

    def answer(self, need_id: str, answered: Answered) -> None:
        """One side answers; whether there is room is asked of the supply, as the service does."""
        pair = self.needs[need_id].case.pair(answered.match_id)
        if pair is not None and pair.state == "proposed" and answered.side == pair.asked:
            room, batched = self.supplies.has_room(pair.supply_id), self.lines.takes(pair)
            answered = replace(answered, room=room, batched=batched)
        self.happens(need_id, answered)

    def happens(self, need_id: str, happened: Happening) -> None:
        """Something happens to a need, and what follows does."""
        opened = self.needs[need_id]
        self._step(opened, happened)
        self._settle(opened)

    def change(self, supply: Supply) -> None:
        """A supply comes in a newer version: its profile, its places, whether it is there."""
        self.supplies.change(supply)
        self._look_at(supply.supply_id)

    def look_again(self) -> None:
        """Judge all open needs, where supplies changed since the last time."""
        moved, self.supplies.moved = self.supplies.moved, set()
        for opened in list(self.needs.values()):
            looks_for = {"offer"} if opened.need.kind == "interest" else {"member", "offer"}
            if opened.case.looking and moved & looks_for:
                opened.look = True
                self._settle(opened)

    def at_rest(self) -> None:
        """Once all has been looked at again, the shortlist of every open need is asked (I3), and
        nobody waits for a place that is free. Raises LawBroken where it is otherwise.
        """
        self.supplies.moved = {"member", "offer"}
        self.look_again()
        for need_id, supply_id in self.lines.forgotten():
            with telling_how(self.needs[need_id]):
                raise LawBroken("nobody is in line beside a free place", need_id, supply_id)
        for opened in self.needs.values():
            if opened.case.looking and self._is_open(opened):
                need, rankings = self._ranked(opened)
                loads = self._loads(need, rankings)
                with telling_how(opened):
                    all_asked(need, rankings, opened.case, self.policy, loads)

    def _settle(self, opened: Opened) -> None:
        if opened.look and opened.case.looking and self._is_open(opened):
            opened.planned = self._plan(opened)
            self.judged += 1
            self._step(opened, opened.planned.happening(opened.need.need_id))
        opened.look = False
        self._set_bell(opened)

    def _is_open(self, opened: Opened) -> bool:
        return opened.case.expires_at is None or opened.case.expires_at > self.clock.now

    def _plan(self, opened: Opened) -> Plan:
        """As `Matchmaker.examine`."""
        case, (need, rankings) = opened.case, self._ranked(opened)
        loads = self._loads(need, rankings)
        return self._known().plan(need, case, rankings, loads, edited=opened.edited)

    def _ranked(self, opened: Opened) -> tuple[Need, tuple[Ranking, ...]]:
        known, need = self._known(), replace(opened.need, deadline=opened.case.expires_at)
        if self.policy.freeze is not None and need.kind == "demand":
            need = replace(need, frozen=frozen(self._partings(need), self.policy.freeze, known.now))
        return need, known.rankings(need, known.depth(need, opened.case))

    def _partings(self, need: Need) -> list[Parting]:
        """Who parted from the asker of ``need`` over any of its demands."""
        found = []
        for need_id in self._asked_by[need.owner, need.structure]:
            for pair in self.needs[need_id].case.pairs:
                why = parted(pair)
                if why is not None:
                    other = self.supplies.facts[pair.supply_id].owner
                    found.append(Parting(other, why, pair.changed_at))
        return found

    def _loads(self, need: Need, rankings: Sequence[Ranking]) -> Loads:
        return self.loads.loads(self._known().weighed(need, rankings), self.clock.now)

    def _known(self) -> Known:
        return Known(self.supplies.index, self.world, self.policy, self.model, self.clock.now)

    def _step(self, opened: Opened, happened: Happening) -> None:
        before, now = opened.case, self.clock.now
        opened.case, effects = step(before, happened, opened.course, now)
        opened.trace.append(f"{now:%Y-%m-%d %H:%M} {happened} -> {opened.case.state} {effects}")
        taken = Taken(before, happened, opened.case, effects, opened.course, now)
        with telling_how(opened):
            self.laws.hold(taken)
        for effect in effects:
            match effect:
                case TakePlace(supply_id, places):
                    self._take(opened, supply_id, places)
                case Tell():
                    self.people.told(opened, effect)
                case LookFurther():
                    opened.look = True
                case LineChanged(supply_id, joined) if joined:
                    self.lines.join(supply_id)
                case LineChanged(supply_id):
                    self.lines.look(supply_id)
        self.people.changed(taken)
        self._ask(opened, taken.fresh)

    def _ask(self, opened: Opened, fresh: Sequence[Pair]) -> None:
        ranked = {r.candidate.supply.supply_id: r for r in opened.planned.chosen}
        for pair in fresh:
            chosen = ranked[pair.supply_id]
            self._scores[pair.match_id] = chosen.candidate.score
            self._asking[pair.supply_id].add(opened.need.need_id)
            if opened.need.kind == "demand":
                owner = chosen.candidate.supply.owner
                self.loads.note(owner, opened.need.need_id, pair.supply_id, self.clock.now)
            self.people.asked(opened, pair, chosen)

    def _set_bell(self, opened: Opened) -> None:
        """Have the first bell ring when it is due; the one that was set before rings no more."""
        opened.bell += 1
        due = timers(opened.case, opened.course).values()
        if due:
            self.clock.at(min(due), partial(self._ring, opened, opened.bell))

    def _ring(self, opened: Opened, bell: int) -> None:
        """As `Life.ring`."""
        if bell != opened.bell:
            return
        now = self.clock.now
        while due := [(t, r) for r, t in timers(opened.case, opened.course).items() if t <= now]:
            _, ring = min(due)
            self._step(opened, Rang(*ring))
        self._settle(opened)

    def _take(self, opened: Opened, supply_id: str, places: int) -> None:
        edge = self.supplies.take(supply_id, places)
        capacity = self.supplies.facts[supply_id].capacity if places > 0 else None
        taken = self.supplies.taken[supply_id]
        with telling_how(opened):
            self.laws.room(opened.need.need_id, supply_id, capacity, taken)
        if edge:
            self._look_at(supply_id)
        if places < 0:
            self.lines.look(supply_id)

    def _look_at(self, supply_id: str) -> None:
        """Needs that ask a supply are judged at once when it changes, others by `look_again`."""
        for need_id in sorted(self._asking[supply_id]):
            self.clock.at(self.clock.now, partial(self._look_at_need, self.needs[need_id]))

    def _look_at_need(self, opened: Opened) -> None:
        if opened.case.looking and any(pair.state in WAITING for pair in opened.case.pairs):
            opened.look = True
            self._settle(opened)

    def _waits(self, need_id: str, supply_id: str) -> bool:
        return self.needs[need_id].case.history.get(supply_id) == "proposed"


def _expiry(need: Need, course: Course, opened_at: datetime) -> datetime | None:
    """As `lives._expiry`."""
    if need.deadline is not None or course.open_for is None:
        return need.deadline
    return opened_at + course.open_for

"""What must hold after every step of a simulated year, whatever people do (design, section 4).

Each law looks at one step: the case before, what happened, the case after, and what follows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.matcher.domain.course import Course
from services.matcher.domain.decisions import LIVE, shortlist
from services.matcher.domain.life.case import WAITING, Case, Pair
from services.matcher.domain.life.effects import Effect, TakePlace, Tell
from services.matcher.domain.life.happenings import Happening, Judged, Rang
from services.matcher.domain.life.timers import timers
from services.matcher.domain.model import Need
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import Ranking
from services.matcher.domain.spread import Loads


class LawBroken(Exception):
    """A law that did not hold, for which need, and what was seen."""

    def __init__(self, law: str, need_id: str, seen: str) -> None:
        super().__init__(f"{law}: need {need_id}: {seen}")
        self.law, self.need_id, self.seen = law, need_id, seen


@dataclass(frozen=True, slots=True)
class Taken:
    """One step, and when it was taken."""

    before: Case
    happened: Happening
    after: Case
    effects: tuple[Effect, ...]
    course: Course
    now: datetime

    @property
    def fresh(self) -> tuple[Pair, ...]:
        """The matches that are new."""
        return self.after.pairs[len(self.before.pairs) :]


def all_asked(
    need: Need, rankings: Sequence[Ranking], case: Case, policy: Policy, loads: Loads
) -> None:
    """I3: from the wave that time has brought a need to, up to the first one with anybody (to be
    asked, or asked and not yet heard; with `goes_on` the first one with enough), whoever is on the
    shortlist was asked, unless as many as may be are asked already. Raises LawBroken otherwise.

    Told apart from `planning.plan`, which is to make it so. Where the ambassador has the
    candidates, or as many have accepted as are wanted, nobody is to be asked.
    """
    if case.confirm_until is not None or case.answered_for:
        return
    course = policy.course(need.asks)
    live = sum(state in LIVE for state in case.history.values())
    for number in range(min(case.wave, len(rankings)), len(rankings) + 1):
        here = policy.in_wave(course.wave(number))
        interest = need.kind == "interest"
        places = here.offers_per_need if interest else here.members_for(need.wanted)
        listed = shortlist(need, rankings[number - 1], case.history, here, loads)
        ids = [ranked.candidate.supply.supply_id for ranked in listed]
        missing = [supply_id for supply_id in ids if supply_id not in case.history]
        if missing and live < places:
            seen = f"in wave {number} nobody asked {missing}"
            raise LawBroken("I3, at rest the shortlist is asked", need.need_id, seen)
        asked = any(pair.state in WAITING and pair.wave <= number for pair in case.pairs)
        if live >= places or ((ids or asked) and not course.goes_on):
            return


@dataclass
class Laws:
    """The laws, and what they remember of all needs. ``held`` counts the places that each supply
    has given away, told apart from the places that the hub counts.
    """

    asked: set[tuple[str, str]] = field(default_factory=set)
    told: set[tuple[str, str, str, str, str]] = field(default_factory=set)
    held: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    laws: Mapping[str, Callable[[Taken], Iterable[str]]] = field(init=False)

    def hold(self, step: Taken) -> None:
        """Raise LawBroken where a law does not hold for ``step``."""
        self.steps += 1
        for law, looked_at in self.laws.items():
            for seen in looked_at(step):
                raise LawBroken(law, step.after.need_id, seen)

    def __post_init__(self) -> None:
        self.laws = {
            "I2, a pair is proposed once": self._once,
            "I3, who is asked is who was chosen": _as_chosen,
            "I5, a place is held by whoever accepted": self._places,
            "I6, an introduction needs both": _both,
            "a bell rings once, and not before it is due": _bells,
            "nobody is told anything twice": self._told_once,
            "nobody is told anything once it is over": _not_after,
            "when a need is over nobody waits": _over,
            "enough is enough": _enough,
        }

    def room(self, need_id: str, supply_id: str, capacity: int | None, taken: int) -> None:
        """A place of ``supply_id`` was taken or freed: ``taken`` is how many are now."""
        if taken != self.held[supply_id]:
            seen = f"{supply_id}: {taken} places taken, {self.held[supply_id]} held"
            raise LawBroken("I5, places taken are places held", need_id, seen)
        if capacity is not None and taken > capacity:
            seen = f"{supply_id}: {taken} of {capacity} places"
            raise LawBroken("I5, capacity is never exceeded", need_id, seen)

    def _once(self, step: Taken) -> Iterable[str]:
        kept = zip(step.before.pairs, step.after.pairs, strict=False)
        if any(old.match_id != new.match_id for old, new in kept):
            yield "a match was lost or changed its place"
        for pair in step.fresh:
            known = (step.after.need_id, pair.supply_id)
            if known in self.asked or pair.supply_id in step.before.struck:
                yield pair.supply_id
            self.asked.add(known)

    def _places(self, step: Taken) -> Iterable[str]:
        known = {pair.match_id: pair.place for pair in step.before.pairs}
        moved: Counter[str] = Counter()
        for pair in step.after.pairs:
            now = pair.place == "held"
            moved[pair.supply_id] += now - (known.get(pair.match_id) == "held")
            if now and pair.state not in ("accepted", "introduced"):
                yield f"{pair.supply_id} holds a place and is {pair.state}"
            if pair.state == "accepted" and not (now or pair.in_line):
                yield f"{pair.supply_id} accepted without a place"
        for effect in step.effects:
            if isinstance(effect, TakePlace):
                moved[effect.supply_id] -= effect.places
                self.held[effect.supply_id] += effect.places
        for supply_id in (s for s, places in moved.items() if places):
            yield f"{supply_id}: what is held changed by other than what was taken"

    def _told_once(self, step: Taken) -> Iterable[str]:
        for tell in step.effects:
            if isinstance(tell, Tell):
                said = (step.after.need_id, tell.kind, tell.to, tell.match_id, tell.round)
                moved = tell.kind == "expiry-near"  # to a date that was told: one notice, by its id
                if said in self.told and not moved:
                    yield f"{tell.kind} to {tell.to} of {tell.match_id or 'the need'}"
                self.told.add(said)


def _as_chosen(step: Taken) -> Iterable[str]:
    chosen: list[str] = []
    if isinstance(step.happened, Judged) and step.before.looking:
        held = step.after.confirm_until is not None and not step.fresh
        chosen = [] if held else [one.supply_id for one in step.happened.fresh]
    if [pair.supply_id for pair in step.fresh] != chosen:
        yield f"chosen {chosen}, asked {[pair.supply_id for pair in step.fresh]}"


def _both(step: Taken) -> Iterable[str]:
    for pair in step.after.pairs:
        if pair.state == "introduced":
            words = (pair.need_said, pair.supply_said)
            if not all(word is not None and word.answer == "accept" for word in words):
                yield pair.match_id


def _bells(step: Taken) -> Iterable[str]:
    if not isinstance(step.happened, Rang):
        return
    ring = (step.happened.bell, step.happened.match_id)
    due = timers(step.before, step.course).get(ring)
    if ring in step.before.rung:
        yield f"{ring} rang before"
    elif due is None or due > step.now:
        yield f"{ring} is due {due}, and rings {step.now}"
    if ring in timers(step.after, step.course) and ring in step.after.rung:
        yield f"{ring} would ring again"


def _not_after(step: Taken) -> Iterable[str]:
    before = {pair.match_id: pair.state for pair in step.before.pairs}
    going_on = (*WAITING, "introduced")
    for tell in step.effects:
        if isinstance(tell, Tell):
            if tell.match_id and before.get(tell.match_id) not in going_on:
                yield f"{tell.kind} to {tell.to} of a match that was {before.get(tell.match_id)}"
            if not tell.match_id and not step.before.looking:
                yield f"{tell.kind} to {tell.to} of a need that was {step.before.state}"


def _over(step: Taken) -> Iterable[str]:
    if not step.after.looking:
        for pair in step.after.pairs:
            if pair.state in WAITING:
                yield f"{pair.match_id} is {pair.state}, the need {step.after.state}"
        bells = {bell for bell, match_id in timers(step.after, step.course) if not match_id}
        if not bells <= {"archive"}:
            yield f"bells {sorted(bells)} of a need that is {step.after.state}"
    # Who is in line waits for a place; that it does so with reason is looked at when all rests.
    waits = (pair for pair in step.after.pairs if pair.state in WAITING and not pair.in_line)
    waiting = {pair.match_id for pair in waits}
    lapses = {m for bell, m in timers(step.after, step.course) if bell in ("lapse", "other-lapse")}
    for match_id in sorted(waiting - lapses):
        yield f"{match_id} would wait for ever"


def _enough(step: Taken) -> Iterable[str]:
    case = step.after
    if case.looking and case.wanted is not None and case.introduced >= case.wanted:
        yield f"{case.introduced} of {case.wanted} introduced, and it is {case.state}"

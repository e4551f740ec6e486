"""Every event in every state: whatever comes, the laws of a need's life hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.matcher.domain.course import Course, Wave
from services.matcher.domain.life import step
from services.matcher.domain.life.case import Case, Pair, Side
from services.matcher.domain.life.effects import (
    Asking,
    Effect,
    LineChanged,
    LookFurther,
    Replying,
    TakePlace,
    Tell,
)
from services.matcher.domain.life.happenings import (
    Answered,
    Confirmed,
    Edited,
    Extended,
    Fresh,
    Happening,
    Judged,
    Numbered,
    OutcomeSaid,
    PlaceGiven,
    Questioned,
    Rang,
    Replied,
    Withdrawn,
)
from services.matcher.domain.life.timers import timers
from services.matcher.domain.model import Owner
from tests.strategies import NOW

SIDES = st.sampled_from(["need", "supply"])
PEOPLE = tuple("abcdef")
PLACES = 2


class NeedLife(RuleBasedStateMachine):
    """A need with six supplies of two places each, played by whatever may happen."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.course = Course()
        self.case = Case("n", "demand", NOW, NOW + timedelta(days=60))
        self.taken: dict[str, int] = {}
        self.in_line: set[str] = set()
        self.told: list[tuple[Any, ...]] = []
        self.owed = False

    @initialize(confirms=st.booleans(), wanted=st.integers(1, 3), waves=st.integers(1, 3))
    def under_a_policy(self, confirms: bool, wanted: int, waves: int) -> None:
        within = timedelta(days=2) if confirms else None
        self.course = Course(waves=(Wave("own"),) * waves, confirm_within=within)
        self.case = Case("n", "demand", NOW, NOW + timedelta(days=60), wanted=wanted)

    def happens(self, happened: Happening) -> None:
        before = self.case
        self.case, effects = step(before, happened, self.course, self.now)
        again, nothing = step(before, happened, self.course, self.now)
        assert (again, nothing) == (self.case, effects)  # pure
        for effect in effects:
            self.follow(effect)
        for old, new in zip(before.pairs, self.case.pairs, strict=False):
            assert new.version >= old.version
            assert old.state != "introduced" or new.state == "introduced"
            assert old.state in ("proposed", "accepted") or new.state == old.state

    def follow(self, effect: Effect) -> None:
        match effect:
            case TakePlace(supply_id, places):
                self.taken[supply_id] = self.taken.get(supply_id, 0) + places
                self.in_line.discard(supply_id)
            case LineChanged(supply_id, joined):
                assert joined is (supply_id not in self.in_line), "joined twice, or left unseen"
                if joined or not self.waits_for(supply_id):  # else it is wanted by the offerer now
                    self.in_line ^= {supply_id}
            case Tell():
                said = (effect.kind, effect.to, effect.match_id, effect.round)
                moved_back = effect.kind == "expiry-near"  # the same notice, by its id
                assert said not in self.told or moved_back, "told twice"
                self.told.append(said)
            case LookFurther():
                self.owed = True

    @rule(chosen=st.sets(st.sampled_from(PEOPLE), max_size=3), wave=st.integers(0, 1))
    def judged(self, chosen: set[str], wave: int) -> None:
        fresh = sorted(chosen - set(self.case.history))
        at = min(self.case.wave + wave, len(self.course.waves))
        found = tuple(Fresh(f"m{s}", s, "member") for s in fresh)
        live = any(p.state in ("proposed", "accepted") for p in self.case.pairs)
        self.happens(Judged(found, at, nobody=not found and not live))

    @rule(who=st.sampled_from(PEOPLE), side=SIDES, yes=st.sampled_from(["accept", "decline"]))
    def answered(self, who: str, side: Side, yes: Literal["accept", "decline"]) -> None:
        room = self.taken.get(who, 0) < PLACES
        reason = None if yes == "accept" else "too-busy"
        self.happens(Answered(f"m{who}", side, yes, reason, room=room))

    def waits_for(self, supply_id: str) -> bool:
        return any(p.supply_id == supply_id and p.in_line for p in self.case.pairs)

    @rule(who=st.sampled_from(PEOPLE))
    def accepted_where_places_are_given_in_batches(self, who: str) -> None:
        pair = self.case.pair(f"m{who}")
        if pair is not None:
            self.happens(Answered(pair.match_id, pair.asked, "accept", batched=True))

    @rule(who=st.sampled_from(PEOPLE))
    def a_place_is_given(self, who: str) -> None:
        if self.taken.get(who, 0) < PLACES:
            self.happens(PlaceGiven(f"m{who}"))

    @rule(who=st.sampled_from(PEOPLE), number=st.integers(1, 3))
    def the_line_is_put_in_order(self, who: str, number: int) -> None:
        self.happens(Numbered(f"m{who}", number))

    @rule(who=st.sampled_from(PEOPLE), side=SIDES)
    def withdrawn_by_a_side(self, who: str, side: Side) -> None:
        self.happens(Answered(f"m{who}", side, "withdraw"))

    @rule(who=st.sampled_from(PEOPLE), side=SIDES, what=st.sampled_from(["met", "nothing"]))
    def came_of_it(self, who: str, side: Side, what: Literal["met", "nothing"]) -> None:
        self.happens(OutcomeSaid(f"m{who}", side, what, 4))

    @rule(who=st.sampled_from(PEOPLE), words=st.uuids())
    def asked(self, who: str, words: object) -> None:
        self.happens(Questioned(f"m{who}", "supply", str(words), str(words)))

    @rule(who=st.sampled_from(PEOPLE), words=st.uuids(), side=SIDES)
    def replied(self, who: str, words: object, side: Side) -> None:
        asked = Asking(str(words), side, "?")
        self.happens(Replied(f"m{who}", asked, Replying(Owner("city", "settat"), "!")))

    @rule(wanted=st.integers(1, 3), days=st.integers(1, 90))
    def edited(self, wanted: int, days: int) -> None:
        self.happens(Edited(wanted, self.now + timedelta(days=days)))

    @rule()
    @precondition(lambda self: len(self.told) > 3)
    def withdrawn(self) -> None:
        self.happens(Withdrawn())

    @rule()
    def extended(self) -> None:
        self.happens(Extended())

    @rule(struck=st.sets(st.sampled_from(PEOPLE), max_size=2), wave=st.integers(1, 3))
    def confirmed(self, struck: set[str], wave: int) -> None:
        self.happens(Confirmed(wave, frozenset(struck)))

    @rule(data=st.data())
    def time_passes_to_the_next_bell(self, data: st.DataObject) -> None:
        due = timers(self.case, self.course)
        if due:
            ring = data.draw(st.sampled_from(sorted(due)))
            early = Rang(*ring)
            if due[ring] > self.now:
                assert step(self.case, early, self.course, self.now) == (self.case, ())
            self.now = max(self.now, due[ring])
            self.happens(early)
            assert ring not in timers(self.case, self.course), "it would ring for ever"

    @invariant()
    def an_introduction_needs_both(self) -> None:
        for pair in self.case.pairs:
            if pair.state == "introduced":
                assert pair.need_said
                assert pair.need_said.answer == "accept"
                assert pair.supply_said
                assert pair.supply_said.answer == "accept"

    @invariant()
    def places_are_what_is_held(self) -> None:
        held: dict[str, int] = {}
        for pair in self.case.pairs:
            if pair.place == "held":
                held[pair.supply_id] = held.get(pair.supply_id, 0) + 1
                assert pair.state in ("accepted", "introduced")
            elif pair.state == "accepted":
                assert pair.in_line, "accepted without a place, and in no line"
            assert pair.in_line or (pair.place != "waiting" and pair.waiting is None)
        assert {k: v for k, v in self.taken.items() if v} == held

    @invariant()
    def each_supply_is_asked_once(self) -> None:
        supplies = [pair.supply_id for pair in self.case.pairs]
        assert len(set(supplies)) == len(supplies)
        assert not {p.supply_id for p in self.case.pairs} & self.case.struck

    @invariant()
    def what_is_over_waits_for_nobody(self) -> None:
        if not self.case.looking:
            assert not any(p.state in ("proposed", "accepted") for p in self.case.pairs)
            bells = {bell for bell, match_id in timers(self.case, self.course) if not match_id}
            assert bells <= {"archive"}

    @invariant()
    def enough_is_enough(self) -> None:
        if self.case.looking and self.case.wanted is not None:
            assert self.case.introduced < self.case.wanted

    @invariant()
    def whoever_waits_has_a_bell(self) -> None:
        due = timers(self.case, self.course)
        for pair in self.case.pairs:
            if pair.state == "proposed":
                assert ("lapse", pair.match_id) in due
            if pair.state == "accepted":
                assert (("other-lapse", pair.match_id) in due) is not pair.in_line

    @invariant()
    def the_line_is_looked_at_for_whoever_comes_and_goes(self) -> None:
        assert {p.supply_id for p in self.case.pairs if p.in_line} == self.in_line

    @invariant()
    def the_asked_are_proposed_or_answered(self) -> None:
        for pair in self.case.pairs:
            assert (pair.accepted_at is not None) >= (pair.state in ("accepted", "introduced"))
            assert_closed(pair)


def assert_closed(pair: Pair) -> None:
    """Who was ended by the hub is told why; who was not, is not."""
    assert (pair.closed_because is not None) >= (pair.state == "superseded")
    assert pair.closed_because is None or pair.state in ("superseded", "lapsed")


TestNeedLife = NeedLife.TestCase

"""Every way a need and its matches can go, found by letting everything happen in every state.

The machine is run, not read: from a new need on, each happening is tried in each case that was
reached, until no case is new. Cases that differ in nothing but times, versions and bells that
have rung count as one, so that there is an end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.matcher.domain.course import FOR_INTERESTS, Course, Wave
from services.matcher.domain.life import step
from services.matcher.domain.life.case import Case, Pair, Side
from services.matcher.domain.life.effects import Asking, Effect, Replying
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

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_WAVES = (Wave("own"), Wave("international"))
GOING_ON = frozenset({"proposed", "accepted", "introduced"})
"""The states of a match that something may follow from."""
_SIDES: tuple[Side, Side] = ("need", "supply")
_SUPPLIES = ("a", "b")


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that happened, and what followed."""

    before: Case
    happened: Happening
    after: Case
    effects: tuple[Effect, ...]

    def pairs(self) -> Iterator[tuple[Pair | None, Pair]]:
        """Each match, before (None: there was none) and after."""
        for after in self.after.pairs:
            yield self.before.pair(after.match_id), after


def explore() -> Iterator[Seen]:
    """Everything that can happen to demands (with and without confirmation) and to interests."""
    end = _BEGIN + 60 * _DAY
    yield from _from(Case("n", "demand", _BEGIN, end), Course(waves=_WAVES))
    confirmed = Course(waves=_WAVES[:1], confirm_within=2 * _DAY)
    yield from _from(Case("n", "demand", _BEGIN, end), confirmed)
    yield from _from(Case("n", "interest", _BEGIN, None, wanted=None), FOR_INTERESTS)


def _from(begin: Case, course: Course) -> Iterator[Seen]:
    known = {_key(begin)}
    waiting = [(begin, _BEGIN)]
    while waiting:
        case, now = waiting.pop()
        for happened, at in _everything(case, course, now):
            after, effects = step(case, happened, course, at)
            yield Seen(case, happened, after, effects)
            key = _key(after)
            if key not in known:
                known.add(key)
                waiting.append((after, at))


def _key(case: Case) -> object:
    """What tells cases apart, of all that may decide what follows."""
    return (
        (case.state, case.wanted, case.wave, case.confirmed, case.extended, case.archived),
        (case.told_unmatched, case.wave_since is None, case.confirm_until is None),
        tuple(sorted(_pair_key(pair) for pair in case.pairs)),
    )


def _pair_key(pair: Pair) -> tuple[str, ...]:
    if pair.state not in GOING_ON:
        return ("over",)
    said = pair.said_by(pair.other)
    told = [side for side in _SIDES if pair.outcome_of(side) is not None]
    return pair.state, pair.place, str(pair.waiting), said.answer if said else "", *told


def _everything(case: Case, course: Course, now: datetime) -> Iterator[tuple[Happening, datetime]]:
    """All that may happen to ``case``, and when: a bell when it is due, the rest ``now``."""
    for ring, due in timers(case, course).items():
        yield Rang(*ring), max(now, due)
    for pair in case.pairs:
        for happened in _to_a_match(pair):
            yield happened, now
    for happened in _to_a_need(case, course, now):
        yield happened, now


def _to_a_match(pair: Pair) -> Iterator[Happening]:
    for side in _SIDES:
        yield Answered(pair.match_id, side, "accept")
        yield Answered(pair.match_id, side, "decline", "too-busy")
        yield Answered(pair.match_id, side, "withdraw")
        yield OutcomeSaid(pair.match_id, side, "nothing")
        yield Questioned(pair.match_id, side, "?")
        yield Replied(pair.match_id, Asking("q", side, "?"), Replying(Owner("city", "c"), "!"))
    yield Answered(pair.match_id, pair.asked, "accept", room=False)
    if pair.supply_kind == "offer":
        yield Answered(pair.match_id, pair.asked, "accept", batched=True)
        yield PlaceGiven(pair.match_id)
        yield Numbered(pair.match_id, 2)
    yield Judged(gone={pair.match_id: "edited"})
    yield Judged(gone={pair.match_id: "supply-gone"})


def _to_a_need(case: Case, course: Course, now: datetime) -> Iterator[Happening]:
    kind = "member" if case.kind == "demand" else "offer"
    waves = range(case.wave, len(course.waves) + 1)
    for supply_id in _SUPPLIES:
        if supply_id not in case.history:
            for wave in waves:
                yield Judged((Fresh(supply_id, supply_id, kind),), wave)  # type: ignore[arg-type]
            break
    live = any(pair.state in ("proposed", "accepted") for pair in case.pairs)
    if case.kind == "demand":
        if not live:  # as the planning says: nobody waits, and nobody else is there
            yield Judged(wave=len(course.waves), nobody=True)
        for wave in waves:
            yield Confirmed(wave)
        yield Edited(1, now + 60 * _DAY)
        yield Edited(2, now + 60 * _DAY)
        yield Extended()
    yield Withdrawn()

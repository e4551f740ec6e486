"""The line for a place of an offer: who gets one, and who has which number."""

from __future__ import annotations

from datetime import datetime

from services.matcher.domain.course import Course
from services.matcher.domain.life.answering import Followed, introduced
from services.matcher.domain.life.case import Case, Pair
from services.matcher.domain.life.effects import Effect, TakePlace, Tell
from services.matcher.domain.life.happenings import Numbered, PlaceGiven


def place_given(case: Case, given: PlaceGiven, course: Course, now: datetime) -> Followed:
    """The place is kept, and the offerer is asked, where it has not said yes before; whoever was
    told to wait hears of it.
    """
    pair = _waiting(case, given.match_id)
    if pair is None:
        return case, ()
    until = now + course.other_within
    case = case.change(pair, now, place="held", waiting=None, answer_by=until)
    effects: list[Effect] = [TakePlace(pair.supply_id, 1)]
    if pair.waiting is not None:
        effects.append(Tell("place-free", pair.asked, pair.match_id))
    present, said = case.pair(pair.match_id), pair.said_by(pair.other)
    if present is not None and said is not None and said.answer == "accept":
        case, more = introduced(case, present, now)
        return case, (*effects, *more)
    return case, (*effects, Tell("answer-asked", pair.other, pair.match_id, until=until))


def numbered(case: Case, given: Numbered, now: datetime) -> Followed:
    """Its number in the line; it is told once that it waits, and sees later numbers."""
    pair = _waiting(case, given.match_id)
    if pair is None or pair.waiting == given.number:
        return case, ()
    case = case.change(pair, now, waiting=given.number)
    if pair.waiting is not None:
        return case, ()
    return case, (Tell("waiting", pair.asked, pair.match_id),)


def _waiting(case: Case, match_id: str) -> Pair | None:
    pair = case.pair(match_id)
    return pair if pair is not None and pair.in_line else None

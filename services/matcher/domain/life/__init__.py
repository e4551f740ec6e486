"""The life of a need, whole and pure: `step` (decision 0020, design section 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from services.matcher.domain.course import Course
from services.matcher.domain.life.answering import (
    Followed,
    answered,
    outcome_said,
    questioned,
    replied,
)
from services.matcher.domain.life.case import Case
from services.matcher.domain.life.closing import close, settled
from services.matcher.domain.life.happenings import (
    Answered,
    Confirmed,
    Edited,
    Extended,
    Happening,
    Judged,
    Numbered,
    OfMatch,
    OutcomeSaid,
    PlaceGiven,
    Questioned,
    Rang,
    Replied,
    Withdrawn,
)
from services.matcher.domain.life.lining import numbered, place_given
from services.matcher.domain.life.looking import confirmed, edited, extended, judged
from services.matcher.domain.life.ringing import rang


def step(case: Case, happened: Happening, course: Course, now: datetime) -> Followed:
    """The case after ``happened``, and what follows outside of it.

    What does not fit the case (late, repeated, or about somebody else) leaves it as it is, with
    no effects. ``version`` grows where others are to be told of the need's new state.
    """
    following, effects = _follow(case, happened, course, now)
    if following is not case:
        following, more = settled(following, now)
        effects = (*effects, *more)
    again = isinstance(happened, Edited) and not case.looking  # though it end again at once
    if again or _shown(following) != _shown(case):
        following = replace(following, version=case.version + 1)
    return following, effects


def _follow(case: Case, happened: Happening, course: Course, now: datetime) -> Followed:
    match happened:
        case Answered() | PlaceGiven() | Numbered() | OutcomeSaid() | Questioned() | Replied():
            return _of_match(case, happened, course, now)
        case Rang():
            return rang(case, happened, course, now)
        case Judged():
            return judged(case, happened, course, now)
        case Edited():
            return edited(case, happened, course, now)
        case Withdrawn():
            return _withdrawn(case, now)
        case Extended():
            return extended(case, course)
        case Confirmed():
            return confirmed(case, happened)
        case _:
            assert_never(happened)


def _of_match(case: Case, happened: OfMatch, course: Course, now: datetime) -> Followed:
    match happened:
        case Answered():
            return answered(case, happened, course, now)
        case PlaceGiven():
            return place_given(case, happened, course, now)
        case Numbered():
            return numbered(case, happened, now)
        case OutcomeSaid():
            return outcome_said(case, happened, now)
        case Questioned():
            return questioned(case, happened)
        case Replied():
            return replied(case, happened)
        case _:
            assert_never(happened)


def _withdrawn(case: Case, now: datetime) -> Followed:
    if case.state in ("withdrawn", "expired"):
        return case, ()
    return close(case, "withdrawn", "withdrawn", now)


def _shown(case: Case) -> tuple[object, ...]:
    """What others are told of a need."""
    return (
        case.state,
        case.furthest,
        case.wanted,
        case.introduced,
        case.expires_at,
        case.extended,
        case.archived,
    )

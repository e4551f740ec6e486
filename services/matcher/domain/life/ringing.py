"""What follows when a timer rings. One that no longer fits the case changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.matcher.domain.course import Course
from services.matcher.domain.life.answering import Followed, free, place_back
from services.matcher.domain.life.case import Case, Pair
from services.matcher.domain.life.closing import close
from services.matcher.domain.life.effects import Effect, LookFurther, NoticeKind, Tell
from services.matcher.domain.life.happenings import Rang
from services.matcher.domain.life.timers import timers


def rang(case: Case, bell: Rang, course: Course, now: datetime) -> Followed:
    """The step of one bell, once, and not before its time."""
    ring = (bell.bell, bell.match_id)
    due = timers(case, course).get(ring)
    if due is None or due > now:
        return case, ()
    case = replace(case, rung=case.rung | {ring})
    pair = case.pair(bell.match_id)
    if pair is not None:
        return _for_pair(case, pair, bell, now)
    return _for_need(case, bell, now)


def _for_pair(case: Case, pair: Pair, bell: Rang, now: datetime) -> Followed:
    match bell.bell:
        case "reminder":
            told = Tell("reminder", pair.asked, pair.match_id, until=pair.answer_by)
            return case, (told,)
        case "other-reminder":
            told = Tell("reminder", pair.other, pair.match_id, until=pair.answer_by)
            return case, (told,)
        case "lapse":
            return case.change(pair, now, state="lapsed"), (LookFurther(),)
        case "other-lapse":
            return _asker_silent(case, pair, now)
        case "outcome":
            return case, _outcome(pair, "outcome-asked")
        case "outcome-reminder":
            return case, _outcome(pair, "outcome-reminder")
        case "place-back":
            return place_back(case, pair)
        case _:
            return case, ()


def _asker_silent(case: Case, pair: Pair, now: datetime) -> Followed:
    """Who accepted is set free and told why; the ambassador may ask the asker."""
    freed = free(pair)
    case = case.change(pair, now, state="lapsed", closed_because="asker-silent", place="none")
    told = Tell("closed", pair.asked, pair.match_id, because="asker-silent")
    alarm = Tell("asker-silent", "ambassador", pair.match_id)
    return case, (*freed, told, alarm, LookFurther())


def _outcome(pair: Pair, kind: NoticeKind) -> tuple[Effect, ...]:
    """Of those who have not said it."""
    return tuple(
        Tell(kind, side, pair.match_id)
        for side in (pair.asked, pair.other)
        if pair.outcome_of(side) is None
    )


def _for_need(case: Case, bell: Rang, now: datetime) -> Followed:
    match bell.bell:
        case "expiry-near":
            until = case.expires_at
            when = until.isoformat() if until else ""
            return case, (Tell("expiry-near", "need", until=until, round=when),)
        case "expiry":
            case, effects = close(case, "expired", "expired", now)
            return case, (*effects, Tell("expired", "need", round=str(case.version)))
        case "confirm-end":
            wave = case.confirming or case.wave
            case = replace(case, confirmed=wave, confirming=None, confirm_until=None)
            return case, (LookFurther(),)
        case "wave-end" if case.answered_for:  # it begins anew with whoever is asked next
            ring = (bell.bell, bell.match_id)
            return replace(case, wave_since=None, rung=case.rung - {ring}), ()
        case "wave-end":
            case = replace(case, wave=case.wave + 1, wave_since=None)
            return case, (LookFurther(),)
        case "archive":
            return replace(case, archived=True), ()
        case _:
            return case, ()

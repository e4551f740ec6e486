"""What follows when a need is judged, confirmed, edited or given more time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.matcher.domain.course import Course
from services.matcher.domain.life.answering import Followed
from services.matcher.domain.life.case import Bell, Case, Pair, Ring, Side
from services.matcher.domain.life.closing import close_pairs
from services.matcher.domain.life.effects import Effect, LookFurther, Tell
from services.matcher.domain.life.happenings import Confirmed, Edited, Judged

_ENDS: frozenset[Bell] = frozenset({"expiry-near", "expiry", "archive", "wave-end"})


def judged(case: Case, found: Judged, course: Course, now: datetime) -> Followed:
    """Ask those who are fresh; end what no longer holds; say so when all is dry."""
    if not case.looking:
        return case, ()
    effects: list[Effect] = []
    for match_id, because in sorted(found.gone.items()):
        pair = case.pair(match_id)
        if pair is not None and (pair.state == "proposed" or because == "supply-gone"):
            case, told = close_pairs(case, [pair], because, now)
            effects += told
    if found.fresh:
        case, told = _asked(case, found, course, now)
        effects += told
    elif found.nobody and not case.told_unmatched:
        case = replace(case, told_unmatched=True)
    return case, tuple(effects)


def _asked(case: Case, found: Judged, course: Course, now: datetime) -> Followed:
    if needs_confirmation(case, found.wave, course):
        return _held(case, found, course, now)
    if case.wave_since is None:
        case = replace(case, wave_since=now)
    known = case.history
    asked: Side = "supply" if case.kind == "demand" else "need"
    until = now + course.wave(found.wave).answer_within
    fresh = tuple(
        Pair(
            match_id=one.match_id,
            supply_id=one.supply_id,
            supply_kind=one.supply_kind,
            asked=asked,
            state="proposed",
            wave=found.wave,
            proposed_at=now,
            answer_by=until,
            changed_at=now,
        )
        for one in found.fresh
        if one.supply_id not in known
    )
    return replace(case, pairs=case.pairs + fresh, told_unmatched=False, added=(), order=()), ()


def needs_confirmation(case: Case, wave: int, course: Course) -> bool:
    """Whether nobody is asked in ``wave`` before the ambassador has confirmed it."""
    return case.kind == "demand" and course.confirm_within is not None and case.confirmed < wave


def _held(case: Case, found: Judged, course: Course, now: datetime) -> Followed:
    """Candidates wait for the ambassador, who is told once for each wave."""
    if case.confirm_until is not None or course.confirm_within is None:
        return case, ()
    until = now + course.confirm_within
    case = replace(
        case,
        confirming=found.wave,
        confirm_until=until,
        told_unmatched=False,
        rung=case.rung - {("confirm-end", "")},
    )
    told = Tell(
        "confirmation-asked", "ambassador", until=until, round=f"{found.wave}.{case.version}"
    )
    return case, (told,)


def confirmed(case: Case, given: Confirmed) -> Followed:
    """The ambassador's word on the wave that waits for it; who was asked already stays asked."""
    if given.wave != case.confirming or not case.looking:
        return case, ()
    case = replace(
        case,
        confirmed=given.wave,
        confirming=None,
        confirm_until=None,
        struck=(case.struck | given.struck) - {pair.supply_id for pair in case.pairs},
        added=given.added,
        picked=case.picked | frozenset(given.added),
        order=given.order,
    )
    return case, (LookFurther(),)


def edited(case: Case, given: Edited, course: Course, now: datetime) -> Followed:
    """A newer version: what was ended begins again, who is asked sees the new text, who accepted
    is told that it stays. Who no longer fits is ended when it is judged next.
    """
    reopened = not case.looking
    if reopened:  # a life of its own, which the ambassador has not confirmed
        case = replace(case, opened_at=now, extended=False, confirmed=0, added=(), order=())
    expires_at = given.expires_at
    if expires_at is not None and case.extended:
        expires_at += course.extension
    case = replace(
        case,
        wanted=given.wanted,
        expires_at=expires_at,
        state="open" if reopened else case.state,
        closed_at=None,
        archived=False,
        told_unmatched=False,
        wave=1 if reopened else case.wave,
        rung=_again(case, reopened=reopened or expires_at != case.expires_at),
    )
    effects: list[Effect] = []
    for pair in case.pairs:
        if pair.state == "proposed":
            case = case.change(pair, now)
        elif pair.state == "accepted":
            case = case.change(pair, now)
            word = str(pair.version + 1)
            effects.append(Tell("kept-after-edit", pair.asked, pair.match_id, round=word))
    return case, (*effects, LookFurther())


def extended(case: Case, course: Course) -> Followed:
    """More time, once."""
    if case.extended or not case.looking or case.expires_at is None:
        return case, ()
    expires_at = case.expires_at + course.extension
    rung = _again(case, reopened=True)
    return replace(case, extended=True, expires_at=expires_at, rung=rung), ()


def _again(case: Case, *, reopened: bool) -> frozenset[Ring]:
    """The bells of a need's end ring again when that has moved."""
    if not reopened:
        return case.rung
    return frozenset(ring for ring in case.rung if ring[0] not in _ENDS)

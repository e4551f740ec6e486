"""Which bells are to ring when: nothing but a reading of the case, so none can be left over.

A bell that rang is remembered in ``Case.rung``; a bell of a state that has passed is no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from services.matcher.domain.course import Course
from services.matcher.domain.life.case import Case, Pair, Ring


def timers(case: Case, course: Course) -> Mapping[Ring, datetime]:
    """Each bell that has not rung, with the time (UTC) at which it is due."""
    return {ring: due for ring, due in _bells(case, course) if ring not in case.rung}


def _bells(case: Case, course: Course) -> Iterator[tuple[Ring, datetime]]:
    for pair in case.pairs:
        yield from _of_pair(pair, course)
    if case.archived:
        return
    if not case.looking:
        if case.closed_at is not None:
            yield ("archive", ""), case.closed_at + course.archive_after
        return
    if case.expires_at is not None:
        yield ("expiry-near", ""), case.expires_at - course.expiry_notice
        yield ("expiry", ""), case.expires_at
    if case.confirm_until is not None:
        yield ("confirm-end", ""), case.confirm_until
    if case.wave_since is not None and case.wave < len(course.waves):
        yield ("wave-end", str(case.wave)), (case.wave_since + course.wave(case.wave).answer_within)


def _of_pair(pair: Pair, course: Course) -> Iterator[tuple[Ring, datetime]]:
    match pair.state:
        case "proposed":
            remind_at = pair.proposed_at + course.wave(pair.wave).remind_after
            if remind_at < pair.answer_by:
                yield ("reminder", pair.match_id), remind_at
            yield ("lapse", pair.match_id), pair.answer_by
        case "accepted" if pair.accepted_at is not None and not pair.in_line:
            asked_at = max(pair.accepted_at, pair.answer_by - course.other_within)  # if in line
            remind_at = asked_at + course.other_remind_after
            if remind_at < pair.answer_by:
                yield ("other-reminder", pair.match_id), remind_at
            yield ("other-lapse", pair.match_id), pair.answer_by
        case "introduced" if pair.introduced_at is not None:
            asked_at = pair.introduced_at + course.outcome_after
            if pair.need_outcome is None or pair.supply_outcome is None:
                yield ("outcome", pair.match_id), asked_at
                yield ("outcome-reminder", pair.match_id), asked_at + course.outcome_remind_after
            if pair.place == "held" and pair.supply_kind == "member":
                yield ("place-back", pair.match_id), pair.introduced_at + course.place_after
        case _:
            return

"""What follows from an answer, of either side, and from what came of an introduction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.matcher.domain.course import Course
from services.matcher.domain.life.case import WAITING, Case, Outcome, Pair, Said, Side
from services.matcher.domain.life.effects import (
    Asking,
    Effect,
    LineChanged,
    LookFurther,
    TakePlace,
    Tell,
)
from services.matcher.domain.life.happenings import (
    Answered,
    OutcomeSaid,
    Questioned,
    Replied,
)

Followed = tuple[Case, tuple[Effect, ...]]


def answered(case: Case, given: Answered, course: Course, now: datetime) -> Followed:
    """An answer where one is possible; a late, repeated or foreign one changes nothing."""
    pair = case.pair(given.match_id)
    if pair is not None and _was_in_time(case, pair, given):
        case = case.change(pair, now, state="proposed")
        case = replace(case, rung=case.rung - {("lapse", pair.match_id)})
        pair = case.pair(given.match_id)
    if pair is None or pair.state not in WAITING:
        return case, ()
    if given.answer == "accept":
        return _accepted(case, pair, given, course, now)
    return _declined(case, pair, given, now)


def _was_in_time(case: Case, pair: Pair, given: Answered) -> bool:
    """Whether it was said before the time was over and heard only after it, for the hub was away:
    the need still looks, and nobody has made anything of the silence.
    """
    late = pair.state == "lapsed" and pair.accepted_at is None and case.looking
    in_time = given.said_at is not None and given.said_at <= pair.answer_by
    return late and in_time and given.answer == "accept" and given.side == pair.asked


def _accepted(case: Case, pair: Pair, given: Answered, course: Course, now: datetime) -> Followed:
    said = Said("accept", now)
    if given.side == pair.other:
        return _other_accepted(case, pair, said, now)
    if pair.state == "accepted":
        return case, ()
    if given.batched:
        word = _word(pair.asked, said)
        case = case.change(pair, now, state="accepted", accepted_at=now, place="waiting", **word)
        return case, (LineChanged(pair.supply_id, joined=True),)
    if not given.room:
        case = case.change(
            pair, now, state="superseded", closed_because="full", **_word(pair.asked, said)
        )
        told = Tell("closed", pair.asked, pair.match_id, because="full")
        return case, (told, LookFurther())
    until = now + course.other_within
    case = case.change(
        pair,
        now,
        state="accepted",
        accepted_at=now,
        answer_by=until,
        place="held",
        **_word(pair.asked, said),
    )
    taken = TakePlace(pair.supply_id, 1)
    present = case.pair(pair.match_id)
    other = pair.said_by(pair.other)
    if present is not None and other is not None and other.answer == "accept":
        case, effects = introduced(case, present, now)
        return case, (taken, *effects)
    return case, (taken, Tell("answer-asked", pair.other, pair.match_id, until=until))


def _other_accepted(case: Case, pair: Pair, said: Said, now: datetime) -> Followed:
    known = pair.said_by(pair.other)
    early = pair.state == "proposed" or pair.in_line
    if early and known is not None and known.answer == "accept":
        return case, ()
    case = case.change(pair, now, **_word(pair.other, said))
    present = case.pair(pair.match_id)
    if not early and present is not None:
        return introduced(case, present, now)
    return case, (LineChanged(pair.supply_id, joined=False),) if pair.in_line else ()


def introduced(case: Case, pair: Pair, now: datetime) -> Followed:
    """Both have said yes, and there is a place."""
    case = replace(
        case,
        pairs=tuple(
            replace(p, state="introduced", introduced_at=now) if p is pair else p
            for p in case.pairs
        ),
    )
    told = tuple(Tell("introduced", side, pair.match_id) for side in (pair.asked, pair.other))
    return case, (*told, LookFurther())  # nobody else may be left to wait for


def _declined(case: Case, pair: Pair, given: Answered, now: datetime) -> Followed:
    """The other side hears the reason; a place that was held is free again."""
    said = Said(given.answer, now, given.reason)
    freed = free(pair)
    word = _word(given.side, said)
    case = case.change(pair, now, state="declined", place="none", waiting=None, **word)
    to: Side = "need" if given.side == "supply" else "supply"
    told = Tell("declined", to, pair.match_id, reason=given.reason)
    return case, (*freed, told, LookFurther())


def outcome_said(case: Case, said: OutcomeSaid, now: datetime) -> Followed:
    """What came of it; the last word of a side counts. A place that nobody needs is free again."""
    pair = case.pair(said.match_id)
    if pair is None or pair.state != "introduced":
        return case, ()
    outcome = Outcome(said.outcome, now, said.rating)
    known = pair.outcome_of(said.side)
    if known is not None and (known.outcome, known.rating) == (said.outcome, said.rating):
        return case, ()
    name = "need_outcome" if said.side == "need" else "supply_outcome"
    case = case.change(pair, now, **{name: outcome})
    present = case.pair(said.match_id)
    if present is None or present.place != "held" or not _is_over(present):
        return case, ()
    return _without_place(case, present), free(present)


def _is_over(pair: Pair) -> bool:
    """Whether its place is needed no more: a member's once both have said what came of it, an
    offer's only when nothing did.
    """
    outcomes = (pair.need_outcome, pair.supply_outcome)
    if pair.supply_kind == "offer":
        return any(o is not None and o.outcome == "nothing" for o in outcomes)
    return all(outcomes)


def place_back(case: Case, pair: Pair) -> Followed:
    """The introduction was long enough ago: the member may be introduced to others."""
    return _without_place(case, pair), free(pair)


def _without_place(case: Case, pair: Pair) -> Case:
    return replace(
        case,
        pairs=tuple(replace(p, place="none") if p is pair else p for p in case.pairs),
    )


def questioned(case: Case, asked: Questioned) -> Followed:
    """A question goes to the ambassador and to the other side, either of which may answer it; the
    time to answer does not stop.
    """
    pair = case.pair(asked.match_id)
    if pair is None or pair.state not in WAITING:
        return case, ()
    other: Side = "need" if asked.side == "supply" else "supply"
    asking = Asking(asked.question_id, asked.side, asked.text)
    told: list[Tell] = [
        Tell("question", to, pair.match_id, text=asked.text, round=asked.text, asking=asking)
        for to in ("ambassador", other)
    ]
    return case, tuple(told)


def replied(case: Case, given: Replied) -> Followed:
    """The answer to a question goes to who asked, once for each question whoever answers it."""
    pair = case.pair(given.match_id)
    if pair is None or pair.state not in WAITING:
        return case, ()
    asked = given.asked
    told = Tell(
        "question",
        asked.by,
        pair.match_id,
        text=asked.text,
        round=f"replied\n{asked.question_id}",
        asking=asked,
        replying=given.reply,
    )
    return case, (told,)


def free(pair: Pair) -> tuple[Effect, ...]:
    """The place that ``pair`` holds, given back; or its number in line."""
    if pair.in_line:
        return (LineChanged(pair.supply_id, joined=False),)
    return (TakePlace(pair.supply_id, -1),) if pair.place == "held" else ()


def _word(side: Side, said: Said) -> dict[str, Said]:
    return {"need_said" if side == "need" else "supply_said": said}

"""What is to be told of a need's life, as it travels: one notice for each `Tell`."""

from __future__ import annotations

import uuid
from datetime import datetime

from schemas.life import Addressee, Notice
from schemas.match import AskedQuestion, Candidate, Match, QuestionReply
from services.matcher.adapters import events
from services.matcher.domain.life.effects import Tell
from services.matcher.domain.model import Need, match_id
from services.matcher.domain.planning import Plan

_NAMESPACE = uuid.UUID("6a697372-0000-4000-8000-6e6f74696365")


def notice(
    need: Need, told: Tell, match: Match | None, plan: Plan, cluster: str, now: datetime
) -> Notice | None:
    """The notice of ``told``, with the same id however often it is decided; None where the city
    that its ambassador would serve is not known. ``cluster`` is the hub's own.
    """
    to = _addressee(need, told, match, cluster)
    if to is None:
        return None
    confirming = told.kind == "confirmation-asked"
    return Notice(
        notice_id=_id(need.need_id, told),
        kind=told.kind,
        to=to,
        need=need.brief,
        match=match,
        reason=told.reason,
        because=told.because,
        text=told.text,
        question=_question(told, match),
        reply=_reply(told),
        candidates=_candidates(need, plan) if confirming else (),
        wave=plan.wave if confirming else None,
        until=told.until,
        raised_at=now,
    )


def _question(told: Tell, match: Match | None) -> AskedQuestion | None:
    asking = told.asking
    if asking is None or match is None:
        return None
    owner = match.need.owner if asking.by == "need" else match.supply.owner
    return AskedQuestion(question_id=asking.question_id, by=owner, text=asking.text)


def _reply(told: Tell) -> QuestionReply | None:
    replying = told.replying
    return QuestionReply(by=events.owner(replying.by), text=replying.text) if replying else None


def _candidates(need: Need, plan: Plan) -> tuple[Candidate, ...]:
    return tuple(
        events.candidate(found, ranked.rank, match_id(need.need_id, found.supply.supply_id))
        for ranked in plan.chosen
        for found in (ranked.candidate,)
    )


def _id(need_id: str, told: Tell) -> str:
    words = "\n".join((need_id, told.kind, told.to, told.match_id, told.round))
    return str(uuid.uuid5(_NAMESPACE, words))


def _addressee(need: Need, told: Tell, match: Match | None, cluster: str) -> Addressee | None:
    if told.to == "ambassador":
        city = _city(need, match)
        return Addressee(kind="ambassador", id=city, cluster=cluster) if city else None
    owner = match.supply.owner if told.to == "supply" and match else events.owner(need.owner)
    return Addressee(kind=owner.type, id=owner.id)


def _city(need: Need, match: Match | None) -> str | None:
    """Whose ambassador it concerns: the asking city's, or that of the city which offers."""
    if need.kind == "demand" or match is None or match.supply.owner.type != "city":
        return need.city
    return match.supply.owner.id

"""What the notifier publishes: the results of its attempts, and what people say on its pages."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from pydantic import BaseModel

from schemas import response as contract
from schemas.delivery import Delivery
from schemas.match import AskedQuestion
from schemas.topics import DELIVERIES, RESPONSES
from schemas.values import Owner
from services.notifier.domain.answers import (
    Answer,
    Confirmation,
    Extension,
    Given,
    Outcome,
    Question,
    Reply,
)
from services.notifier.domain.identity import reply_id, response_id, saying_id
from services.notifier.domain.messages import Party, match_of, question_of
from services.notifier.domain.standing import about
from services.notifier.use_cases.ports import Asked, Report
from services.runtime.outbox import Outgoing


def delivery_event(report: Report, now: datetime) -> Delivery:
    """``report`` as the contract has it."""
    return Delivery(
        delivery_id=str(report.delivery_id),
        recipient_kind=report.recipient.kind,
        recipient_id=report.recipient.id,
        channel=report.channel,
        message=report.kind,
        match_id=report.match_id,
        need_id=report.need_id,
        locale=report.recipient.locale,
        state=report.state,
        attempt=report.attempt,
        detail=report.detail,
        at=now,
    )


def attempted(result: Delivery) -> Outgoing:
    """The result of an attempt, as the event for ``jisr.deliveries.v1``."""
    return Outgoing(DELIVERIES, result.recipient_id, "jisr.delivery.attempted", result)


def said_id(asked: Asked, by: Party, given: Given) -> str:
    """The one id of saying this, and of the event that it becomes."""
    subject = about(given.act, asked.message)
    if given.act in ("accept", "decline"):
        return str(response_id(subject, by))
    if isinstance(given, Reply):
        return str(reply_id(subject))
    words = given.text if isinstance(given, Question) else ""
    return str(saying_id(given.act, subject, by, words))


def spoken(asked: Asked, by: Party, given: Given, now: datetime) -> Outgoing:
    """What somebody said on its page, as the event for ``jisr.responses.v1``."""
    identifier = said_id(asked, by, given)
    kind, event = _event(identifier, asked, by, given, now)
    return Outgoing(RESPONSES, asked.message.need.id, kind, event, id=identifier)


def _event(
    identifier: str, asked: Asked, by: Party, given: Given, now: datetime
) -> tuple[str, BaseModel]:
    owner = Owner(type=by.kind, id=by.id)
    match given:
        case Answer() | Outcome():
            return "jisr.response.given", _response(identifier, asked, owner, given, now)
        case Question():
            return "jisr.question.asked", contract.Question(
                question_id=identifier,
                match_id=about("question", asked.message),
                need_id=asked.message.need.id,
                by=owner,
                text=given.text,
                via="inbox",
                asked_at=now,
            )
        case Reply():
            return "jisr.question.answered", _reply(identifier, asked, owner, given, now)
        case Extension():
            return "jisr.need.extended", contract.Extension(
                extension_id=identifier,
                need_id=asked.message.need.id,
                by=owner,
                via="inbox",
                extended_at=now,
            )
        case Confirmation():
            return "jisr.candidates.confirmed", _confirmation(identifier, asked, owner, given, now)
    assert_never(given)


def _response(
    identifier: str, asked: Asked, by: Owner, given: Answer | Outcome, now: datetime
) -> contract.Response:
    told = isinstance(given, Outcome)
    return contract.Response(
        response_id=identifier,
        match_id=about(given.act, asked.message),
        need_id=asked.message.need.id,
        by=by,
        answer=given.act,
        reason=None if isinstance(given, Outcome) else given.reason,
        text="" if isinstance(given, Outcome) else given.text,
        outcome=given.outcome if isinstance(given, Outcome) else None,
        rating=given.rating if isinstance(given, Outcome) else None,
        # What came of it is said of whatever state there is.
        match_version=asked.standing.match.version if asked.standing.match and not told else None,
        via="inbox",
        answered_at=now,
    )


def _reply(identifier: str, asked: Asked, by: Owner, given: Reply, now: datetime) -> contract.Reply:
    question = question_of(asked.message)
    match = match_of(asked.message)
    assert question is not None  # else nothing could be answered
    assert match is not None
    return contract.Reply(
        reply_id=identifier,
        match_id=match.match_id,
        need_id=asked.message.need.id,
        question=AskedQuestion(
            question_id=question.id,
            by=Owner(type=question.by.kind, id=question.by.id),
            text=question.text,
        ),
        by=by,
        text=given.text,
        via="inbox",
        replied_at=now,
    )


def _confirmation(
    identifier: str, asked: Asked, by: Owner, given: Confirmation, now: datetime
) -> contract.Confirmation:
    return contract.Confirmation(
        confirmation_id=identifier,
        need_id=asked.message.need.id,
        by=by,
        wave=asked.wave,
        struck=given.struck,
        added=given.added,
        order=given.order,
        via="inbox",
        confirmed_at=now,
    )

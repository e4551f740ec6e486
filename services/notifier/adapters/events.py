"""Between the contract (``schemas``) and the notifier's own words (``domain``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from schemas import directory as contract
from schemas.delivery import Delivery
from schemas.match import Candidate as CandidateEvent
from schemas.match import Decision, Match, NeedBrief
from schemas.match import Reason as ReasonEvent
from schemas.response import Response
from schemas.values import Owner
from services.notifier.domain.answers import Answer
from services.notifier.domain.directory import Directory, Office
from services.notifier.domain.identity import response_id
from services.notifier.domain.messages import (
    AmbassadorNote,
    Candidate,
    Message,
    MessageKind,
    Need,
    Party,
    Proposal,
    Reason,
    Recipient,
    Supply,
)
from services.notifier.use_cases.ports import Asked, News, Report


def message_of(event: Match | Decision) -> Message | None:
    """What ``event`` has to say; None when it concerns nobody (an interest, a withdrawal)."""
    if isinstance(event, Match):
        return _proposal(event)
    if event.outcome == "withdrawn" or event.need.kind != "demand":
        return None
    return AmbassadorNote(
        _need(event.need),
        event.outcome,
        event.wave,
        tuple(map(_candidate, event.proposed)),
        tuple(map(_candidate, event.nearest)),
        event.considered,
    )


def news_of(event: Match | Decision) -> News | None:
    """The message with the data to keep; `restore` reads it back."""
    message = message_of(event)
    return News(message, event.model_dump(mode="json")) if message else None


def restore(kind: MessageKind, content: dict[str, Any]) -> Message:
    """The message of a stored entry."""
    model = Match if kind == "proposal" else Decision
    message = message_of(model.model_validate(content))
    if message is None:
        raise ValueError("an entry that concerns nobody was stored")
    return message


def _proposal(match: Match) -> Proposal:
    supply = match.supply
    return Proposal(
        match.match_id,
        _need(match.need),
        Supply(supply.kind, supply.id, Party(supply.owner.type, supply.owner.id), supply.title),
        Recipient(
            match.recipient.kind, match.recipient.id, match.recipient.name, match.recipient.locale
        ),
        match.state.value,
        match.score,
        match.version,
        tuple(map(_reason, match.reasons)),
        match.decline_reason,
    )


def _need(brief: NeedBrief) -> Need:
    return Need(
        brief.kind,
        brief.id,
        Party(brief.owner.type, brief.owner.id),
        brief.need_kind,
        brief.title,
        brief.language,
        brief.version,
        brief.summary,
        brief.description,
        brief.city,
        brief.structure.name if brief.structure else None,
        brief.structure.kind.value if brief.structure else None,
        brief.deadline,
    )


def _reason(reason: ReasonEvent) -> Reason:
    return Reason(
        reason.kind,
        reason.terms,
        reason.id,
        reason.text,
        reason.year,
        reason.weight,
        reason.inferred,
    )


def _candidate(line: CandidateEvent) -> Candidate:
    return Candidate(line.name, line.rank, line.score, tuple(map(_reason, line.reasons)))


def _labels(labels: contract.Labels) -> dict[str, str]:
    return {str(locale): text for locale, text in labels.items()}


def learn(directory: Directory, item: contract.DirectoryItem) -> None:
    """Let ``directory`` know what ``item`` says."""
    match item:
        case contract.Ambassador():
            office = Office(item.member_id, item.deputy_id)
            directory.appoint(item.cluster, item.city, office, item.version, active=item.active)
        case contract.Niche():
            directory.call("niche", item.id, _labels(item.labels), item.version, active=item.active)
        case contract.City() | contract.Cluster() | contract.Committee():
            directory.call(
                item.entry, item.id, _labels(item.names), item.version, active=item.active
            )


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


def response_event(asked: Asked, by: Party, answer: Answer, now: datetime) -> Response:
    """An answer from the inbox page as the contract has it."""
    return Response(
        response_id=str(response_id(asked.match_id, by)),
        match_id=asked.match_id,
        need_id=asked.need_id,
        by=Owner(type=by.kind, id=by.id),
        answer=answer.answer,
        reason=answer.reason,
        text=answer.text,
        via="inbox",
        answered_at=now,
    )

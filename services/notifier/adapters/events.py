"""Between the contract (``schemas``) and the notifier's own words (``domain``)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from schemas import directory as contract
from schemas.life import Notice as NoticeEvent
from schemas.match import Candidate as CandidateEvent
from schemas.match import Decision, Match, NeedBrief, SupplyBrief
from schemas.match import Reason as ReasonEvent
from schemas.match import Said as SaidEvent
from schemas.values import Preferences
from services.notifier.domain.blanking import without_contacts
from services.notifier.domain.choices import FIELDS, Choices, read_leniently
from services.notifier.domain.concerns import CONCERNS
from services.notifier.domain.directory import Directory, Office
from services.notifier.domain.messages import (
    Addressee,
    AmbassadorNote,
    AskedQuestion,
    Candidate,
    Message,
    MessageKind,
    Need,
    Notice,
    Party,
    Proposal,
    Reason,
    Recipient,
    Reply,
    Said,
    Side,
    Supply,
    Tried,
)
from services.notifier.domain.sides import asked_first, owner_of
from services.notifier.use_cases.ports import News

logger = logging.getLogger(__name__)

Telling = Match | Decision | NoticeEvent
"""The events that say something to somebody."""


def message_of(event: Telling) -> Message | None:
    """What ``event`` has to say; None when it concerns nobody (an interest, a withdrawal)."""
    if isinstance(event, Match):
        return proposal_of(event)
    if isinstance(event, NoticeEvent):
        return _notice(event)
    if event.outcome == "withdrawn" or event.need.kind != "demand":
        return None
    return AmbassadorNote(
        need_of(event.need),
        event.outcome,
        event.wave,
        tuple(map(_candidate, event.proposed)),
        tuple(map(_candidate, event.nearest)),
        event.considered,
        tuple(Tried(one.name, one.state.value, one.reason) for one in event.tried),
    )


def news_of(event: Telling) -> News | None:
    """The message with the data to keep; `restore` reads it back.

    What somebody asked by another door than the page comes out without addresses and numbers: it
    is blanked here once more, before it is stored or mailed (design, I6).
    """
    if isinstance(event, NoticeEvent) and event.kind == "question":
        event = _blanked(event)
    message = message_of(event)
    return News(message, event.model_dump(mode="json")) if message else None


def _blanked(event: NoticeEvent) -> NoticeEvent:
    """``event`` without contacts in what was asked and answered."""
    said = {
        name: told.model_copy(update={"text": without_contacts(told.text)})
        for name, told in (("question", event.question), ("reply", event.reply))
        if told is not None
    }
    return event.model_copy(update={"text": without_contacts(event.text), **said})


def restore(kind: MessageKind, content: dict[str, Any]) -> Message:
    """The message of a stored entry."""
    models: dict[str, type[Telling]] = {"proposal": Match, "ambassador-note": Decision}
    message = message_of(models.get(kind, NoticeEvent).model_validate(content))
    if message is None:
        raise ValueError("an entry that concerns nobody was stored")
    return message


def proposal_of(match: Match) -> Proposal:
    """``match`` in the notifier's words."""
    outcomes: dict[Side, object] = {"need": match.need_outcome, "supply": match.supply_outcome}
    return Proposal(
        match.match_id,
        need_of(match.need),
        _supply(match.supply),
        Recipient(
            match.recipient.kind, match.recipient.id, match.recipient.name, match.recipient.locale
        ),
        match.state.value,
        match.score,
        match.version,
        tuple(map(_reason, match.reasons)),
        match.decline_reason,
        match.answer_by,
        _said(match.need_said),
        _said(match.supply_said),
        match.closed_because,
        match.crosses_border,
        match.across_border,
        match.waiting,
        frozenset(side for side, outcome in outcomes.items() if outcome is not None),
    )


def _supply(brief: SupplyBrief) -> Supply:
    return Supply(
        brief.kind,
        brief.id,
        Party(brief.owner.type, brief.owner.id),
        brief.title,
        brief.summary,
        brief.description,
        brief.language or "",
        brief.niches,
    )


def _said(said: SaidEvent | None) -> Said | None:
    return Said(said.answer, said.reason) if said else None


def _notice(event: NoticeEvent) -> Notice:
    match = proposal_of(event.match) if event.match else None
    return Notice(
        event.notice_id,
        event.kind,
        Addressee(event.to.kind, event.to.id, event.to.cluster),
        need_of(event.need),
        match,
        event.reason,
        event.because,
        event.text,
        tuple(map(_candidate, event.candidates)),
        event.wave,
        event.until,
        _question(event, match),
        Reply(Party(event.reply.by.type, event.reply.by.id), event.reply.text)
        if event.reply
        else None,
    )


def _question(event: NoticeEvent, match: Proposal | None) -> AskedQuestion | None:
    """The question of ``event``; one that was told before questions had names is known by its
    notice, and was asked by whoever was asked first.
    """
    if event.question is not None:
        by = Party(event.question.by.type, event.question.by.id)
        return AskedQuestion(event.question.question_id, by, event.question.text)
    if event.kind != "question" or match is None:
        return None
    return AskedQuestion(event.notice_id, owner_of(match, asked_first(match)), event.text)


def need_of(brief: NeedBrief) -> Need:
    """``brief`` in the notifier's words."""
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
        brief.niches,
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
        reason.path,
    )


def _candidate(line: CandidateEvent) -> Candidate:
    reasons = tuple(map(_reason, line.reasons))
    return Candidate(line.name, line.rank, line.score, reasons, line.supply_id)


def _labels(labels: contract.Labels) -> dict[str, str]:
    return {str(locale): text for locale, text in labels.items()}


def learn(directory: Directory, item: contract.DirectoryItem) -> None:
    """Let ``directory`` know what ``item`` says."""
    match item:
        case contract.Ambassador():
            office = Office(item.member_id, item.deputy_id)
            directory.appoint(item.cluster, item.city, office, item.version, active=item.active)
        case contract.Niche():
            labels, parent = _labels(item.labels), item.parent
            directory.call(
                "niche", item.id, labels, item.version, active=item.active, parent=parent
            )
        case contract.City() | contract.Cluster() | contract.Committee():
            directory.call(
                item.entry, item.id, _labels(item.names), item.version, active=item.active
            )


FOR_EVER = datetime(9998, 12, 1, tzinfo=UTC)
"""Systems write the last moment that there is, which has no place in every zone."""


def published(preferences: Preferences) -> Choices:
    """What a member's cluster says of how it wants to be told. Introductions go at once whatever
    the pace. What cannot be taken is left out: a member is not lost for it.
    """
    told = set(FIELDS) - {"locale", "channels"}
    said = preferences.model_dump(mode="json", exclude_none=True, include=told)
    if "pace" in said:
        paces = dict.fromkeys(CONCERNS, said["pace"])
        said["pace"] = paces | {"introductions": "instant"}
    if preferences.paused_until is not None:
        said["paused_until"] = min(preferences.paused_until, FOR_EVER).isoformat()
    choices, refused = read_leniently(said)
    if refused:
        logger.warning("preferences that cannot be taken were left out: %s", ", ".join(refused))
    return choices

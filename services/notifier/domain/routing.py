"""Who is told what, by which channel: `route` is the whole decision, and it is pure."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.notifier.domain.directory import Office
from services.notifier.domain.gate import Drop, Gather, Today, Wait, may_go, push_of
from services.notifier.domain.identity import delivery_id, entry_id, kind_of
from services.notifier.domain.messages import (
    AmbassadorNote,
    Channel,
    Message,
    MessageKind,
    Notice,
    Proposal,
    Recipient,
    question_of,
)
from services.notifier.domain.muting import FLAT, Tree
from services.notifier.domain.preferences import Preferences

NO_AMBASSADOR = "nobody represents the cluster at this city"


@dataclass(frozen=True, slots=True)
class Planned:
    """One thing to tell one recipient by one channel, not before ``due_at`` (UTC).

    ``undeliverable`` says why it can reach nobody; it is stored all the same, so that it can be
    found and counted. ``entry_id`` is None only then. ``office``: "cluster/city" of the ambassador
    that it is for. ``slot``: of the digest that it goes with, when it goes with one.
    """

    delivery_id: UUID
    entry_id: UUID | None
    recipient: Recipient
    channel: Channel
    message: MessageKind
    due_at: datetime
    undeliverable: str | None = None
    office: str | None = None
    slot: datetime | None = None


def route(
    event: Message,
    recipient: Recipient | None,
    preferences: Preferences | None,
    now: datetime,
    office: str | None = None,
    tree: Tree = FLAT,
) -> list[Planned]:
    """The deliveries that ``event`` calls for, the inbox first; none when there is no need.

    A proposal is announced while it is open; its later states only change the entry. Nobody is
    alerted about its own item. What is for an ambassador, and there is none (no ``recipient``),
    is undeliverable. ``office`` is the one that it is for. ``tree``: of the niches.

    ``preferences`` say what is told by mail, and whether at once or with a digest; the gate asks
    again when it goes. None where it is not known yet who of the organisation reads it: then all
    is due now, and the gate alone decides.
    """
    if isinstance(event, Proposal) and event.is_own:
        return []
    if recipient is not None and _asked_itself(event, recipient):
        return []
    if isinstance(event, AmbassadorNote) and event.outcome == "proposed" and not event.proposed:
        return []
    if recipient is None:
        return [_undeliverable(event, now)]
    planned = [_planned(event, recipient, "inbox", now, office)]
    if not isinstance(event, Proposal) or event.state == "proposed":
        mail = _planned(event, recipient, "mail", now, office)
        planned += [mail] if preferences is None else _pushed(mail, event, preferences, now, tree)
    return planned


def _asked_itself(event: Message, recipient: Recipient) -> bool:
    """Whether ``event`` would bring ``recipient``, an ambassador, a question that it asked itself
    as a member: it cannot answer that, and the city was asked too.
    """
    question = question_of(event)
    return question is not None and question.by == recipient.inbox


def _pushed(
    planned: Planned, event: Message, preferences: Preferences, now: datetime, tree: Tree
) -> list[Planned]:
    """``planned`` when ``preferences`` let it go; nothing when they do not want it."""
    push = push_of(event, planned.recipient.inbox, planned.channel, tree)
    match may_go(push, preferences, Today(), now):
        case Drop():
            return []
        case Wait(until):
            return [replace(planned, due_at=until)]
        case Gather(slot):
            return [replace(planned, due_at=slot, slot=slot)]
    return [planned]


def _planned(
    event: Message, recipient: Recipient, channel: Channel, now: datetime, office: str | None
) -> Planned:
    return Planned(
        delivery_id(event, recipient, channel),
        entry_id(event, recipient.inbox),
        recipient,
        channel,
        kind_of(event),
        now,
        office=office,
    )


def _undeliverable(event: Message, now: datetime) -> Planned:
    city = event.to.id if isinstance(event, Notice) else event.need.city or event.need.owner.id
    vacant = Recipient("ambassador", city)
    identifier = delivery_id(event, vacant, "mail")
    return Planned(identifier, None, vacant, "mail", kind_of(event), now, NO_AMBASSADOR)


def in_office(office: Office | None, inactive: Container[str]) -> str | None:
    """The member to write to: the ambassador, or its deputy when it is inactive; else None."""
    if office is None:
        return None
    for member in (office.member_id, office.deputy_id):
        if member is not None and member not in inactive:
            return member
    return None


Outcome = Literal["told", "own", "undeliverable"]

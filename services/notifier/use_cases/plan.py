"""Turn what happened into what is to be told, once, in the transaction of the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.notifier import metrics
from services.notifier.domain.directory import Directory
from services.notifier.domain.gate import Drop, Gather, Today, Wait, may_go, push_of
from services.notifier.domain.identity import kind_of
from services.notifier.domain.messages import Channel, Party, Proposal, Recipient, match_of
from services.notifier.domain.muting import Tree
from services.notifier.domain.preferences import Preferences
from services.notifier.domain.routing import Planned, route
from services.notifier.use_cases.addressing import Addressing
from services.notifier.use_cases.ports import Known, Ledger, News, Report

Plan = Sequence[tuple[Planned, News]]
SYSTEMS: tuple[Channel, ...] = ("webhook", "push")
"""The channels that go to endpoints which a reader registered."""


async def plan(
    ledger: Ledger, news: Sequence[News], directory: Directory, cluster: str, now: datetime
) -> None:
    """Store the entries and mails that ``news`` calls for; telling again changes nothing.

    ``cluster`` is the hub's own, whose ambassadors hear of the decisions about their cities.
    """
    addressing = Addressing(directory, cluster)
    known = await ledger.known(addressing.concerned(item.message for item in news))
    planned = [(one, item) for item in news for one in _route(item, known, addressing, now)]
    await ledger.put_recipients(_with_inbox(planned))
    changed = await ledger.put_entries(_newest(planned))
    mails = [
        (one, item)
        for one, item in planned
        if one.channel == "mail" and (one.entry_id is None or one.entry_id in changed)
    ]
    stored = await ledger.put_deliveries(_still_meant(mails, planned), now)
    new = {entry for entry, is_new in changed.items() if is_new}
    await ledger.report(_reports(planned, new, stored), now)
    fresh = [(one, item) for one, item in _newest(planned) if one.entry_id in new]
    announced = [
        (_announced(replace(one, channel=channel), item, known, now, directory.parents), item)
        for one, item in fresh
        for channel in SYSTEMS
    ]
    await ledger.announce([(one, item) for one, item in announced if one is not None], now)


def _announced(
    planned: Planned, item: News, known: Mapping[Party, Known], now: datetime, tree: Tree
) -> Planned | None:
    """As an endpoint of its reader is told of a new entry by its channel: now, after a pause, or
    (a push) with a digest; None when its reader does not want it. An endpoint is the organisation's
    own, so it is told as the organisation wants, whoever reads its mails.
    """
    message, one = item.message, known.get(planned.recipient.inbox)
    if isinstance(message, Proposal) and message.state != "proposed":
        return None
    if one is None:
        return planned
    push = push_of(message, planned.recipient.inbox, planned.channel, tree)
    match may_go(push, one.preferences, Today(), now):
        case Drop():
            return None
        case Wait(until):
            return replace(planned, due_at=until)
        case Gather(slot):
            return replace(planned, due_at=slot, slot=slot)
    return planned


def _route(
    item: News, known: Mapping[Party, Known], addressing: Addressing, now: datetime
) -> list[Planned]:
    message = item.message
    recipient = addressing.recipient(message, known)
    one = known.get(recipient.inbox) if recipient else None
    office = addressing.office(message)
    planned = route(
        message,
        recipient,
        _preferences(recipient, one),
        now,
        "/".join(office) if office else None,
        addressing.directory.parents,
    )
    metrics.PLANNED.labels(kind_of(message), _outcome(planned)).inc()
    return planned


def _preferences(recipient: Recipient | None, one: Known | None) -> Preferences | None:
    """How a member wants it. Who reads for a city or a committee follows from the address that is
    known when it goes: the contact of one demand is another reader than the city.
    """
    if recipient is None or recipient.inbox.kind != "member":
        return None
    return one.preferences if one else None


def _outcome(planned: list[Planned]) -> str:
    if not planned:
        return "own"
    return "undeliverable" if planned[0].undeliverable else "told"


def _with_inbox(planned: Plan) -> list[Recipient]:
    return [one.recipient for one, _ in planned if one.entry_id is not None]


def _version(item: News) -> int:
    return item.message.version if isinstance(item.message, Proposal) else 1


def _newest(planned: Plan) -> list[tuple[Planned, News]]:
    """One line for each entry, the newest version of its match."""
    newest: dict[object, tuple[Planned, News]] = {}
    for one, item in planned:
        if one.channel != "inbox":
            continue
        present = newest.get(one.entry_id)
        if present is None or _version(present[1]) < _version(item):
            newest[one.entry_id] = (one, item)
    return list(newest.values())


def _still_meant(mails: Plan, planned: Plan) -> list[tuple[Planned, News]]:
    """Without the mails about a match that the same batch has already moved on."""
    versions = {one.entry_id: _version(item) for one, item in _newest(planned)}
    return [
        (one, item)
        for one, item in mails
        if one.entry_id is None or _version(item) == versions[one.entry_id]
    ]


def _reports(planned: Plan, new: set[UUID], stored: set[UUID]) -> list[Report]:
    reports: dict[object, Report] = {}
    for one, item in planned:
        told = one.channel == "inbox" and one.entry_id in new
        lost = one.undeliverable is not None and one.delivery_id in stored
        if told or lost:
            match = match_of(item.message)
            reports[one.delivery_id] = Report(
                one.delivery_id,
                one.recipient,
                one.channel,
                one.message,
                match.match_id if match else None,
                item.message.need.id,
                "failed" if lost else "delivered",
                1,
                one.undeliverable or "",
            )
    return list(reports.values())

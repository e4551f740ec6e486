"""Turn what happened into what is to be told, once, in the transaction of the events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.notifier import metrics
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import AmbassadorNote, Party, Preferences, Recipient
from services.notifier.domain.routing import Planned, in_office, route
from services.notifier.use_cases.ports import Known, Ledger, News, Report

Plan = Sequence[tuple[Planned, News]]


async def plan(
    ledger: Ledger, news: Sequence[News], directory: Directory, cluster: str, now: datetime
) -> None:
    """Store the entries and mails that ``news`` calls for; telling again changes nothing.

    ``cluster`` is the hub's own, whose ambassadors hear of the decisions about their cities.
    """
    known = await ledger.known(_concerned(news, directory, cluster))
    planned = [(one, item) for item in news for one in _route(item, known, directory, cluster, now)]
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


def _concerned(news: Sequence[News], directory: Directory, cluster: str) -> set[Party]:
    parties: set[Party] = set()
    for item in news:
        if isinstance(item.message, AmbassadorNote):
            office = directory.office(cluster, item.message.need.city or "")
            members = (office.member_id, office.deputy_id) if office else ()
            parties.update(Party("member", member) for member in members if member)
        else:
            parties.add(item.message.recipient.inbox)
    return parties


def _route(
    item: News, known: dict[Party, Known], directory: Directory, cluster: str, now: datetime
) -> list[Planned]:
    message = item.message
    if isinstance(message, AmbassadorNote):
        inactive = {party.id for party, one in known.items() if not one.active}
        office = directory.office(cluster, message.need.city or "")
        recipient = _ambassador(in_office(office, inactive), known)
    else:
        recipient = message.recipient
    one = known.get(recipient.inbox) if recipient else None
    planned = route(message, recipient, one.preferences if one else Preferences(), now)
    kind = "ambassador-note" if isinstance(message, AmbassadorNote) else "proposal"
    metrics.PLANNED.labels(kind, _outcome(planned)).inc()
    return planned


def _ambassador(member_id: str | None, known: dict[Party, Known]) -> Recipient | None:
    if member_id is None:
        return None
    one = known.get(Party("member", member_id))
    if one is None:
        return Recipient("ambassador", member_id)
    return Recipient("ambassador", member_id, one.name, one.locale)


def _outcome(planned: list[Planned]) -> str:
    if not planned:
        return "own"
    return "undeliverable" if planned[0].undeliverable else "told"


def _with_inbox(planned: Plan) -> list[Recipient]:
    return [one.recipient for one, _ in planned if one.entry_id is not None]


def _version(item: News) -> int:
    return 1 if isinstance(item.message, AmbassadorNote) else item.message.version


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
            reports[one.delivery_id] = Report(
                one.delivery_id,
                one.recipient,
                one.channel,
                one.message,
                getattr(item.message, "match_id", None),
                item.message.need.id,
                "failed" if lost else "delivered",
                1,
                one.undeliverable or "",
            )
    return list(reports.values())

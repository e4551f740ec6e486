"""What events say to endpoints: bodies by the contract (schemas/webhook.py), with their owners.

Thin, and without contact data: whoever may know more asks the API or opens its page (design, I6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from schemas import webhook as contract
from schemas.life import NeedChanged, Notice
from schemas.match import Match
from services.notifier.domain.identity import kind_of
from services.notifier.domain.messages import Message, Party, Proposal, match_of
from services.notifier.domain.routing import Planned
from services.runtime.endpoints.book import Channel, Owner

Yours = Literal["demand", "offer"]


@dataclass(frozen=True, slots=True)
class Hook:
    """One thing to say to every endpoint of ``owner``. ``subject``: the same whenever the same is
    said; ``message``: what it is called on ``jisr.deliveries.v1``; ``wait_s``: seconds until it is
    due; ``slot``: of the digest that it goes with. Only endpoints of ``channel`` get it.
    ``told_to``: nothing is said before something of the match stands in this inbox.
    """

    owner: Owner
    subject: tuple[str, ...]
    message: str
    type: str
    body: dict[str, Any]
    need_id: str | None = None
    match_id: str | None = None
    locale: str = "fr"
    entry_id: UUID | None = None
    wait_s: float = 0.0
    channel: Channel = "webhook"
    slot: datetime | None = None
    told_to: Party | None = None


def hooks_of(events: Iterable[BaseModel], now: datetime) -> list[Hook]:
    """What changes of demands say to the systems that sent them, and changes of matches to those
    that sent the demand or the offer. ``now``: the time of a match whose event does not tell one.
    """
    return [hook for event in events for hook in _hooks(event, now)]


def _hooks(event: BaseModel, now: datetime) -> Iterator[Hook]:
    match event:
        case NeedChanged():
            yield from _of_demand(event)
        case Match():
            yield from _of_match(event, now)
        case Notice(match=Match(supply=supply) as match, to=to) if (to.kind, to.id) == (
            supply.owner.type,
            supply.owner.id,
        ):
            # Its match may have come before the notice that lets the offerer know of it.
            yield from _to_offerer(match, now)


def _of_demand(event: NeedChanged) -> Iterator[Hook]:
    need = event.need
    if need.kind != "demand" or need.source is None:
        return
    body = contract.DemandChanged(
        timestamp=event.changed_at,
        data=contract.DemandState(
            demand_id=need.id,
            external_id=need.external_id,
            city=need.city,
            title=need.title,
            version=need.version,
            state=event.state,
            wave=event.wave,
            waves=event.waves,
            reach=event.reach,
            wanted=event.wanted,
            introduced=event.introduced,
            expires_at=event.expires_at,
            extended=event.extended,
            archived=event.archived,
            change=event.version,
        ),
    )
    subject = ("demand.changed", need.id, str(event.version))
    owner = Owner("source", need.source)
    yield Hook(owner, subject, "demand-state", body.type, _json(body), need.id)


def _of_match(event: Match, now: datetime) -> Iterator[Hook]:
    need = event.need
    if need.kind == "demand" and need.source is not None:
        yours: tuple[Yours, ...] = ("demand",)
        if _offerer(event) == need.source:
            yours = ("demand", "offer")
        yield _match_hook(event, need.source, yours, now)
    yield from _to_offerer(event, now)


def _to_offerer(event: Match, now: datetime) -> Iterator[Hook]:
    """What the system that sent the offer hears: of a demand, from the proposal on. Of a member's
    interest, for which the offerer is asked second, as soon as its inbox tells of the match, and
    nothing of whom it may never be asked about: who has not answered, or waits in line.
    """
    need, offerer = event.need, _offerer(event)
    if offerer is None or (need.kind == "demand" and offerer == need.source):
        return
    hook = _match_hook(event, offerer, ("offer",), now)
    if need.kind == "demand":
        yield hook
    elif event.state != "proposed" and event.place != "waiting":
        owner = event.supply.owner
        yield replace(hook, told_to=Party(owner.type, owner.id))


def _offerer(event: Match) -> str | None:
    """The system that sent the offer; None where a member is proposed."""
    return event.supply.source if event.supply.kind == "offer" else None


def _match_hook(event: Match, source: str, yours: tuple[Yours, ...], now: datetime) -> Hook:
    need, supply = event.need, event.supply
    body = contract.MatchChanged(
        timestamp=event.changed_at or event.proposed_at or now,
        data=contract.MatchStanding(
            match_id=event.match_id,
            yours=yours,
            demand_id=need.id,
            external_id=need.external_id if "demand" in yours else None,
            need_kind=need.need_kind,
            title=need.title,
            city=need.city,
            asker=need.owner,
            offer_id=supply.id if supply.kind == "offer" else None,
            offer_external_id=supply.external_id if "offer" in yours else None,
            supply=supply.owner,
            name=supply.title,
            state=event.state,
            wave=event.wave,
            rank=event.rank,
            score=event.score,
            decline_reason=event.decline_reason,
            closed_because=event.closed_because,
            place=event.place,
            answer_by=event.answer_by,
            change=event.version,
        ),
    )
    subject = ("match.changed", event.match_id, str(event.version))
    owner = Owner("source", source)
    return Hook(owner, subject, "match-state", body.type, _json(body), need.id, event.match_id)


def told_hook(message: Message, planned: Planned, now: datetime) -> Hook:
    """What a new entry says to the endpoints of whoever has it, from ``planned.due_at`` on."""
    party, entry_id = planned.recipient.inbox, planned.entry_id
    need, match = message.need, match_of(message)
    proposal = message if isinstance(message, Proposal) else None
    kind = kind_of(message)
    body = contract.MessageTold(
        type=f"message.{kind}",
        timestamp=now,
        data=contract.Told(
            entry_id=str(entry_id),
            need_id=need.id,
            match_id=match.match_id if match else None,
            need_kind=need.need_kind,
            title=need.title,
            city=need.city,
            score=proposal.score if proposal else None,
            answer_by=match.answer_by if match else None,
            deadline=need.deadline,
        ),
    )
    return Hook(
        Owner(party.kind, party.id),
        ("told", str(entry_id)),
        kind,
        body.type,
        _json(body),
        need.id,
        match.match_id if match else None,
        planned.recipient.locale,
        entry_id,
        max(0.0, (planned.due_at - now).total_seconds()),
        "push" if planned.channel == "push" else "webhook",
        planned.slot,
    )


def test_hook(
    owner: Owner, endpoint_id: str, channel: Channel, order_id: int, now: datetime
) -> Hook:
    """What an owner sees who tries its endpoint; of a push, that it is one (`trials`)."""
    body = contract.Test(timestamp=now, data=contract.Tested(endpoint_id=endpoint_id))
    subject = ("test", str(order_id))
    return Hook(owner, subject, "test", body.type, _json(body), channel=channel)


def _json(body: BaseModel) -> dict[str, Any]:
    return body.model_dump(mode="json")

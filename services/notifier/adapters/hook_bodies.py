"""What events say to endpoints: bodies by the contract (schemas/webhook.py), with their owners.

Thin, and without contact data: whoever may know more asks the API or opens its page (design, I6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from schemas import webhook as contract
from schemas.life import NeedChanged
from schemas.match import Match
from schemas.values import Owner as Somebody
from services.notifier.domain.identity import kind_of
from services.notifier.domain.messages import Message, Proposal, match_of
from services.notifier.domain.routing import Planned
from services.runtime.endpoints.book import Channel, Owner


@dataclass(frozen=True, slots=True)
class Hook:
    """One thing to say to every endpoint of ``owner``. ``subject``: the same whenever the same is
    said; ``message``: what it is called on ``jisr.deliveries.v1``; ``wait_s``: seconds until it is
    due; ``slot``: of the digest that it goes with. Only endpoints of ``channel`` get it.
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


def hooks_of(events: Iterable[BaseModel], now: datetime) -> list[Hook]:
    """What changes of demands and of their matches say to the systems that sent the demands.
    ``now``: the time of a match whose event does not tell one.
    """
    found = (_of_demand(e) if isinstance(e, NeedChanged) else _of_match(e, now) for e in events)
    return [one for one in found if one is not None]


def _of_demand(event: NeedChanged) -> Hook | None:
    need = event.need
    if need.kind != "demand" or need.source is None:
        return None
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
    return Hook(owner, subject, "demand-state", body.type, _json(body), need.id)


def _of_match(event: BaseModel, now: datetime) -> Hook | None:
    if not isinstance(event, Match) or event.need.kind != "demand" or event.need.source is None:
        return None
    need, at = event.need, event.changed_at or event.proposed_at or now
    body = contract.MatchChanged(
        timestamp=at,
        data=contract.MatchStanding(
            match_id=event.match_id,
            demand_id=need.id,
            external_id=need.external_id,
            supply=Somebody(type=event.supply.owner.type, id=event.supply.owner.id),
            name=event.supply.title,
            state=event.state,
            wave=event.wave,
            rank=event.rank,
            score=event.score,
            decline_reason=event.decline_reason,
            closed_because=event.closed_because,
            answer_by=event.answer_by,
            change=event.version,
        ),
    )
    subject = ("match.changed", event.match_id, str(event.version))
    owner = Owner("source", event.need.source)
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


def test_hook(owner: Owner, endpoint_id: str, order_id: int, now: datetime) -> Hook:
    """What an owner sees who tries its endpoint."""
    body = contract.Test(timestamp=now, data=contract.Tested(endpoint_id=endpoint_id))
    return Hook(owner, ("test", str(order_id)), "test", body.type, _json(body))


def _json(body: BaseModel) -> dict[str, Any]:
    return body.model_dump(mode="json")

"""Facts to tell a matcher, and the events that they become."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from schemas.demand import Demand
from schemas.envelope import CloudEvent
from schemas.match import Match
from schemas.member import Member
from schemas.offer import Offer
from schemas.response import Confirmation, Extension, Question, Reply, Response
from schemas.topics import DEMANDS, MEMBERS, OFFERS, RESPONSES, Topic

GOOD = "Terminal de paiement mobile sécurisé : encaisser par carte au marché."


OTHER = "Menuiserie traditionnelle, restauration de plafonds peints."


KINDS: dict[type[BaseModel], tuple[Topic, str]] = {
    Demand: (DEMANDS, "demand_id"),
    Offer: (OFFERS, "offer_id"),
    Member: (MEMBERS, "member_id"),
    Response: (RESPONSES, "need_id"),
    Question: (RESPONSES, "need_id"),
    Reply: (RESPONSES, "need_id"),
    Confirmation: (RESPONSES, "need_id"),
    Extension: (RESPONSES, "need_id"),
}


def demand(demand_id: str = "d-1", **changes: Any) -> Demand:
    """A demand for mobile payment."""
    facts: dict[str, Any] = {
        "demand_id": demand_id,
        "external_id": demand_id,
        "source": "city:settat",
        "city": "settat",
        "structure": {"name": "Zraâ Market", "kind": "spin-off"},
        "kind": "service",
        "title": "Paiement mobile sécurisé",
        "description": "Encaisser par carte au marché, avec un terminal mobile.",
        "niches": ("mobile-payment",),
        "version": 1,
    }
    return Demand.model_validate(facts | changes)


def member(member_id: str = "m-1", **changes: Any) -> Member:
    """A member that serves `demand` well."""
    facts: dict[str, Any] = {
        "member_id": member_id,
        "cluster": "mnc",
        "name": f"Membre {member_id}",
        "kind": "startup",
        "description": GOOD,
        "niches": ("mobile-payment",),
        "languages": ("fr",),
        "version": 1,
    }
    return Member.model_validate(facts | changes)


def offer(offer_id: str = "o-1", **changes: Any) -> Offer:
    """An offer of the city of Oujda that serves `demand` well."""
    facts: dict[str, Any] = {
        "offer_id": offer_id,
        "external_id": offer_id,
        "source": "city:oujda",
        "owner": {"type": "city", "id": "oujda"},
        "kind": "service",
        "title": "Paiement mobile pour les marchés",
        "description": GOOD,
        "niches": ("mobile-payment",),
        "version": 1,
    }
    return Offer.model_validate(facts | changes)


def answer(match: Match, how: str, **changes: Any) -> Response:
    """What the one who was asked says."""
    facts: dict[str, Any] = {
        "response_id": str(uuid.uuid4()),
        "match_id": match.match_id,
        "need_id": match.need.id,
        "by": {"type": match.recipient.kind, "id": match.recipient.id},
        "answer": how,
        "via": "inbox",
        "answered_at": datetime.now(UTC),
    }
    return Response.model_validate(facts | changes)


def event_of(fact: BaseModel, event_id: str | None = None) -> CloudEvent:
    """``fact`` as an event of intake's."""
    topic, _ = KINDS[type(fact)]
    event_type = next(name for name, model in topic.events.items() if type(fact) is model)
    return CloudEvent(
        event_id or str(uuid.uuid4()), "/jisr/intake", event_type, fact.model_dump_json().encode()
    )


def key_of(fact: BaseModel) -> str:
    """The key of the record that carries ``fact``."""
    return str(getattr(fact, KINDS[type(fact)][1]))

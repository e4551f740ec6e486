"""The event that tells the other services of a fact."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from schemas.demand import Demand
from schemas.directory import DirectoryEntry
from schemas.member import Member
from schemas.offer import Offer
from schemas.topics import DEMANDS, DIRECTORY, MEMBERS, OFFERS, Topic
from services.intake.domain.facts import Fact, Kind
from services.runtime.outbox import Outgoing

_TOLD_AS: Mapping[Kind, tuple[Topic, str, type[BaseModel]]] = {
    "demand": (DEMANDS, "jisr.demand.changed", Demand),
    "offer": (OFFERS, "jisr.offer.changed", Offer),
    "member": (MEMBERS, "jisr.member.changed", Member),
    "directory": (DIRECTORY, "jisr.directory.changed", DirectoryEntry),
}


def event_of(fact: Fact) -> Outgoing:
    """The full state of ``fact`` as an event; its key is the fact's id."""
    topic, event_type, model = _TOLD_AS[fact.kind]
    return Outgoing(topic, fact.id, event_type, model.model_validate(fact.document))

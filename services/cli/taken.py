"""What the lines of a folder are once intake has taken them: facts that fit the contract.

Each raises pydantic's ValidationError for a line that intake would refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.demand import Demand, DemandSubmission
from schemas.member import Member, MemberSubmission
from schemas.offer import Offer, OfferSubmission
from services.cli.demo.samples import body
from services.cli.evaluate.evaluation import classifier
from services.intake.domain.language import detect

_NOT_FACTS = {"contact", "version"}


def member(fields: Mapping[str, Any]) -> Member:
    """The member of a line, in its first version."""
    sent = MemberSubmission.model_validate(body(fields))
    return Member(**sent.model_dump(exclude=_NOT_FACTS), version=1)


def demand(fields: Mapping[str, Any]) -> Demand:
    """The demand of a line, under its ``external_id``; its language is detected if not given."""
    sent = DemandSubmission.model_validate(body(fields))
    return Demand(**_told(sent), demand_id=sent.external_id, source=_source(fields), version=1)


def offer(fields: Mapping[str, Any]) -> Offer:
    """The offer of a line, in the same way."""
    sent = OfferSubmission.model_validate(body(fields))
    return Offer(**_told(sent), offer_id=sent.external_id, source=_source(fields), version=1)


def _told(sent: DemandSubmission | OfferSubmission) -> dict[str, Any]:
    told = sent.model_dump(exclude=_NOT_FACTS)
    text = f"{sent.title}\n{sent.summary}\n{sent.description}"
    return told | {"language": sent.language or detect(text, classifier())}


def _source(fields: Mapping[str, Any]) -> str:
    return str(fields.get("source", "folder"))

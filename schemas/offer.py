"""An offer: what a city, a member or a committee supplies. Topic ``jisr.offers.v1``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.values import (
    Contact,
    Description,
    Event,
    Identifier,
    Keywords,
    LanguageTag,
    NeedStatus,
    Niches,
    OfferKind,
    Owner,
    Partner,
    Reach,
    Structure,
    Submission,
    Summary,
    Timestamp,
    Title,
    Version,
)

Capacity = Annotated[int, Field(ge=0, le=100_000)]


class Offer(Event):
    """The full state of an offer at one version; ``capacity`` counts places, None is unlimited."""

    offer_id: Identifier
    external_id: Identifier
    source: Identifier
    owner: Owner
    city: Identifier | None = None
    structure: Structure | None = None
    kind: OfferKind
    title: Title
    summary: Summary = ""
    description: Description = ""
    language: LanguageTag = "fr"
    niches: Niches = ()
    keywords: Keywords = ()
    partner: Partner = Partner()
    reach: Reach = Reach.NATIONAL
    capacity: Capacity | None = None
    deadline: Timestamp | None = None
    version: Version
    status: NeedStatus = NeedStatus.OPEN
    submitted_at: Timestamp | None = None


class OfferSubmission(Submission):
    """An offer as its owner's system sends it."""

    external_id: Identifier
    owner: Owner
    city: Identifier | None = None
    structure: Structure | None = None
    kind: OfferKind
    title: Title
    summary: Summary = ""
    description: Description = ""
    language: LanguageTag | None = Field(default=None, description="Detected when missing.")
    niches: Niches = ()
    keywords: Keywords = ()
    partner: Partner = Partner()
    reach: Reach = Reach.NATIONAL
    capacity: Capacity | None = None
    deadline: Timestamp | None = None
    version: Version | None = None
    contact: Contact | None = None

"""A demand: what an innovation city needs. Topic ``jisr.demands.v1``, full state, newest wins."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.values import (
    Contact,
    DemandKind,
    Description,
    Event,
    Identifier,
    Keywords,
    LanguageTag,
    NeedStatus,
    Niches,
    Partner,
    Reach,
    Structure,
    Submission,
    Summary,
    Timestamp,
    Title,
    Version,
)


class Demand(Event):
    """The full state of a demand at one version."""

    demand_id: Identifier
    external_id: Identifier
    source: Identifier
    city: Identifier
    structure: Structure
    kind: DemandKind
    title: Title
    summary: Summary = ""
    description: Description = ""
    language: LanguageTag = "fr"
    niches: Niches = ()
    keywords: Keywords = ()
    partner: Partner = Partner()
    reach: Reach = Reach.NATIONAL
    wanted: Annotated[int, Field(ge=1, le=50)] = 1
    deadline: Timestamp | None = None
    version: Version
    status: NeedStatus = NeedStatus.OPEN
    submitted_at: Timestamp | None = None


class DemandSubmission(Submission):
    """A demand as a city system sends it (HTTP body, or data of ``jisr.demand.submitted``)."""

    external_id: Identifier
    city: Identifier
    structure: Structure
    kind: DemandKind
    title: Title
    summary: Summary = ""
    description: Description = ""
    language: LanguageTag | None = Field(default=None, description="Detected when missing.")
    niches: Niches = ()
    keywords: Keywords = ()
    partner: Partner = Partner()
    reach: Reach = Reach.NATIONAL
    wanted: Annotated[int, Field(ge=1, le=50)] = 1
    deadline: Timestamp | None = None
    version: Version | None = Field(
        default=None,
        description="The sender's own version; one that is not newer than the stored is stale.",
    )
    contact: Contact | None = Field(
        default=None, description="Goes to the vault; shown only once both sides accepted."
    )


class Withdrawal(Submission):
    """Takes a demand or an offer back (``jisr.demand.withdrawn``, ``jisr.offer.withdrawn``)."""

    external_id: Identifier
    reason: Summary = ""

"""A member of a cluster. Topic ``jisr.members.v1``, full state, newest wins."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.values import (
    Certification,
    Contact,
    CountryCode,
    Description,
    Event,
    Identifier,
    Keywords,
    LanguageTag,
    MemberKind,
    Name,
    Niches,
    PortfolioPiece,
    Preferences,
    Submission,
    Summary,
    Timestamp,
    Version,
)

Introductions = Annotated[int, Field(ge=0, le=100_000)]
Portfolio = Annotated[tuple[PortfolioPiece, ...], Field(max_length=100)]
Interests = Annotated[tuple[Summary, ...], Field(max_length=30)]


class Member(Event):
    """The full state of a member; ``capacity`` is how many introductions it can take at once."""

    member_id: Identifier
    cluster: Identifier
    name: Name
    kind: MemberKind
    city: Identifier | None = None
    country: CountryCode = "MA"
    description: Description = ""
    portfolio: Portfolio = ()
    interests: Interests = ()
    niches: Niches = ()
    keywords: Keywords = ()
    languages: tuple[LanguageTag, ...] = ()
    certifications: tuple[Certification, ...] = ()
    capacity: Introductions = 3
    affiliates: tuple[Identifier, ...] = ()
    preferences: Preferences = Preferences()
    active: bool = True
    fictional: bool = False
    source: Identifier = "hub"
    version: Version
    updated_at: Timestamp | None = None


class MemberSubmission(Submission):
    """A member as its cluster's system sends it. ``member_id`` is in the path, or here on Kafka."""

    member_id: Identifier | None = None
    cluster: Identifier
    name: Name
    kind: MemberKind
    city: Identifier | None = None
    country: CountryCode = "MA"
    description: Description = ""
    portfolio: Portfolio = ()
    interests: Interests = ()
    niches: Niches = ()
    keywords: Keywords = ()
    languages: tuple[LanguageTag, ...] = ()
    certifications: tuple[Certification, ...] = ()
    capacity: Introductions = 3
    affiliates: tuple[Identifier, ...] = ()
    preferences: Preferences = Preferences()
    active: bool = True
    fictional: bool = False
    version: Version | None = None
    contact: Contact | None = Field(
        default=None, description="Goes to the vault, and to no topic (design, I6)."
    )

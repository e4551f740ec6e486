"""Values that several events share, with their bounds (lengths in characters)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


class Event(BaseModel):
    """Base of what travels in topics: immutable, and tolerant of fields of later versions."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Submission(BaseModel):
    """Base of what users send in: a field we do not know is an error they should hear of."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Identifier = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$", min_length=1, max_length=120)
]
"""A name that systems use: no blanks, safe in a URL once percent-encoded."""

LanguageTag = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)
]
"""A language as a BCP 47 tag: ``fr``, ``ar``, ``en``, ``ar-MA``."""

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""A country as ISO 3166-1 alpha-2: ``MA``."""

Title = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Summary = Annotated[str, StringConstraints(max_length=500)]
Description = Annotated[str, StringConstraints(max_length=10_000)]
Keyword = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Certification = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Keywords = Annotated[tuple[Keyword, ...], Field(max_length=40)]
Niches = Annotated[tuple[Identifier, ...], Field(max_length=20)]
Version = Annotated[int, Field(ge=1)]
Timestamp = AwareDatetime
"""A point in time with its offset; written in UTC."""

Locale = Literal["fr", "ar", "en"]
"""A language the hub writes in."""


DeclineReason = Literal["too-busy", "not-my-field", "conflict-of-interest", "terms", "other"]
"""Why somebody says no, in general; the other side is told."""


class StructureKind(StrEnum):
    """Who inside an innovation city speaks."""

    PROJECT = "project"
    COMPANY = "company"
    LABORATORY = "laboratory"
    SPIN_OFF = "spin-off"
    COMPETENCE_CENTRE = "competence-centre"
    INCUBATOR = "incubator"


class DemandKind(StrEnum):
    """What a demand asks for."""

    TECHNOLOGY = "technology"
    RESEARCH_PARTNERSHIP = "research-partnership"
    SERVICE = "service"
    INCUBATION = "incubation"
    EXPERTISE = "expertise"
    PILOT_SITE = "pilot-site"


class OfferKind(StrEnum):
    """What an offer supplies."""

    TECHNOLOGY = "technology"
    RESEARCH_PARTNERSHIP = "research-partnership"
    SERVICE = "service"
    INCUBATION = "incubation"
    EQUIPMENT = "equipment"
    INITIATIVE = "initiative"
    SHOWCASE = "showcase"


class MemberKind(StrEnum):
    """What kind of organisation a member is."""

    COMPANY = "company"
    STARTUP = "startup"
    UNIVERSITY = "university"
    LABORATORY = "laboratory"
    ASSOCIATION = "association"


class Reach(StrEnum):
    """How far a need may travel; also the tier of a cluster as seen from the hub."""

    OWN = "own"
    NATIONAL = "national"
    INTERNATIONAL = "international"


class NeedStatus(StrEnum):
    """Where a demand (or offer) is in its life (design, section 6)."""

    OPEN = "open"
    PROPOSED = "proposed"
    INTRODUCED = "introduced"
    FULFILLED = "fulfilled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNMATCHED = "unmatched"


class Structure(Event):
    """Who inside the city speaks."""

    name: Name
    kind: StructureKind


class Partner(Event):
    """What the asker requires of a partner; an empty list requires nothing."""

    kinds: tuple[MemberKind, ...] = ()
    countries: tuple[CountryCode, ...] = ()
    languages: tuple[LanguageTag, ...] = ()
    certifications: Annotated[tuple[Certification, ...], Field(max_length=20)] = ()


class Owner(Event):
    """Who stands behind an offer."""

    type: Literal["city", "member", "committee"]
    id: Identifier


class PortfolioPiece(Event):
    """One piece of a member's past work."""

    title: Title
    text: Description = ""
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None


class Preferences(Event):
    """How a member wants to be told. Later versions add to it; see the notifier."""

    locale: Locale = "fr"
    channels: tuple[Literal["inbox", "mail"], ...] = ("inbox", "mail")
    consents_abroad: bool = False


Email = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s<>,;:\"\\]{1,64}@[A-Za-z0-9.-]{1,253}$", max_length=254),
]


class Contact(Submission):
    """How to reach a person. Lives in the vault; never part of an event (design, I6).

    ``office_email`` is the organisation's own, and no person's: where the rest may not cross a
    border, it may.
    """

    name: Name | None = None
    email: Email | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ().-]{4,30}$")] | None = None
    office_email: Email | None = None


def iso(moment: datetime) -> str:
    """RFC 3339 text of ``moment`` as events carry it."""
    return moment.isoformat().replace("+00:00", "Z")

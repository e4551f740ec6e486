"""Values that several events share, with their bounds (lengths in characters)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)


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
OfferText = Annotated[str, StringConstraints(max_length=2_000)]
"""The description of an offer as it travels with its matches: its beginning where it is longer."""
Keyword = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Certification = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Keywords = Annotated[tuple[Keyword, ...], Field(max_length=40)]
Niches = Annotated[tuple[Identifier, ...], Field(max_length=20)]
Version = Annotated[int, Field(ge=1)]
Timestamp = AwareDatetime
"""A point in time with its offset; written in UTC."""

Locale = Literal["fr", "ar", "en"]
"""A language the hub writes in."""


OptOut = Literal[
    "technology", "research-partnership", "service", "incubation", "expertise", "pilot-site", "all"
]
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


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Share = Annotated[float, Field(ge=0, le=1)]


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("there is no such time zone; write it as Africa/Casablanca")
    return name


TimeZone = Annotated[str, StringConstraints(max_length=60), AfterValidator(_known_zone)]
"""A name of the tz database."""


def _two_times(text: str) -> str:
    begin, _, end = text.partition("-")
    if begin == end:
        raise ValueError("write two different times as 20:00-08:00, or none")
    return text


QuietHours = Annotated[
    str,
    StringConstraints(pattern=r"^(none|([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)$"),
    AfterValidator(_two_times),
]
"""When nobody wants to hear anything: ``20:00-08:00``, or ``none``."""


class Preferences(Event):
    """How a member wants to be told, as far as its cluster's system knows. What the member chooses
    on its own page goes before; null: the hub's default.

    ``pace`` is that of everything but introductions. Times are on the clock of ``time_zone``.
    """

    locale: Locale = "fr"
    channels: tuple[Literal["inbox", "mail"], ...] = ("inbox", "mail")
    consents_abroad: bool = False
    pace: Literal["instant", "daily", "weekly"] | None = None
    digest_at: TimeOfDay | None = None
    digest_day: Weekday | None = None
    quiet_hours: QuietHours | None = None
    quiet_days: Annotated[tuple[Weekday, ...], Field(max_length=6)] | None = None
    time_zone: TimeZone | None = None
    instant_score: Share | None = None
    least_score: Share | None = None
    most_a_day: Annotated[int, Field(ge=1, le=50)] | None = None
    paused_until: Timestamp | None = None
    muted_niches: Annotated[tuple[Identifier, ...], Field(max_length=200)] | None = None
    kept_niches: Annotated[tuple[Identifier, ...], Field(max_length=200)] | None = None
    muted_cities: Annotated[tuple[Identifier, ...], Field(max_length=200)] | None = None
    opted_out: Annotated[tuple[OptOut, ...], Field(max_length=10)] = ()


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

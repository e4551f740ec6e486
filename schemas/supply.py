"""A supply ready to index. Topic ``jisr.supplies.v1``, key: supply id; matcher to matchers.

It holds all that ranking needs, so that a replica that reads the topic from its start knows
every supply without a query and without embedding a text twice.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.values import (
    CountryCode,
    Event,
    Identifier,
    LanguageTag,
    Locale,
    Niches,
    OfferText,
    OptOut,
    Owner,
    Partner,
    Reach,
    Summary,
    Timestamp,
)


class Piece(Event):
    """One text of a supply: its own description or a piece of its portfolio.

    ``vector`` is base64 of little-endian float16, ``dimension`` values, unit length; None when
    the matcher runs without embeddings. ``text`` is what was embedded and is analysed again by
    each replica, so that a change of analysis needs no change of events. A long text is several
    pieces, each with its ``part``, and the title and year of the whole.
    """

    role: Literal["profile", "portfolio"]
    title: str = ""
    text: str
    year: int | None = None
    vector: str | None = None
    part: int = 0


class Supply(Event):
    """A member's capability or an offer, in full.

    ``version`` counts the matcher's own changes of it: a new profile, or a place ``taken``.
    ``summary``, ``description`` (cut where it is longer) and their ``language`` are an offer's, to
    travel with its matches; ranking reads the ``pieces``. ``owner_active`` is false of an offer
    whose member has left: it is proposed no more, as if it were not ``active``, until that one
    comes back.
    """

    supply_id: Identifier
    external_id: Identifier | None = None
    source: Identifier | None = None
    kind: Literal["member", "offer"]
    offer_kind: str | None = None
    owner: Owner
    name: str
    summary: Summary = ""
    description: OfferText = ""
    language: LanguageTag | None = None
    member_kind: str | None = None
    cluster: Identifier | None = None
    city: Identifier | None = None
    country: CountryCode = "MA"
    languages: tuple[LanguageTag, ...] = ()
    certifications: tuple[str, ...] = ()
    affiliates: tuple[Identifier, ...] = ()
    opted_out: tuple[OptOut, ...] = ()
    partner: Partner = Partner()
    reach: Reach = Reach.INTERNATIONAL
    niches: Niches = ()
    keywords: tuple[str, ...] = ()
    capacity: Annotated[int, Field(ge=0)] | None = None
    taken: Annotated[int, Field(ge=0)] = 0
    locale: Locale = "fr"
    deadline: Timestamp | None = None
    active: bool = True
    owner_active: bool = True
    model: str | None = None
    dimension: int | None = None
    pieces: tuple[Piece, ...] = ()
    version: Annotated[int, Field(ge=1)]

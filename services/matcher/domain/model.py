"""The things that are matched, as plain data."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Locale = Literal["fr", "ar", "en"]
Vector = NDArray[np.float32]
_NAMESPACE = uuid.UUID("6a697372-0000-4000-8000-6d6174636865")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a need requires of a partner (or an offer of a taker); empty requires nothing."""

    kinds: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    certifications: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Taker:
    """What an asker is, where an offer asks for it; None is not known, and keeps nobody out."""

    kind: str | None = None
    country: str | None = None
    languages: frozenset[str] | None = None
    certifications: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Who stands behind a need or a supply."""

    type: Literal["city", "member", "committee"]
    id: str


@dataclass(frozen=True, slots=True)
class Need:
    """A demand of a city, or a member's interests.

    ``asks`` is the demand's kind, or "interest". ``taker`` is the member that asks, None for a
    city, of which the directory tells. ``structure`` is the name of who asks inside the city,
    ``frozen`` are those who parted from that asker lately, each with the time (UTC) until which it
    is not asked again (`freezing`). ``vector`` has unit length,
    None without embeddings. ``brief`` is what travels with a match; matching never reads it.
    """

    need_id: str
    kind: Literal["demand", "interest"]
    owner: Owner
    asks: str
    version: int
    title: str
    language: str
    summary: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    niches: tuple[str, ...] = ()
    city: str | None = None
    structure: str | None = None
    wish: Wish = Wish()
    reach: str = "national"
    wanted: int = 1
    deadline: datetime | None = None
    is_open: bool = True
    affiliates: frozenset[str] = frozenset()
    frozen: tuple[tuple[Owner, datetime], ...] = ()
    cluster: str | None = None
    taker: Taker | None = None
    asker: str = ""
    locale: Locale = "fr"
    vector: Vector | None = field(default=None, compare=False)
    brief: Any = field(default=None, compare=False)


def match_id(need_id: str, supply_id: str) -> str:
    """The one id of a pair, the same whoever proposes it and however often (I2)."""
    return str(uuid.uuid5(_NAMESPACE, f"{need_id}\n{supply_id}"))


@dataclass(frozen=True, slots=True)
class Piece:
    """One text of a supply; the profile comes first.

    A long text is several pieces: its parts, numbered from 0, each with the title and year of the
    whole; see `passages`.
    """

    role: Literal["profile", "portfolio"]
    text: str
    title: str = ""
    year: int | None = None
    vector: Vector | None = field(default=None, compare=False)
    part: int = 0


@dataclass(frozen=True, slots=True)
class Supply:
    """A member's capability or an offer; ``taken`` of its ``capacity`` (None: no limit) is used.

    ``opted_out`` are the kinds of demand for which a member does not want to be asked, or "all".
    ``external_id`` and ``source`` (the system that sent an offer, and its own id of it) travel with
    a match; matching never reads them.
    """

    supply_id: str
    kind: Literal["member", "offer"]
    owner: Owner
    name: str
    version: int
    offers: str | None = None
    member_kind: str | None = None
    cluster: str | None = None
    city: str | None = None
    country: str = "MA"
    languages: frozenset[str] = frozenset()
    certifications: frozenset[str] = frozenset()
    affiliates: frozenset[str] = frozenset()
    wish: Wish = Wish()
    opted_out: frozenset[str] = frozenset()
    reach: str = "international"
    niches: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    capacity: int | None = None
    taken: int = 0
    locale: Locale = "fr"
    deadline: datetime | None = None
    active: bool = True
    external_id: str | None = None
    source: str | None = None
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """What spoke for a pair; ``weight`` is its share of the evidence, between 0 and 1.

    ``inferred`` marks a niche that the need does not name: the hub took it from what it says.
    ``path`` leads from the need's niche over ``id``, what both have in common, to the supply's.
    """

    kind: Literal["terms", "meaning", "niche", "portfolio", "city", "certification"]
    weight: float
    terms: tuple[str, ...] = ()
    id: str | None = None
    text: str | None = None
    year: int | None = None
    inferred: bool = False
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one pair before it is judged.

    ``closeness`` is how near the pieces are in meaning, from -1 to `portfolio.MOST` (None without
    embeddings), ``crowd`` the mean of that for the ten demands in the need's language that the
    supply is nearest to (0 where both sides are written in one language),
    ``same_city`` whether the supply is in the city that asks,
    ``coverage`` the share of the need's weighted vocabulary found in the supply, between 0 and
    1, ``niche`` how well the need's niches are answered, between 0 and 1 (None when it names
    none and none is inferred), ``sure`` how far these count as its niches (1 when it names
    them), ``shared_language`` whether both sides are written in one language.
    """

    closeness: float | None
    coverage: float
    niche: float | None
    shared_language: bool
    best_piece: int = 0
    crowd: float = 0.0
    same_city: bool = False
    sure: float = 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A supply that may be proposed, with the probability that the pair is accepted."""

    supply: Supply
    score: float
    evidence: Evidence
    reasons: tuple[Reason, ...] = ()

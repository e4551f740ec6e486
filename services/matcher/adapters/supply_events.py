"""From members and offers to supplies, as they travel and as the domain's plain data."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

import numpy as np

from schemas.member import Member
from schemas.offer import Offer
from schemas.supply import Piece as PieceEvent
from schemas.supply import Supply as SupplyEvent
from schemas.values import Owner as OwnerEvent
from services.matcher.adapters import events
from services.matcher.domain.model import (
    Owner,
    Piece,
    Supply,
    Vector,
)
from services.matcher.domain.passages import numbered, passage

LONGEST_TEXT = 2_000
"""Characters of an offer's description that travel with its matches."""
_SENTENCE_END = re.compile(r"([.!?؟۔])(?=\s)")


def supply_of_member(member: Member) -> SupplyEvent:
    """What a member can do, before its texts are embedded.

    Where it says nothing of itself its name is what it says, and without that its keywords: a
    member without any text is near to nothing.
    """
    profile = member.description or member.name or ", ".join(member.keywords)
    pieces = [PieceEvent(role="profile", text=profile)]
    pieces += [
        PieceEvent(role="portfolio", title=p.title, text=p.text or p.title, year=p.year)
        for p in member.portfolio
    ]
    pieces = in_parts(pieces)
    return SupplyEvent(
        supply_id=member.member_id,
        kind="member",
        owner=OwnerEvent(type="member", id=member.member_id),
        name=member.name,
        member_kind=member.kind.value,
        cluster=member.cluster,
        city=member.city,
        country=member.country,
        languages=member.languages,
        certifications=member.certifications,
        affiliates=member.affiliates,
        opted_out=member.preferences.opted_out,
        niches=member.niches,
        keywords=member.keywords,
        capacity=member.capacity,
        locale=member.preferences.locale,
        active=member.active,
        pieces=tuple(pieces),
        version=member.version,
    )


def supply_of_offer(offer: Offer) -> SupplyEvent:
    """What an offer supplies by itself; `behind` adds the member."""
    text = " ".join(part for part in (offer.summary, offer.description) if part)
    piece = PieceEvent(role="profile", title=offer.title, text=text or offer.title)
    return SupplyEvent(
        supply_id=offer.offer_id,
        external_id=offer.external_id,
        source=offer.source,
        kind="offer",
        offer_kind=offer.kind.value,
        owner=offer.owner,
        name=offer.title[:200],
        summary=offer.summary,
        description=beginning(offer.description, LONGEST_TEXT),
        language=offer.language,
        city=offer.city,
        languages=(offer.language,),
        partner=offer.partner,
        reach=offer.reach,
        niches=offer.niches,
        keywords=offer.keywords,
        capacity=offer.capacity,
        deadline=offer.deadline,
        active=offer.status in ("open", "proposed", "unmatched"),
        pieces=tuple(in_parts([piece])),
        version=offer.version,
    )


def beginning(text: str, limit: int) -> str:
    """``text``, or of a longer one its beginning, at most ``limit`` characters: whole sentences
    where half of it holds one, else whole words, with "…".
    """
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    ends = [found.end(1) for found in _SENTENCE_END.finditer(cut)]
    if ends and ends[-1] > limit // 2:
        return cut[: ends[-1]] + "…"
    blank = max(cut.rfind(" "), cut.rfind("\n"))
    return (cut[:blank] if blank > limit // 2 else cut).rstrip() + "…"


def behind(offer: SupplyEvent, member: SupplyEvent) -> SupplyEvent:
    """``offer`` with what it takes from the member behind it."""
    return offer.model_copy(
        update={
            "member_kind": member.member_kind,
            "cluster": member.cluster,
            "country": member.country,
            "languages": member.languages,
            "certifications": member.certifications,
            "affiliates": member.affiliates,
            "locale": member.locale,
            "owner_active": member.active,
        }
    )


def in_parts(pieces: Sequence[PieceEvent]) -> list[PieceEvent]:
    """``pieces`` with long texts as several: each part a piece of the same title and year."""
    cut = numbered([piece.text for piece in pieces])
    return [
        piece.model_copy(update={"text": text, "part": part})
        for piece, texts in zip(pieces, cut, strict=True)
        for part, text in texts
    ]


def embedded_text(piece: PieceEvent) -> str:
    """What is embedded of a piece; "" of the rest of a text that is longer than is embedded."""
    return passage(piece.title, piece.text, piece.part)


def pack(vector: Vector) -> str:
    """A vector as it travels: base64 of little-endian float16."""
    return base64.b64encode(vector.astype("<f2").tobytes()).decode()


def unpack(text: str) -> Vector:
    """The vector that `pack` packed, as float32."""
    return np.frombuffer(base64.b64decode(text), "<f2").astype(np.float32)


def missing(event: SupplyEvent, model: str | None) -> int:
    """How many vectors ``event`` should have of ``model`` and has not."""
    if model is None or not event.active:
        return 0
    wanted = [piece for piece in event.pieces if embedded_text(piece)]
    return sum(event.model != model or piece.vector is None for piece in wanted)


def supply(event: SupplyEvent, model: str | None) -> Supply:
    """A supply ready to index; vectors of another ``model`` than the running one are left out."""
    same = event.model == model
    return Supply(
        supply_id=event.supply_id,
        kind=event.kind,
        owner=Owner(event.owner.type, event.owner.id),
        name=event.name,
        version=event.version,
        offers=event.offer_kind,
        member_kind=event.member_kind,
        cluster=event.cluster,
        city=event.city,
        country=event.country,
        languages=frozenset(event.languages),
        certifications=frozenset(event.certifications),
        affiliates=frozenset(event.affiliates),
        wish=events.wish(event.partner),
        opted_out=frozenset(event.opted_out),
        reach=event.reach.value,
        niches=event.niches,
        keywords=event.keywords,
        capacity=event.capacity,
        taken=event.taken,
        locale=event.locale,
        deadline=event.deadline,
        active=event.active and event.owner_active,
        external_id=event.external_id,
        source=event.source,
        pieces=tuple(
            Piece(
                p.role,
                p.text,
                p.title,
                p.year,
                unpack(p.vector) if p.vector and same else None,
                p.part,
            )
            for p in event.pieces
        ),
    )

"""Between events as they travel and the domain's plain data."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np

from schemas.demand import Demand
from schemas.match import Candidate as CandidateEvent
from schemas.match import NeedBrief, Recipient, SupplyBrief
from schemas.match import Reason as ReasonEvent
from schemas.member import Member
from schemas.offer import Offer
from schemas.supply import Piece as PieceEvent
from schemas.supply import Supply as SupplyEvent
from schemas.values import Owner as OwnerEvent
from schemas.values import Partner
from services.matcher.domain.analysis import language_of
from services.matcher.domain.model import (
    Candidate,
    Need,
    Owner,
    Piece,
    Reason,
    Supply,
    Taker,
    Vector,
    Wish,
)
from services.matcher.domain.passages import numbered, passage
from services.matcher.use_cases.ports import OpenNeed


def wish(partner: Partner) -> Wish:
    """A partner requirement as sets."""
    return Wish(
        frozenset(kind.value for kind in partner.kinds),
        frozenset(partner.countries),
        frozenset(partner.languages),
        frozenset(partner.certifications),
    )


def need_of_demand(demand: Demand, vector: Vector | None = None) -> Need:
    """The need that a demand states."""
    owner = OwnerEvent(type="city", id=demand.city)
    brief = NeedBrief(
        kind="demand",
        id=demand.demand_id,
        external_id=demand.external_id,
        source=demand.source,
        owner=owner,
        city=demand.city,
        structure=demand.structure,
        need_kind=demand.kind.value,
        title=demand.title,
        summary=demand.summary,
        description=demand.description,
        language=demand.language,
        deadline=demand.deadline,
        version=demand.version,
    )
    return Need(
        need_id=demand.demand_id,
        kind="demand",
        owner=Owner("city", demand.city),
        asks=demand.kind.value,
        version=demand.version,
        title=demand.title,
        language=demand.language,
        summary=demand.summary,
        description=demand.description,
        keywords=demand.keywords,
        niches=demand.niches,
        city=demand.city,
        wish=wish(demand.partner),
        reach=demand.reach.value,
        wanted=demand.wanted,
        deadline=demand.deadline,
        is_open=demand.status in ("open", "proposed", "unmatched"),
        vector=vector,
        brief=brief,
    )


def interest_id(member_id: str) -> str:
    """The id of the need that a member's interests make."""
    return f"interest:{member_id}"


def need_of_interests(member: Member, language: str, vector: Vector | None = None) -> Need:
    """The need that a member's interests state; closed when it has none or is not active."""
    title = member.interests[0][:300] if member.interests else member.name
    rest = " ".join(member.interests[1:])
    need_id = interest_id(member.member_id)
    brief = NeedBrief(
        kind="interest",
        id=need_id,
        owner=OwnerEvent(type="member", id=member.member_id),
        city=member.city,
        need_kind="interest",
        title=title,
        description=rest,
        language=language,
        version=member.version,
    )
    return Need(
        need_id=need_id,
        kind="interest",
        owner=Owner("member", member.member_id),
        asks="interest",
        version=member.version,
        title=title,
        language=language,
        description=rest,
        niches=(),
        city=member.city,
        reach="international",
        is_open=member.active and bool(member.interests),
        affiliates=frozenset(member.affiliates),
        cluster=member.cluster,
        taker=Taker(
            kind=member.kind.value,
            country=member.country,
            languages=frozenset(member.languages),
            certifications=frozenset(member.certifications),
        ),
        asker=member.name,
        locale=member.preferences.locale,
        vector=vector,
        brief=brief,
    )


def need_of_stored(row: OpenNeed) -> Need:
    """The need that a stored event states."""
    if row.kind == "demand":
        return need_of_demand(Demand.model_validate(row.facts))
    member = Member.model_validate(row.facts)
    return need_of_interests(member, language_of(" ".join(member.interests)))


def supply_of_member(member: Member) -> SupplyEvent:
    """What a member can do, before its texts are embedded."""
    pieces = [PieceEvent(role="profile", text=member.description or member.name)]
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
        kind="offer",
        offer_kind=offer.kind.value,
        owner=offer.owner,
        name=offer.title[:200],
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
        wish=wish(event.partner),
        reach=event.reach.value,
        niches=event.niches,
        keywords=event.keywords,
        capacity=event.capacity,
        taken=event.taken,
        locale=event.locale,
        deadline=event.deadline,
        active=event.active,
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


def reason(found: Reason) -> ReasonEvent:
    """A reason as it travels."""
    return ReasonEvent(
        kind=found.kind,
        terms=found.terms,
        id=found.id,
        text=found.text,
        year=found.year,
        inferred=found.inferred,
        weight=round(min(max(found.weight, 0.0), 1.0), 4),
    )


def owner(found: Owner) -> OwnerEvent:
    """An owner as it travels."""
    return OwnerEvent(type=found.type, id=found.id)


def supply_brief(found: Supply) -> SupplyBrief:
    """What a reader must know of a supply."""
    return SupplyBrief(
        kind=found.kind,
        id=found.supply_id,
        owner=owner(found.owner),
        title=found.name,
        version=found.version,
    )


def candidate(found: Candidate, rank: int, match_id: str | None) -> CandidateEvent:
    """One line of a decision."""
    return CandidateEvent(
        match_id=match_id,
        supply_kind=found.supply.kind,
        supply_id=found.supply.supply_id,
        owner=owner(found.supply.owner),
        name=found.supply.name,
        rank=rank,
        score=found.score,
        reasons=tuple(reason(r) for r in found.reasons),
    )


def recipient(need: Need, found: Supply) -> Recipient:
    """Who is asked: the member with the interest, or whoever stands behind the supply."""
    if need.kind == "interest":
        return Recipient(kind="member", id=need.owner.id, name=need.asker, locale=need.locale)
    return Recipient(kind=found.owner.type, id=found.owner.id, name=found.name, locale=found.locale)

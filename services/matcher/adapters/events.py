"""Between events as they travel and the domain's plain data."""

from __future__ import annotations

from schemas.demand import Demand
from schemas.match import Candidate as CandidateEvent
from schemas.match import NeedBrief, Recipient, SupplyBrief
from schemas.match import Reason as ReasonEvent
from schemas.member import Member
from schemas.values import Owner as OwnerEvent
from schemas.values import Partner
from services.matcher.domain.analysis import language_of
from services.matcher.domain.model import (
    Candidate,
    Need,
    Owner,
    Reason,
    Supply,
    Taker,
    Vector,
    Wish,
)
from services.matcher.exceptions import LifeUnreadable
from services.matcher.use_cases.need_ports import OpenNeed


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
        niches=demand.niches,
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
        structure=demand.structure.name if demand.structure else None,
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
    """The need that a stored event states. Raises LifeUnreadable."""
    try:
        return _need_of_stored(row)
    except (TypeError, ValueError) as error:
        raise LifeUnreadable(f"{row.need_id}: {error}") from error


def _need_of_stored(row: OpenNeed) -> Need:
    if row.kind == "demand":
        return need_of_demand(Demand.model_validate(row.facts))
    member = Member.model_validate(row.facts)
    return need_of_interests(member, language_of(" ".join(member.interests)))


def reason(found: Reason) -> ReasonEvent:
    """A reason as it travels."""
    return ReasonEvent(
        kind=found.kind,
        terms=found.terms,
        id=found.id,
        text=found.text,
        year=found.year,
        inferred=found.inferred,
        path=found.path,
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
        external_id=found.external_id,
        source=found.source,
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

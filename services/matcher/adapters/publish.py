"""The events that the matcher writes, made from decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from schemas.life import NeedChanged
from schemas.match import Decision, Match, MatchState, NeedBrief, Tried
from schemas.supply import Supply as SupplyEvent
from schemas.values import NeedStatus, Reach
from services.matcher.adapters import events, supply_events
from services.matcher.domain.decisions import Ranked
from services.matcher.domain.life.case import Case
from services.matcher.domain.model import Need, Vector, match_id
from services.matcher.domain.planning import Plan, reaches
from services.matcher.domain.policy import Policy

SOURCE = "/jisr/matcher"


def match(need: Need, ranked: Ranked, policy: Policy, now: datetime, *, abroad: bool) -> Match:
    """A pair that is proposed now."""
    found = ranked.candidate
    return Match(
        match_id=match_id(need.need_id, found.supply.supply_id),
        need=need.brief,
        supply=events.supply_brief(found.supply),
        recipient=events.recipient(need, found.supply),
        state=MatchState.PROPOSED,
        rank=ranked.rank,
        score=found.score,
        reasons=tuple(events.reason(r) for r in found.reasons),
        policy_version=policy.version,
        proposed_at=now,
        changed_at=now,
        crosses_border=abroad,
        across_border=policy.course(need.asks).across_border,
    )


def proposed(
    need: Need, plan: Plan, new: Sequence[Match], considered: int, policy: Policy, now: datetime
) -> Decision:
    """What the ambassador and the city are told of those who are asked now."""
    ids = {one.match_id for one in new}
    lines = []
    for ranked in plan.chosen:
        found = ranked.candidate
        identifier = match_id(need.need_id, found.supply.supply_id)
        if identifier in ids:
            lines.append(events.candidate(found, ranked.rank, identifier))
    return Decision(
        need=need.brief,
        outcome="proposed",
        reach=_reach(need, policy, plan.wave),
        wave=plan.wave,
        proposed=tuple(lines),
        considered=considered,
        policy_version=policy.version,
        decided_at=now,
    )


def unmatched(
    need: Need,
    plan: Plan,
    tried: Iterable[Match],
    considered: int,
    policy: Policy,
    now: datetime,
) -> Decision:
    """Nobody (else) is good enough: said openly, with who was ``tried`` and the nearest misses."""
    nearest = (events.candidate(c, n, None) for n, c in enumerate(plan.nearest, start=1))
    return Decision(
        need=need.brief,
        outcome="unmatched",
        reach=_reach(need, policy, plan.wave),
        wave=plan.wave,
        nearest=tuple(nearest),
        tried=tuple(map(_tried, sorted(tried, key=lambda m: (m.wave, m.rank, m.supply.id)))),
        considered=considered,
        policy_version=policy.version,
        decided_at=now,
    )


def _tried(match: Match) -> Tried:
    last = max(
        (s for s in (match.need_said, match.supply_said) if s and s.answer != "accept"),
        key=lambda said: said.at,
        default=None,
    )
    return Tried(
        supply_id=match.supply.id,
        name=match.supply.title,
        wave=match.wave,
        state=match.state,
        reason=last.reason if last else None,
    )


def withdrawn(need: Need, policy: Policy, now: datetime) -> Decision:
    """The need was taken back."""
    return Decision(
        need=need.brief, outcome="withdrawn", policy_version=policy.version, decided_at=now
    )


def changed(need: Need, case: Case, policy: Policy, now: datetime) -> NeedChanged:
    """The state of a need."""
    brief: NeedBrief = need.brief
    course = len(policy.course(need.asks).waves)
    # Nobody was found in any wave: the last is as far as it went, whoever was asked before.
    wave = max(case.furthest, course) if case.told_unmatched else case.furthest
    return NeedChanged(
        need=brief,
        state=NeedStatus(case.state),
        wave=wave,
        waves=max(course, wave),
        reach=_reach(need, policy, wave),
        wanted=case.wanted or 1,
        introduced=case.introduced,
        expires_at=case.expires_at,
        extended=case.extended,
        archived=case.archived,
        policy_version=policy.version,
        version=case.version,
        changed_at=now,
    )


def _reach(need: Need, policy: Policy, wave: int) -> Reach:
    found = reaches(need, policy)
    return Reach(found[min(wave, len(found)) - 1][0])


def with_vectors(
    supply: SupplyEvent, vectors: Sequence[Vector | None], model: str | None
) -> SupplyEvent:
    """``supply`` with the vector of each of its pieces, as it is published."""
    dimension = next((len(v) for v in vectors if v is not None), None)
    pieces = tuple(
        piece.model_copy(update={"vector": None if v is None else supply_events.pack(v)})
        for piece, v in zip(supply.pieces, vectors, strict=True)
    )
    return supply.model_copy(
        update={"pieces": pieces, "model": model if dimension else None, "dimension": dimension}
    )

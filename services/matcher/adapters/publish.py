"""The events that the matcher writes, made from decisions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from schemas.match import Decision, Match, MatchState
from schemas.supply import Supply as SupplyEvent
from services.matcher.adapters import events
from services.matcher.domain.decisions import HandToAmbassador, Propose, Ranked
from services.matcher.domain.model import Need, Vector
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import Ranking

SOURCE = "/jisr/matcher"
_NAMESPACE = uuid.UUID("6a697372-0000-4000-8000-6d6174636865")


def match_id(need_id: str, supply_id: str) -> str:
    """The one id of a pair, the same whoever proposes it and however often (I2)."""
    return str(uuid.uuid5(_NAMESPACE, f"{need_id}\n{supply_id}"))


def match(need: Need, ranked: Ranked, policy: Policy, now: datetime) -> Match:
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
    )


def proposed(
    need: Need,
    outcome: Propose,
    new: set[str],
    ranking: Ranking,
    policy: Policy,
    now: datetime,
) -> Decision:
    """What the ambassador and the city are told of a wave."""
    lines = []
    for ranked in outcome.chosen:
        found = ranked.candidate
        identifier = match_id(need.need_id, found.supply.supply_id)
        if identifier in new:
            lines.append(events.candidate(found, ranked.rank, identifier))
    return Decision(
        need=need.brief,
        outcome="proposed",
        proposed=tuple(lines),
        considered=ranking.considered,
        policy_version=policy.version,
        decided_at=now,
    )


def unmatched(
    need: Need, outcome: HandToAmbassador, ranking: Ranking, policy: Policy, now: datetime
) -> Decision:
    """Nobody was good enough: said openly, with the nearest misses."""
    nearest = (events.candidate(c, n, None) for n, c in enumerate(outcome.nearest, start=1))
    return Decision(
        need=need.brief,
        outcome="unmatched",
        nearest=tuple(nearest),
        considered=ranking.considered,
        policy_version=policy.version,
        decided_at=now,
    )


def withdrawn(need: Need, policy: Policy, now: datetime) -> Decision:
    """The need was taken back."""
    return Decision(
        need=need.brief, outcome="withdrawn", policy_version=policy.version, decided_at=now
    )


def with_vectors(
    supply: SupplyEvent, vectors: Sequence[Vector | None], model: str | None
) -> SupplyEvent:
    """``supply`` with the vector of each of its pieces, as it is published."""
    dimension = next((len(v) for v in vectors if v is not None), None)
    pieces = tuple(
        piece.model_copy(update={"vector": None if v is None else events.pack(v)})
        for piece, v in zip(supply.pieces, vectors, strict=True)
    )
    return supply.model_copy(
        update={"pieces": pieces, "model": model if dimension else None, "dimension": dimension}
    )

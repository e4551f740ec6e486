"""`rank`: the one ranking, for the service and for its evaluation alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain import analysis
from services.matcher.domain.eligibility import World, barrier
from services.matcher.domain.index import SupplyIndex, query_of
from services.matcher.domain.model import Candidate, Evidence, Need
from services.matcher.domain.policy import Policy
from services.matcher.domain.reasons import reasons_for
from services.matcher.domain.scoring import ScoreModel


@dataclass(frozen=True, slots=True)
class Ranking:
    """Eligible supplies above the threshold, best first, members and offers apart.

    ``nearest`` are the best eligible ones below the threshold; ``considered`` counts the
    supplies that were there.
    """

    members: tuple[Candidate, ...]
    offers: tuple[Candidate, ...]
    nearest: tuple[Candidate, ...]
    considered: int


def rank(
    need: Need,
    supplies: SupplyIndex,
    world: World,
    policy: Policy,
    model: ScoreModel,
    now: datetime,
    *,
    depth: int = 20,
    explain: bool = True,
) -> Ranking:
    """Rank ``supplies`` for ``need``; at most ``depth`` of each kind. Pure: same in, same out.

    Equal scores are ordered by supply id, so the order of arrival shows nowhere. Without
    ``explain`` candidates carry no reasons: far down, those cost more than the ranking.
    """
    judged = _judge(need, supplies, world, model)
    above: dict[str, list[Candidate]] = {"member": [], "offer": []}
    nearest: list[Candidate] = []
    for slot in judged.order.tolist():
        supply = supplies.supply_at(slot)
        score = float(judged.scores[slot])
        if supply is None:
            continue
        good = score >= policy.threshold
        if not good and len(nearest) == policy.nearest:
            break
        taken, most = (above[supply.kind], depth) if good else (nearest, policy.nearest)
        if len(taken) < most and barrier(need, supply, world, now) is None:
            taken.append(Candidate(supply, score, judged.evidence(slot)))

    def explained(found: list[Candidate]) -> tuple[Candidate, ...]:
        if not explain:
            return tuple(found)
        return tuple(_explained(c, need, supplies, world, model) for c in found)

    return Ranking(
        explained(above["member"]),
        explained(above["offer"]),
        explained(nearest),
        len(supplies),
    )


def score_one(
    need: Need, supply_id: str, supplies: SupplyIndex, world: World, model: ScoreModel
) -> Candidate | None:
    """One pair judged as `rank` judges it, eligible or not; None when the supply is unknown."""
    slot, supply = supplies.slot_of(supply_id), supplies.get(supply_id)
    if slot is None or supply is None:
        return None
    judged = _judge(need, supplies, world, model)
    found = Candidate(supply, float(judged.scores[slot]), judged.evidence(slot))
    return _explained(found, need, supplies, world, model)


def barriers(need: Need, supplies: SupplyIndex, world: World, now: datetime) -> Counter[str]:
    """How many supplies each rule keeps from ``need``; "eligible" counts the rest."""
    return Counter(barrier(need, supply, world, now) or "eligible" for supply in supplies)


@dataclass(frozen=True, slots=True)
class _Judged:
    """Scores and evidence of every slot of an index, and the slots in order of merit."""

    scores: NDArray[np.float64]
    order: NDArray[np.int64]
    closeness: NDArray[np.float32] | None
    which: NDArray[np.int64] | None
    coverage: NDArray[np.float32]
    niche: NDArray[np.float32] | None
    shared: NDArray[np.bool_]

    def evidence(self, slot: int) -> Evidence:
        """What is known of the pair at ``slot``."""
        return Evidence(
            closeness=None if self.closeness is None else float(self.closeness[slot]),
            coverage=float(self.coverage[slot]),
            niche=None if self.niche is None else float(self.niche[slot]),
            shared_language=bool(self.shared[slot]),
            best_piece=0 if self.which is None else int(self.which[slot]),
        )


def _judge(need: Need, supplies: SupplyIndex, world: World, model: ScoreModel) -> _Judged:
    coverage = supplies.coverage(query_of(need))
    niche = supplies.niche(need.niches, world.parents)
    language = analysis.primary(need.language)
    shared = supplies.shares_language(language)
    near = supplies.closeness(need.vector, language)
    closeness, which = near if near is not None else (None, None)
    scores = model.probabilities(closeness, coverage, niche, shared)
    order = np.lexsort((supplies.ids(), -scores))
    return _Judged(scores, order, closeness, which, coverage, niche, shared)


def _explained(
    candidate: Candidate, need: Need, supplies: SupplyIndex, world: World, model: ScoreModel
) -> Candidate:
    return replace(candidate, reasons=reasons_for(candidate, need, supplies, world, model))

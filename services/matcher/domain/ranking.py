"""`rank`: the one ranking, for the service and for its evaluation alike.

Many pairs are judged roughly and at once, with a bound on the error; those that could be among the
best are judged again, finely, and those of them that still could be, exactly. So the result is that
of judging each pair exactly (the tests do).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import nsmallest

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain import finalists, screening
from services.matcher.domain.eligibility import World
from services.matcher.domain.evidence import Asked, Columns, gather
from services.matcher.domain.index import Slots, SupplyIndex
from services.matcher.domain.model import Candidate, Need
from services.matcher.domain.policy import Policy
from services.matcher.domain.reasons import Explainer
from services.matcher.domain.scoring import ScoreModel

_FEW = 200  # pairs: up to so many are quicker judged exactly than finely first


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
    asked = Asked.of(need, supplies, world.parents, now.year)
    slots = supplies.eligible(need, world, now)
    groups = _best(asked, supplies, slots, policy, model, depth)
    if explain:
        explainer = Explainer(need, asked, supplies, world, model)
        groups = [tuple(explainer.explained(found)) for found in groups]
    members, offers, nearest = groups
    return Ranking(members, offers, nearest, len(supplies))


def _best(
    asked: Asked,
    supplies: SupplyIndex,
    slots: Slots,
    policy: Policy,
    model: ScoreModel,
    depth: int,
) -> list[tuple[Candidate, ...]]:
    """Members, offers and near misses."""
    rough = gather(asked, supplies, slots, roughly=True)
    least = policy.least_score(by_meaning=rough.closeness is not None)
    policy = replace(policy, threshold=least)
    offers = supplies.facts.are_offers(slots)
    likely = _likely(rough, offers, policy, model, depth)
    if len(likely) > _FEW:
        rough, offers = rough.finely(asked, supplies, likely), offers[likely]
        likely = _likely(rough, offers, policy, model, depth)
    exact, offers = rough.exactly(asked, supplies, likely), offers[likely]
    scores = exact.scores(model)
    good = scores >= policy.threshold
    score = scores.tolist()
    ids = supplies.ids_of(exact.slots)

    def first(many: int, group: NDArray[np.bool_]) -> tuple[Candidate, ...]:
        places = nsmallest(many, np.flatnonzero(group).tolist(), lambda p: (-score[p], ids[p]))
        return tuple(
            Candidate(supplies.supply_at(exact.slots.item(p)), score[p], exact.at(p))
            for p in places
        )

    return [
        first(depth, good & ~offers),
        first(depth, good & offers),
        first(policy.nearest, ~good),
    ]


def _likely(
    rough: Columns, offers: NDArray[np.bool_], policy: Policy, model: ScoreModel, depth: int
) -> Slots:
    """The places of those that may be listed."""
    slack = rough.error * model.steepness
    return finalists.among(rough.log_odds(model), offers, policy, depth, slack)


def score_one(
    need: Need,
    supply_id: str,
    supplies: SupplyIndex,
    world: World,
    model: ScoreModel,
    now: datetime,
) -> Candidate | None:
    """One pair judged as `rank` judges it, eligible or not; None when the supply is unknown."""
    slot = supplies.slot_of(supply_id)
    if slot is None:
        return None
    asked = Asked.of(need, supplies, world.parents, now.year)
    exact = gather(asked, supplies, np.array([slot]))
    found = Candidate(supplies.supply_at(slot), float(exact.scores(model)[0]), exact.at(0))
    return Explainer(need, asked, supplies, world, model).explained([found])[0]


def barriers(need: Need, supplies: SupplyIndex, world: World, now: datetime) -> Counter[str]:
    """How many supplies each rule keeps from ``need``; "eligible" counts the rest."""
    return screening.barriers(need, supplies.facts, world, now)

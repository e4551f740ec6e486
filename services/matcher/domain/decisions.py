"""What follows from a ranking: a small sum of outcomes, decided without touching anything.

The shortlist of a need is the policy's best among the eligible. Proposing it in full, and
nobody else, is I3; whoever was proposed before is not proposed again (I2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.matcher.domain.model import Candidate, Need
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import Ranking

OVER = frozenset({"declined", "lapsed", "superseded"})
"""States of a match that nothing follows from; its place in the shortlist goes to the next."""
LIVE = frozenset({"proposed", "accepted", "introduced"})


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its place in the shortlist, from 1."""

    candidate: Candidate
    rank: int


@dataclass(frozen=True, slots=True)
class Propose:
    """Ask these, who were not asked before."""

    chosen: tuple[Ranked, ...]


@dataclass(frozen=True, slots=True)
class HandToAmbassador:
    """Nobody is good enough: say so openly, with the nearest."""

    nearest: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """All is done already."""


Outcome = Propose | HandToAmbassador | Nothing


def shortlist(
    need: Need, ranking: Ranking, history: Mapping[str, str], policy: Policy
) -> tuple[Ranked, ...]:
    """The best members and offers with whom it is not over, ranked apart from 1.

    ``history`` maps the ids of the supplies that were proposed before to the match's state.
    """

    def best(candidates: tuple[Candidate, ...], many: int) -> tuple[Ranked, ...]:
        willing = [c for c in candidates if history.get(c.supply.supply_id) not in OVER]
        return tuple(Ranked(c, place) for place, c in enumerate(willing[:many], start=1))

    return (
        *best(ranking.members, policy.members_for(need.wanted)),
        *best(ranking.offers, policy.offers_per_need),
    )


def depth(need: Need, history: Mapping[str, str], policy: Policy) -> int:
    """How deep a ranking must go to hold the whole shortlist, whoever of ``history`` is over."""
    return max(policy.members_for(need.wanted), policy.offers_per_need) + len(history)


def decide(
    need: Need, ranking: Ranking, history: Mapping[str, str], policy: Policy, *, told: bool
) -> Outcome:
    """What to do for an open ``need``; ``told`` says that it was declared unmatched already."""
    if not need.is_open:
        return Nothing()
    listed = shortlist(need, ranking, history, policy)
    fresh = tuple(r for r in listed if r.candidate.supply.supply_id not in history)
    if fresh:
        return Propose(fresh)
    if need.kind == "demand" and not told and not LIVE & set(history.values()):
        return HandToAmbassador(ranking.nearest)
    return Nothing()

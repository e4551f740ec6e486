"""Who of a ranking is on the shortlist: the policy's best among the eligible with whom it is not
over; among near equals load decides (`spread.py`). `planning` makes waves of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.matcher.domain.model import Candidate, Need, Owner
from services.matcher.domain.policy import Policy, Spread
from services.matcher.domain.ranking import Ranking
from services.matcher.domain.spread import Because, Choice, Loads, choose

OVER = frozenset({"declined", "lapsed", "superseded", "struck"})
"""States of a match that nothing follows from; its place in the shortlist goes to the next."""
LIVE = frozenset({"proposed", "accepted", "introduced"})


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its place in the shortlist, from 1, and why it is there."""

    candidate: Candidate
    rank: int
    because: Because = "merit"


def spread_for(need: Need, policy: Policy) -> Spread | None:
    """How load counts for ``need``. Not at all for an interest: who is asked there is the one who
    looks, whatever it is shown.
    """
    return policy.spread if need.kind == "demand" else None


def shortlist(
    need: Need,
    ranking: Ranking,
    history: Mapping[str, str],
    policy: Policy,
    loads: Loads | None = None,
) -> tuple[Ranked, ...]:
    """The best members and offers with whom it is not over, ranked apart from 1.

    ``history`` maps the ids of the supplies that were proposed before to the match's state;
    ``loads`` says what members were asked lately (nobody anything, when it is left out).
    """

    def best(candidates: tuple[Candidate, ...], many: int) -> tuple[Ranked, ...]:
        willing, choice = chosen(need, candidates, many, history, policy, loads)
        return tuple(
            Ranked(willing[place], rank, choice.because[place])
            for rank, place in enumerate(choice.places, start=1)
        )

    return (
        *best(ranking.members, policy.members_for(need.wanted)),
        *best(ranking.offers, policy.offers_per_need),
    )


def chosen(
    need: Need,
    candidates: Sequence[Candidate],
    places: int,
    history: Mapping[str, str],
    policy: Policy,
    loads: Loads | None,
) -> tuple[list[Candidate], Choice]:
    """Those of ``candidates`` with whom it is not over, and who of them fills the ``places``."""
    willing = [c for c in candidates if history.get(c.supply.supply_id) not in OVER]
    asked = {p for p, c in enumerate(willing) if c.supply.supply_id in history}
    return willing, choose(willing, asked, places, loads or {}, spread_for(need, policy))


def depth(need: Need, history: Mapping[str, str], policy: Policy) -> int:
    """How deep a ranking must go to hold the whole shortlist, whoever of ``history`` is over, and
    those near equal to it.
    """
    spread = spread_for(need, policy)
    places = max(policy.members_for(need.wanted), policy.offers_per_need)
    return places + len(history) + (spread.pool if spread else 0)


def weighed(need: Need, ranking: Ranking, policy: Policy) -> frozenset[Owner]:
    """Whose load has to be known to decide; nobody's where there are places for all."""
    if spread_for(need, policy) is None:
        return frozenset()
    sides = (
        (ranking.members, policy.members_for(need.wanted)),
        (ranking.offers, policy.offers_per_need),
    )
    return frozenset(c.supply.owner for side, most in sides if len(side) > most for c in side)

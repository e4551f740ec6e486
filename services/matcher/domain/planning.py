"""What a need's course makes of its rankings: whom to ask now, in which wave, and who is asked no
more. `life.step` takes it from there.

How far a need goes follows from the facts: the first wave, from the one that time has brought it
to, whose reach has enough good ones; so the order in which they arrived shows nowhere (I3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.matcher.domain.decisions import Ranked, shortlist
from services.matcher.domain.eligibility import RULES, World
from services.matcher.domain.life.case import WAITING, Because, Case, Pair
from services.matcher.domain.life.happenings import Fresh, Judged
from services.matcher.domain.model import Candidate, Need, Supply, match_id
from services.matcher.domain.policy import REACH_ORDER, Policy
from services.matcher.domain.ranking import Ranking
from services.matcher.domain.spread import Loads

_STAYS = frozenset({"capacity", "need-open", "frozen"})
"""Rules that end nothing that was asked: a place may come free, time has its own timers, and who
parted over another demand may still answer this one."""
_GONE = frozenset({"active", "offer-open"})
"""Rules that fail where the supply is there no more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``chosen`` are to be asked, in ``wave``; ``nobody``: all waves are dry, and ``nearest`` are
    the best below the threshold. ``gone`` are matches that hold no more, by id, and why.
    """

    chosen: tuple[Ranked, ...] = ()
    wave: int = 1
    nobody: bool = False
    nearest: tuple[Candidate, ...] = ()
    gone: Mapping[str, Because] = field(default_factory=dict)

    def happening(self, need_id: str) -> Judged:
        """The plan as what happens to the case."""
        fresh = tuple(
            Fresh(match_id(need_id, found.supply_id), found.supply_id, found.kind)
            for found in (ranked.candidate.supply for ranked in self.chosen)
        )
        return Judged(fresh, self.wave, self.nobody, self.gone)


def plan(
    need: Need,
    rankings: Sequence[Ranking],
    case: Case,
    policy: Policy,
    *,
    loads: Loads | None = None,
    gone: Mapping[str, Because] | None = None,
    added: Sequence[Candidate] = (),
) -> Plan:
    """What to do for ``need``, whose ranking in each wave of its course is given in order.

    ``gone`` is what `ended` found, ``added`` whom the ambassador wants asked too and the rules
    allow. Nobody new is asked while as many have accepted as are wanted.
    """
    gone = gone or {}
    course, last = policy.course(need.asks), len(rankings)
    left = replace(case, pairs=tuple(p for p in case.pairs if p.match_id not in gone))
    if left.answered_for:
        return Plan(wave=case.wave, gone=gone)
    history = _after(case, gone)
    waiting = [pair for pair in left.pairs if pair.state in WAITING]
    fresh: tuple[Ranked, ...] = ()
    since = case.wave
    for number in range(min(case.wave, last), last + 1):
        here = _with_places_left(
            policy.in_wave(course.wave(number)), need, _engaged(left, number), rankings[number - 1]
        )
        listed = shortlist(need, rankings[number - 1], history, here, loads)
        listed = _as_wanted(case, listed, added, here.members_for(need.wanted))
        new = tuple(r for r in listed if r.candidate.supply.supply_id not in history)
        since = since if new == fresh else number
        fresh = new
        wet = listed or any(pair.wave <= number for pair in waiting)
        if _fills(need, listed, here) or (wet and not course.goes_on):
            return Plan(fresh, number, gone=gone)
    if fresh:
        return Plan(fresh, since, gone=gone)  # the first wave that reaches all of them
    nobody = need.kind == "demand" and not waiting
    return Plan((), last, nobody, rankings[-1].nearest if nobody else (), gone)


def _after(case: Case, gone: Mapping[str, Because]) -> Mapping[str, str]:
    """What became of whom; an interest is never done, so who was introduced takes no place."""
    done = {p.supply_id for p in case.pairs if p.match_id in gone or _makes_room(case, p)}
    return {**case.history, **dict.fromkeys(done, "superseded")}


def _makes_room(case: Case, pair: Pair) -> bool:
    return case.kind == "interest" and pair.state == "introduced"


def _engaged(case: Case, number: int) -> list[Pair]:
    """Those of wave ``number`` and before who said yes: they keep their places also where they are
    ranked no more. Who was asked further out, or has not answered and would not be asked now, keeps
    nobody from a place.
    """
    return [
        pair
        for pair in case.pairs
        if pair.wave <= number
        and pair.state in ("accepted", "introduced")
        and not _makes_room(case, pair)
    ]


def _with_places_left(
    policy: Policy, need: Need, engaged: Sequence[Pair], ranking: Ranking
) -> Policy:
    """``policy`` with the places that are left where some who said yes are ranked no more."""
    ranked = {c.supply.supply_id for c in (*ranking.members, *ranking.offers)}
    outside = Counter(pair.supply_kind for pair in engaged if pair.supply_id not in ranked)
    return replace(
        policy,
        spare=max(policy.spare - outside["member"], -need.wanted),
        offers_per_need=max(policy.offers_per_need - outside["offer"], 0),
    )


def _fills(need: Need, listed: Sequence[Ranked], policy: Policy) -> bool:
    """Whether a wave has as many as it may ask: members for a demand, offers for an interest."""
    if need.kind == "interest":
        return len(listed) >= policy.offers_per_need
    members = sum(ranked.candidate.supply.kind == "member" for ranked in listed)
    return members >= policy.members_for(need.wanted)


def _as_wanted(
    case: Case, listed: tuple[Ranked, ...], added: Sequence[Candidate], most: int
) -> tuple[Ranked, ...]:
    """``listed`` with whom the ambassador added in place of the last, and in its order."""
    if not case.order and not added:
        return listed
    known = case.history
    new = [c for c in added if c.supply.supply_id not in known]
    ids = {candidate.supply.supply_id for candidate in new}
    rest = [ranked for ranked in listed if ranked.candidate.supply.supply_id not in ids]
    asked = [r for r in rest if r.candidate.supply.supply_id in known]
    free = [r for r in rest if r.candidate.supply.supply_id not in known]
    if new:  # they take the last members' places
        members = [r for r in free if r.candidate.supply.kind == "member"]
        taken = sum(r.candidate.supply.kind == "member" for r in asked) + len(new)
        out = members[max(most - taken, 0) :]
        free = [r for r in free if r not in out]
    both = [*asked, *(Ranked(candidate, 1, "ambassador") for candidate in new), *free]
    place = {supply_id: n for n, supply_id in enumerate(case.order)}
    both.sort(key=lambda ranked: place.get(ranked.candidate.supply.supply_id, len(place)))
    return tuple(replace(ranked, rank=n) for n, ranked in enumerate(both, start=1))


def reaches(need: Need, policy: Policy) -> tuple[tuple[str, float], ...]:
    """The reach and the threshold of each wave of a need's course."""
    return tuple(
        (_nearer(need.reach, wave.reach), policy.in_wave(wave).threshold)
        for wave in policy.course(need.asks).waves
    )


def in_each_wave(
    need: Need, policy: Policy, rank: Callable[[Need, Policy], Ranking]
) -> tuple[Ranking, ...]:
    """The ranking of ``need`` in each wave of its course; ``rank`` is asked once for those whose
    reach and threshold are the same.
    """
    found: dict[tuple[str, float], Ranking] = {}
    for reach, threshold in reaches(need, policy):
        if (reach, threshold) not in found:
            there = replace(policy, threshold=threshold)
            found[reach, threshold] = rank(replace(need, reach=reach), there)
    return tuple(found[key] for key in reaches(need, policy))


def _nearer(one: str, other: str) -> str:
    return min(one, other, key=REACH_ORDER.__getitem__)


def ended(
    need: Need,
    case: Case,
    supply_of: Callable[[str], Supply | None],
    world: World,
    now: datetime,
    *,
    edited: bool = False,
) -> Mapping[str, Because]:
    """The matches that the rules allow no more, by id: an accepted one only where the supply is
    there no more, for what both may still want is theirs to end; whoever accepted an offer before
    its deadline was in time. A supply that is not known here (yet) says nothing.
    """
    found: dict[str, Because] = {}
    for pair in case.pairs:
        supply = supply_of(pair.supply_id) if pair.state in WAITING else None
        if supply is None:
            continue
        broken = {name for name, holds in RULES if not holds(need, supply, world, now)} - _STAYS
        gone = broken & _GONE
        if gone - {"offer-open"} or (gone and pair.state == "proposed"):
            found[pair.match_id] = "supply-gone"
        elif broken and pair.state == "proposed":
            found[pair.match_id] = "edited" if edited else "supply-gone"
    return found

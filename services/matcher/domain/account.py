"""The whole sum of one pair, whoever was proposed: rules, evidence, score, place, choice.

Everything here is told by what decides in the service (`RULES`, `rank`, `score_one`, `chosen`), so
that an account and a decision on the same facts cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from services.matcher.domain.decisions import OVER, chosen, depth, spread_for, weighed
from services.matcher.domain.eligibility import RULES, World
from services.matcher.domain.evidence import Asked
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.judging import Known
from services.matcher.domain.life.case import Case
from services.matcher.domain.model import Candidate, Need, Owner, Piece
from services.matcher.domain.planning import plan, reaches
from services.matcher.domain.policy import REACH_ORDER, Policy
from services.matcher.domain.ranking import Ranking, rank, score_one
from services.matcher.domain.scoring import ScoreModel
from services.matcher.domain.spread import IDLE, Because, Load, Loads, Worth


@dataclass(frozen=True, slots=True)
class Near:
    """One piece of the supply: its ``cosine`` with the need, times ``fresh`` for its year."""

    piece: Piece
    cosine: float
    fresh: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a pair stands among the eligible of its kind (members or offers), from 1 on.

    ``place`` None: a rule keeps it out. ``good`` of the ``eligible`` reach the threshold,
    ``considered`` counts every supply of both kinds.
    """

    place: int | None
    eligible: int
    good: int
    considered: int


@dataclass(frozen=True, slots=True)
class Round:
    """The wave that decides now: its ``number`` from 1, how many the course has, its reach. The
    supply may stand ``beyond`` it.
    """

    number: int
    of: int
    reach: str
    beyond: bool


@dataclass(frozen=True, slots=True)
class Wave:
    """The choice among those good enough: ``rank`` in the shortlist (None: not on it) of the
    ``places``, which ``taken`` filled; what load and newness changed where near equals were
    compared, and the ``load`` of whoever stands behind the supply.
    """

    places: int
    taken: tuple[Candidate, ...]
    rank: int | None
    because: Because | None
    worth: Worth | None
    load: Load


@dataclass(frozen=True, slots=True)
class Account:
    """All that is known of a pair. ``parts`` are the terms of the log-odds by name, ``shared`` the
    terms of the need that the supply has, with their weight; ``inferred`` are the niches that the
    need does not name and was taken to be about; ``threshold`` is the score from which
    on it may be proposed, ``state`` that of a match.
    """

    need: Need
    candidate: Candidate
    rules: Mapping[str, bool]
    pieces: tuple[Near, ...]
    shared: tuple[tuple[str, float], ...]
    niche_paths: tuple[tuple[str, ...], tuple[str, ...]] | None
    inferred: tuple[str, ...]
    parts: Mapping[str, float]
    threshold: float
    standing: Standing
    round: Round
    wave: Wave
    state: str | None

    @property
    def barrier(self) -> str | None:
        """The first rule that does not hold."""
        return next((name for name, holds in self.rules.items() if not holds), None)


@dataclass(frozen=True, slots=True)
class Hub:
    """What a decision is made on, beside the need."""

    supplies: SupplyIndex
    world: World
    policy: Policy
    model: ScoreModel
    now: datetime

    def ranking(self, need: Need, history: Mapping[str, str]) -> Ranking:
        """The ranking that a decision about ``need`` starts from."""
        return self._rank(need, self.policy, depth(need, history, self.policy))

    def everybody(self, need: Need) -> Ranking:
        """All who are eligible, however far down."""
        return self._rank(need, self.policy.for_everybody(), len(self.supplies))

    def _rank(self, need: Need, policy: Policy, deep: int) -> Ranking:
        return rank(
            need,
            self.supplies,
            self.world,
            policy,
            self.model,
            self.now,
            depth=deep,
            explain=False,
        )

    def owners(self, need: Need, history: Mapping[str, str]) -> frozenset[Owner]:
        """Whose load has to be known for `account`."""
        if spread_for(need, self.policy) is None:
            return frozenset()
        return weighed(need, self.ranking(need, history), self.policy)


def account(
    hub: Hub,
    need: Need,
    supply_id: str,
    history: Mapping[str, str] | None = None,
    loads: Loads | None = None,
    case: Case | None = None,
) -> Account | None:
    """The whole sum of one pair; None when the supply is unknown.

    ``history`` maps supplies that were proposed for ``need`` to the state of the match, ``loads``
    says what its candidates were asked lately (see `Hub.owners`). ``case`` is the life of the need
    so far; None: it begins now.
    """
    found = score_one(need, supply_id, hub.supplies, hub.world, hub.model, hub.now)
    if found is None:
        return None
    known = history or {}
    asked = Asked.of(need, hub.supplies, hub.world.parents, hub.now.year)
    turn, there, here = _in_round(hub, need, found, loads or {}, case)
    rules = {name: holds(need, found.supply, hub.world, hub.now) for name, holds in RULES}
    return Account(
        need=need,
        candidate=found,
        rules=rules,
        pieces=_pieces(asked, hub, found),
        shared=_shared(asked, hub, supply_id),
        niche_paths=_paths(asked, hub, found),
        inferred=asked.niches if asked.inferred else (),
        parts=hub.model.parts(found.evidence),
        threshold=_threshold(hub if turn.beyond else here, found),
        standing=_standing(hub, need, found),
        round=turn,
        wave=_wave(here, there, found, known, loads or {}),
        state=known.get(supply_id),
    )


def _in_round(
    hub: Hub, need: Need, found: Candidate, loads: Loads, case: Case | None
) -> tuple[Round, Need, Hub]:
    """The wave that decides now, and the need and the hub as they are in it."""
    wanted = None if need.kind == "interest" else need.wanted
    case = case or Case(need.need_id, need.kind, hub.now, wanted=wanted)
    known = Known(hub.supplies, hub.world, hub.policy, hub.model, hub.now)
    rankings = known.rankings(need, known.depth(need, case))
    number = plan(need, rankings, case, hub.policy, loads=loads).wave
    course = hub.policy.course(need.asks)
    reach, _ = reaches(need, hub.policy)[number - 1]
    beyond = hub.world.tier(found.supply.cluster) > REACH_ORDER[reach]
    here = replace(hub, policy=hub.policy.in_wave(course.wave(number)))
    return Round(number, len(course.waves), reach, beyond), replace(need, reach=reach), here


def _pieces(asked: Asked, hub: Hub, found: Candidate) -> tuple[Near, ...]:
    """The nearest first, as they count."""
    meanings, slot = hub.supplies.meanings, hub.supplies.slot_of(found.supply.supply_id)
    if meanings is None or asked.vector is None or slot is None:
        return ()
    near = [
        Near(found.supply.pieces[place], cosine, fresh)
        for place, cosine, fresh in meanings.pieces(asked.vector, np.array([slot]), asked.year)[0]
    ]
    return tuple(sorted(near, key=lambda n: -n.cosine * (n.fresh if n.cosine > 0 else 1.0)))


def _shared(asked: Asked, hub: Hub, supply_id: str) -> tuple[tuple[str, float], ...]:
    """The words of the need that show the shared terms, with the weight of each."""
    shared = hub.supplies.shared_terms(asked.terms, supply_id)
    return tuple((asked.shown.get(term, term), weight) for term, weight in shared)


def _paths(
    asked: Asked, hub: Hub, found: Candidate
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """From the nearest pair of niches up to what they have in common; None: nothing."""
    way = hub.supplies.assortments.nearest(asked.niches, found.supply.niches, asked.parents)
    if way.common is None:
        return None
    top = way.path.index(way.common)
    return way.path[: top + 1], way.path[: top - 1 if top else None : -1]


def _threshold(hub: Hub, of: Candidate) -> float:
    return hub.policy.least_score(by_meaning=of.evidence.closeness is not None)


def _standing(hub: Hub, need: Need, found: Candidate) -> Standing:
    whole = hub.everybody(need)
    side = whole.members if found.supply.kind == "member" else whole.offers
    ids = [candidate.supply.supply_id for candidate in side]
    place = ids.index(found.supply.supply_id) + 1 if found.supply.supply_id in ids else None
    good = sum(candidate.score >= _threshold(hub, candidate) for candidate in side)
    return Standing(place, len(side), good, whole.considered)


def _wave(hub: Hub, need: Need, found: Candidate, history: Mapping[str, str], loads: Loads) -> Wave:
    ranking, member = hub.ranking(need, history), found.supply.kind == "member"
    side = ranking.members if member else ranking.offers
    places = hub.policy.members_for(need.wanted) if member else hub.policy.offers_per_need
    willing, choice = chosen(need, side, places, history, hub.policy, loads)
    ids = [candidate.supply.supply_id for candidate in willing]
    known = found.supply.supply_id
    here = ids.index(known) if known in ids and history.get(known) not in OVER else None
    on_it = here is not None and here in choice.places
    return Wave(
        places=places,
        taken=tuple(willing[place] for place in choice.places),
        rank=choice.places.index(here) + 1 if on_it and here is not None else None,
        because=choice.because[here] if on_it and here is not None else None,
        worth=choice.worths.get(here) if here is not None else None,
        load=loads.get(found.supply.owner, IDLE),
    )

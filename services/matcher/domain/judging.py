"""A need judged on what is known at one moment: its rankings, what is planned for it, and a
fingerprint that says whether anything would be decided otherwise now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.matcher.domain.decisions import depth, spread_for, weighed
from services.matcher.domain.eligibility import World, barrier
from services.matcher.domain.evidence import Asked
from services.matcher.domain.freezing import Frozen
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.life.case import Because, Case
from services.matcher.domain.model import Candidate, Need, Owner
from services.matcher.domain.planning import Plan, ended, in_each_wave, plan
from services.matcher.domain.policy import Policy, Spread
from services.matcher.domain.ranking import Ranking, rank, score_one
from services.matcher.domain.reasons import Explainer
from services.matcher.domain.scoring import ScoreModel
from services.matcher.domain.spread import Loads


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a decision was made on: the ids of the rankings of all waves, each ``depth`` deep, with
    the need open ``until`` and ``frozen`` to some; and which of the matches of its ``case`` the
    rules had ``ended``.

    While it stays the same, and nobody answers, there is nothing to decide anew.
    """

    depth: int
    until: datetime | None
    case: Case = field(compare=False)
    ids: tuple[tuple[str, ...], ...]
    frozen: Frozen = ()
    ended: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that a need is judged on, ``now`` (UTC) included."""

    supplies: SupplyIndex
    world: World
    policy: Policy
    model: ScoreModel
    now: datetime

    def depth(self, need: Need, case: Case) -> int:
        """How deep a ranking must go to hold the shortlist of every wave."""
        waves = map(self.policy.in_wave, self.policy.course(need.asks).waves)
        return max(depth(need, case.history, policy) for policy in waves)

    def rankings(self, need: Need, deep: int) -> tuple[Ranking, ...]:
        """The ranking in each wave, without reasons."""

        def there(need: Need, policy: Policy) -> Ranking:
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

        return in_each_wave(need, self.policy, there)

    def spread(self, need: Need) -> Spread | None:
        """How load counts for ``need``."""
        return spread_for(need, self.policy)

    def weighed(self, need: Need, rankings: Sequence[Ranking]) -> frozenset[Owner]:
        """Whose load has to be known to decide."""
        waves = map(self.policy.in_wave, self.policy.course(need.asks).waves)
        each = (weighed(need, r, policy) for r, policy in zip(rankings, waves, strict=True))
        return frozenset[Owner]().union(*each)

    def plan(
        self,
        need: Need,
        case: Case,
        rankings: Sequence[Ranking],
        loads: Loads,
        *,
        edited: bool = False,
    ) -> Plan:
        """What to do for ``need``; who is named has reasons. ``edited``: it is a newer version
        than that of its matches.
        """
        planned = plan(
            need,
            rankings,
            case,
            self.policy,
            loads=loads,
            gone=self.gone(need, case, edited=edited),
            added=self._added(need, case),
        )
        return self._explained(need, case, planned)

    def gone(self, need: Need, case: Case, *, edited: bool = False) -> Mapping[str, Because]:
        """The matches that hold no more: by the rules and, of a newer version of the need, also
        those whose score is below the threshold now; not those whom the ambassador chose, and
        not while the need waits for its vector.
        """
        found = dict(ended(need, case, self.supplies.get, self.world, self.now, edited=edited))
        course = self.policy.course(need.asks)
        blind = self.supplies.meanings is not None and need.vector is None
        for pair in case.pairs if edited and not blind else ():
            chosen = pair.supply_id in case.picked
            if pair.state == "proposed" and pair.match_id not in found and not chosen:
                candidate = self._score(need, pair.supply_id)
                here = self.policy.in_wave(course.wave(pair.wave))
                if candidate is not None and candidate.score < here.threshold:
                    found[pair.match_id] = "edited"
        return found

    def judgement(
        self, need: Need, case: Case, rankings: Sequence[Ranking], deep: int
    ) -> Judgement:
        """What was decided on."""
        over = ended(need, case, self.supplies.get, self.world, self.now)
        return Judgement(
            depth=deep,
            until=need.deadline,
            frozen=need.frozen,
            case=case,
            ids=tuple(
                tuple(c.supply.supply_id for c in (*ranking.members, *ranking.offers))
                for ranking in rankings
            ),
            ended=frozenset(over),
        )

    def again(self, need: Need, last: Judgement) -> Judgement:
        """The judgement that would be made on the case of the ``last`` one."""
        need = replace(need, deadline=last.until, frozen=last.frozen)
        return self.judgement(need, last.case, self.rankings(need, last.depth), last.depth)

    def _score(self, need: Need, supply_id: str) -> Candidate | None:
        return score_one(need, supply_id, self.supplies, self.world, self.model, self.now)

    def _added(self, need: Need, case: Case) -> tuple[Candidate, ...]:
        """Whom the ambassador wants asked too, where the rules allow it."""
        supplies = (self.supplies.get(supply_id) for supply_id in case.added)
        allowed = (s for s in supplies if s and barrier(need, s, self.world, self.now) is None)
        found = (self._score(need, supply.supply_id) for supply in allowed)
        return tuple(candidate for candidate in found if candidate is not None)

    def _explained(self, need: Need, case: Case, planned: Plan) -> Plan:
        """Only those who are named get reasons: they cost more than the ranking."""
        if not planned.chosen and (not planned.nobody or case.told_unmatched):
            return planned
        asked = Asked.of(need, self.supplies, self.world.parents, self.now.year)
        explainer = Explainer(need, asked, self.supplies, self.world, self.model)
        chosen = explainer.explained([r.candidate for r in planned.chosen])
        return replace(
            planned,
            chosen=tuple(
                replace(r, candidate=one) for r, one in zip(planned.chosen, chosen, strict=True)
            ),
            nearest=tuple(explainer.explained(planned.nearest)),
        )

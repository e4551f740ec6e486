"""All that is to be heard of what became of a need: its matches, decisions, state, and notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.life import NeedChanged, Notice
from schemas.match import Decision, Match
from services.matcher.adapters import cases, publish
from services.matcher.adapters.notices import notice
from services.matcher.domain.life.case import Case
from services.matcher.domain.model import match_id
from services.matcher.domain.policy import Policy
from services.matcher.use_cases.need_ports import Held, Lived

Message = Match | Decision | NeedChanged | Notice


@dataclass(frozen=True, slots=True)
class Heard:
    """The matches that changed and those that are new, in their new state, and what else is to be
    told.
    """

    changed: Sequence[Match]
    new: Sequence[Match]
    others: Sequence[Decision | NeedChanged | Notice]

    def messages(self) -> Iterator[Message]:
        """In the order in which they are published: matches before what is said of them."""
        yield from self.changed
        yield from self.new
        yield from self.others


def following(held: Held, lived: Lived, policy: Policy) -> Heard:
    """What is to be heard of ``lived``, which became of ``held``."""
    case, need = lived.case, held.need
    chosen = {match_id(need.need_id, r.candidate.supply.supply_id): r for r in lived.plan.chosen}
    changed, new = [], []
    for pair in case.pairs:
        known = held.matches.get(pair.match_id)
        if known is None:
            abroad = pair.supply_id in lived.abroad
            fresh = publish.match(need, chosen[pair.match_id], policy, held.now, abroad=abroad)
            judged = fresh.model_copy(update={"score_model": lived.score_model})
            new.append(cases.as_of(judged, pair))
        elif cases.pair_of(known) != pair:
            changed.append(cases.as_of(known.model_copy(update={"need": need.brief}), pair))
    known_by_id = {match.match_id: match for match in (*held.matches.values(), *changed, *new)}
    notices = (
        notice(need, told, known_by_id.get(told.match_id), lived.plan, lived.cluster, held.now)
        for told in lived.told
    )
    tried = [known_by_id[pair.match_id] for pair in case.pairs]
    decided = _decided(held, lived, new, tried, policy)
    others = [*decided, *(one for one in notices if one is not None)]
    return Heard(changed, new, others)


def _decided(
    held: Held, lived: Lived, new: Sequence[Match], tried: Sequence[Match], policy: Policy
) -> Iterator[Decision | NeedChanged]:
    """What was decided, and the state that follows; of interests only that somebody is asked."""
    need, case, before, now = held.need, lived.case, held.case, held.now
    if new:
        yield _judged(publish.proposed(need, lived.plan, new, lived.considered, policy, now), lived)
    if need.kind != "demand":
        return
    if lived.unmatched:
        unmatched = publish.unmatched(need, lived.plan, tried, lived.considered, policy, now)
        yield _judged(unmatched, lived)
    if case.state == "withdrawn" and _state(before) != "withdrawn":
        yield publish.withdrawn(need, policy, now)
    if case.version > (before.version if before else 0):
        yield publish.changed(need, case, policy, now)


def _judged(decision: Decision, lived: Lived) -> Decision:
    return decision.model_copy(update={"score_model": lived.score_model})


def _state(case: Case | None) -> str | None:
    return case.state if case else None

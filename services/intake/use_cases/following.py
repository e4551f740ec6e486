"""The status view: what the matcher told, and how it is read."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.life import NeedChanged, Notice
from schemas.match import Decision, Match
from services.intake.domain.facts import Fact, Kind
from services.intake.domain.speakers import Speaker
from services.intake.domain.status import state_of
from services.intake.exceptions import NotFound
from services.intake.use_cases.ports import Store
from services.intake.use_cases.telling import Told, lines


async def follow(store: Store, told: Sequence[Told]) -> None:
    """Bring the status view up to what the matcher told, in whatever order it arrives.

    A match and a need's state are as new as their versions, a decision as its time. Demands
    that are none of this hub are passed over.
    """
    demands = {one.need.id for one in told if one.need.kind == "demand"}
    known = await store.lock_demands(sorted(demands))
    told = [one for one in told if one.need.kind == "interest" or one.need.id in known]
    if not told:
        return
    await store.note_needs([one.need for one in told])
    await store.apply(
        [one for one in told if isinstance(one, Match)],
        [one for one in told if isinstance(one, Decision)],
    )
    await store.change_needs([one for one in told if isinstance(one, NeedChanged)])
    asked = [one for one in told if isinstance(one, Notice) and one.kind == "confirmation-asked"]
    await store.ask_confirmation(asked)
    await store.note_questions([n for n in told if isinstance(n, Notice) and n.question])
    await store.tell([line for one in told if one.need.kind == "demand" for line in lines(one)])
    await _show(store, sorted(known))


async def _show(store: Store, demands: Sequence[str]) -> None:
    states: dict[str, tuple[str, bool]] = {}
    for standing in await store.standings(demands):
        state = state_of(standing.state, standing.told, standing.outcome, standing.matches)
        if (state, standing.put_away) != (standing.state, standing.archived):
            states[standing.demand_id] = state, standing.put_away
    await store.set_states(states)


async def read(store: Store, speaker: Speaker, kind: Kind, fact_id: str) -> Fact:
    """One fact, for its own source and the hub; to all others there is none (`NotFound`)."""
    fact = await store.find(kind, fact_id)
    if fact is None or not speaker.owns(fact.source, fact.cluster):
        raise NotFound(f"There is no {kind} with this id.")
    return fact

"""What cities and members do by themselves: they post, edit, withdraw; change, leave, return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import numpy as np

from services.cli.simulate.demands import Coming
from services.cli.simulate.folder import sentences
from services.cli.simulate.life.hub import Hub
from services.cli.simulate.life.people import chance_of
from services.matcher.domain.model import Need, Supply

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Changes:
    """Shares of the demands, and times a year for each member."""

    has_deadline: float = 0.7
    deadline: tuple[float, float] = (21.0, 150.0)
    edited: float = 0.12
    edited_later: float = 0.3
    withdrawn: float = 0.05
    profile: float = 1.0
    places: float = 0.3
    leaves: float = 0.1
    returns: float = 0.6
    most_places: int = 4


def plan_demands(
    hub: Hub, coming: Sequence[Coming], begin: datetime, seed: int, changes: Changes
) -> None:
    """Let every demand come, and some of them be edited and withdrawn."""
    for one in coming:
        at, need = begin + one.at * _DAY, one.need
        chance = chance_of(seed, "demand", need.need_id)
        if chance.random() < changes.has_deadline:
            need = replace(need, deadline=at + float(chance.uniform(*changes.deadline)) * _DAY)
        hub.clock.at(at, partial(hub.post, need))
        when, share = at, changes.edited
        while chance.random() < share:  # who edits once may do so again
            when += float(chance.uniform(1, 40)) * _DAY
            need, share = _edited(need, chance), changes.edited_later
            hub.clock.at(when, partial(hub.edit, need))
        if chance.random() < changes.withdrawn:
            gone = at + float(chance.uniform(0.5, 60)) * _DAY
            hub.clock.at(gone, partial(hub.withdraw, need.need_id))


def plan_interests(hub: Hub, interests: Sequence[Need], begin: datetime, seed: int) -> None:
    """Let members say in the first weeks what they look for."""
    for need in interests:
        days = float(chance_of(seed, "interest", need.need_id).uniform(0, 30))
        hub.clock.at(begin + days * _DAY, partial(hub.post, need))


def _edited(need: Need, chance: np.random.Generator) -> Need:
    """A newer version: another number, another deadline, another reach, or less text."""
    need = replace(need, version=need.version + 1)
    match int(chance.integers(4)):
        case 0:
            return replace(need, wanted=max(1, need.wanted + int(chance.choice([-1, 1]))))
        case 1 if need.deadline is not None:
            return replace(need, deadline=need.deadline + float(chance.uniform(-10, 40)) * _DAY)
        case 2:
            reach = str(chance.choice(["own", "national", "international"]))
            return replace(need, reach=reach)
        case _:
            told = sentences(need.description)
            kept = [one for one in told if chance.random() < 0.7] or told[:1]
            return replace(need, description=" ".join(kept), keywords=need.keywords[1:])


def plan_members(hub: Hub, begin: datetime, days: int, seed: int, changes: Changes) -> None:
    """Let members change what they say and how many they can serve, leave, and come back."""
    for supply in [one for one in hub.supplies.facts.values() if one.kind == "member"]:
        chance = chance_of(seed, "member", supply.supply_id)
        share = days / 365
        for _ in range(int(chance.poisson(changes.profile * share))):
            at = begin + float(chance.uniform(0, days)) * _DAY
            hub.clock.at(at, partial(_tell_otherwise, hub, supply.supply_id, supply, chance))
        for _ in range(int(chance.poisson(changes.places * share))):
            at = begin + float(chance.uniform(0, days)) * _DAY
            places = int(chance.integers(1, changes.most_places + 1))
            hub.clock.at(at, partial(_have_places, hub, supply.supply_id, places))
        if chance.random() < changes.leaves * share:
            at = begin + float(chance.uniform(0, days)) * _DAY
            hub.clock.at(at, partial(_be_there, hub, supply.supply_id, False))
            if chance.random() < changes.returns:
                back = at + float(chance.uniform(20, 120)) * _DAY
                hub.clock.at(back, partial(_be_there, hub, supply.supply_id, True))


def _tell_otherwise(hub: Hub, supply_id: str, first: Supply, chance: np.random.Generator) -> None:
    """Another profile: some of the past work that it told at first, other niches now and then."""
    now = hub.supplies.facts[supply_id]
    profile, *work = first.pieces
    kept = [piece for piece in work if chance.random() < 0.7]
    niches = first.niches if chance.random() < 0.8 else first.niches[:1]
    hub.change(replace(now, pieces=(profile, *kept), niches=niches, version=now.version + 1))


def _have_places(hub: Hub, supply_id: str, places: int) -> None:
    now = hub.supplies.facts[supply_id]
    hub.change(replace(now, capacity=places, version=now.version + 1))


def _be_there(hub: Hub, supply_id: str, there: bool) -> None:
    now = hub.supplies.facts[supply_id]
    hub.change(replace(now, active=there, version=now.version + 1))

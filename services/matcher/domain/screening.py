"""The hard rules for a need and every supply at once: `eligibility`, a column at a time.

A rule tells for each slot that is looked at whether it lets the supply through, or True or False
for all of them. Once few are left, the rules to come look at these alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.columns import Column, among
from services.matcher.domain.eligibility import ANSWERS, World, accepts, holds_all, refuses, speaks
from services.matcher.domain.facts import MEMBER, Facts, instant
from services.matcher.domain.model import Need
from services.matcher.domain.policy import REACH_ORDER

Mask = NDArray[np.bool_]
Slots = NDArray[np.intp]
There = Slots | slice
"""The slots that a rule looks at: some, or a slice of all."""

EVERY = slice(None)
ColumnRule = Callable[[Need, Facts, World, datetime, There], Mask | bool]
_FEW = 0.25  # of those that were looked at: from here on it is quicker to look at these alone
_FIRST = frozenset(("country", "certification", "kind", "language", "reach"))


def _of_codes(fitting: list[bool], codes: Column, there: There) -> Mask | bool:
    """For each slot what ``fitting`` says of its code."""
    if all(fitting):
        return True
    found: Mask = np.array(fitting, bool).take(_at(codes, there))
    return found


def _at(column: Column, there: There) -> NDArray[Any]:
    """What ``column`` has for the slots that are looked at."""
    return column.values[there] if isinstance(there, slice) else column.values.take(there)


def _sides_fit(need: Need, facts: Facts, _w: World, _n: datetime, there: There) -> Mask:
    if need.kind == "interest":
        found: Mask = _at(facts.offers, there) != MEMBER
        return found
    answering = facts.kinds_of_offer.of(ANSWERS.get(need.asks, frozenset()))
    wanted = [MEMBER, *(1 + code for code in answering)]
    return among(_at(facts.offers, there), wanted, 1 + len(facts.kinds_of_offer))


def _are_active(_need: Need, facts: Facts, _w: World, _n: datetime, there: There) -> Mask:
    found: Mask = _at(facts.active, there)
    return found


def _are_opted_in(need: Need, facts: Facts, _w: World, _n: datetime, there: There) -> Mask | bool:
    if need.kind != "demand":
        return True
    fitting = [not refuses(out, need.asks) for out in facts.sets.values]
    return _of_codes(fitting, facts.opted_out, there)


def _need_is_open(need: Need, _facts: Facts, _w: World, now: datetime, _t: There) -> bool:
    return need.is_open and (need.deadline is None or need.deadline > now)


def _offers_open(_need: Need, facts: Facts, _w: World, now: datetime, there: There) -> Mask:
    found: Mask = _at(facts.deadline, there) > instant(now)
    return found


def _others(need: Need, facts: Facts, _w: World, _n: datetime, there: There) -> Mask | bool:
    owners = _at(facts.owner, there)
    owner = facts.names.find(need.owner.id)
    kind = facts.owner_types.find(need.owner.type)
    found: Mask | bool = True
    if owner is not None and kind is not None:
        found = owners != owner
        found |= _at(facts.owner_type, there) != kind
    if need.owner.type == "member":
        for affiliate in facts.names.of(need.affiliates):
            found = found & (owners != affiliate)
        naming = facts.naming(need.owner.id)
        if naming:
            found = found & ~np.isin(np.arange(len(facts))[there], naming)
    return found


def _are_not_frozen(
    need: Need, facts: Facts, _w: World, now: datetime, there: There
) -> Mask | bool:
    found: Mask | bool = True
    for owner, end in need.frozen:
        name, kind = facts.names.find(owner.id), facts.owner_types.find(owner.type)
        if end > now and name is not None and kind is not None:
            others = _at(facts.owner, there) != name
            found = found & (others | (_at(facts.owner_type, there) != kind))
    return found


def _are_within_reach(
    need: Need, facts: Facts, world: World, _n: datetime, there: There
) -> Mask | bool:
    reach = REACH_ORDER[need.reach]
    if reach == max(REACH_ORDER.values()):
        return True
    near = [world.tier(cluster) <= reach for cluster in facts.clusters.values]
    return _of_codes(near, facts.cluster, there)


def _offers_reach(need: Need, facts: Facts, world: World, _n: datetime, there: There) -> Mask:
    found: Mask = _at(facts.reach, there) >= world.tier(need.cluster)
    return found


def _are_of_kind(need: Need, facts: Facts, _w: World, _n: datetime, there: There) -> Mask | bool:
    kinds = facts.member_kinds
    return not need.wish.kinds or among(
        _at(facts.member_kind, there), kinds.of(need.wish.kinds), len(kinds)
    )


def _are_in_country(need: Need, facts: Facts, _w: World, _n: datetime, there: There) -> Mask | bool:
    countries = facts.countries
    return not need.wish.countries or among(
        _at(facts.country, there), countries.of(need.wish.countries), len(countries)
    )


def _share_language(need: Need, facts: Facts, _w: World, _n: datetime, there: There) -> Mask | bool:
    if not need.wish.languages:
        return True
    fitting = [speaks(need.wish.languages, spoken) for spoken in facts.sets.values]
    return _of_codes(fitting, facts.languages, there)


def _are_certified(need: Need, facts: Facts, _w: World, _n: datetime, there: There) -> Mask | bool:
    if not need.wish.certifications:
        return True
    fitting = [holds_all(need.wish.certifications, held) for held in facts.sets.values]
    return _of_codes(fitting, facts.certifications, there)


def _want_taker(need: Need, facts: Facts, world: World, _n: datetime, there: There) -> Mask | bool:
    taker = world.taker(need)
    fitting = [accepts(wish, taker) for wish in facts.wishes.values]
    return _of_codes(fitting, facts.wish, there)


def _have_room(_need: Need, facts: Facts, _w: World, _n: datetime, there: There) -> Mask:
    found: Mask = _at(facts.has_room, there)
    return found


COLUMN_RULES: tuple[tuple[str, ColumnRule], ...] = (
    ("side", _sides_fit),
    ("active", _are_active),
    ("opted-out", _are_opted_in),
    ("need-open", _need_is_open),
    ("offer-open", _offers_open),
    ("itself", _others),
    ("frozen", _are_not_frozen),
    ("reach", _are_within_reach),
    ("offer-reach", _offers_reach),
    ("kind", _are_of_kind),
    ("country", _are_in_country),
    ("language", _share_language),
    ("certification", _are_certified),
    ("taker", _want_taker),
    ("capacity", _have_room),
)


_IN_TURN = tuple(holds for _, holds in sorted(COLUMN_RULES, key=lambda rule: rule[0] not in _FIRST))
"""Those first that leave few where they ask for something; the order changes nothing but time."""


def eligible(need: Need, facts: Facts, world: World, now: datetime) -> Slots:
    """The slots of the supplies that `barrier` keeps from nothing, in ascending order."""
    there: There = EVERY
    left: Mask | None = None  # all that are looked at
    for holds in _IN_TURN:
        said = holds(need, facts, world, now, there)
        if said is True:
            continue
        if said is False:
            return np.zeros(0, np.intp)
        left = said if left is None else left & said
        if np.count_nonzero(left) < _FEW * len(left):
            there, left = _left(there, left), None
    if left is not None:
        there = _left(there, left)
    return np.arange(len(facts)) if isinstance(there, slice) else there


def _left(there: There, left: Mask) -> Slots:
    """The slots that are ``left`` of those that were looked at."""
    chosen = np.flatnonzero(left)
    return chosen if isinstance(there, slice) else there.take(chosen)


def barriers(need: Need, facts: Facts, world: World, now: datetime) -> Counter[str]:
    """How many supplies each rule is the first to keep from ``need``; "eligible": the rest."""
    left = np.ones(len(facts), bool)
    found: Counter[str] = Counter()
    for name, holds in COLUMN_RULES:
        before = np.count_nonzero(left)
        left &= holds(need, facts, world, now, EVERY)
        found[name] = int(before - np.count_nonzero(left))
    found["eligible"] = int(np.count_nonzero(left))
    return +found

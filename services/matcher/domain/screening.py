"""The hard rules for a need and every supply at once: `eligibility`, a column at a time.

A rule tells for each slot whether it lets the supply through, or True or False for all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.columns import among
from services.matcher.domain.eligibility import ANSWERS, World, accepts, holds_all, speaks
from services.matcher.domain.facts import MEMBER, Facts, instant
from services.matcher.domain.model import Need
from services.matcher.domain.policy import REACH_ORDER

Mask = NDArray[np.bool_]
ColumnRule = Callable[[Need, Facts, World, datetime], Mask | bool]


def _of_codes(fitting: list[bool], codes: NDArray[Any]) -> Mask:
    """For each slot what ``fitting`` says of its code."""
    found: Mask = np.array(fitting, bool)[codes]
    return found


def _sides_fit(need: Need, facts: Facts, _w: World, _n: datetime) -> Mask:
    if need.kind == "interest":
        return facts.are_offers()
    answering = facts.kinds_of_offer.of(ANSWERS.get(need.asks, frozenset()))
    wanted = [MEMBER, *(1 + code for code in answering)]
    return among(facts.offers.values, wanted, 1 + len(facts.kinds_of_offer))


def _are_active(_need: Need, facts: Facts, _w: World, _n: datetime) -> Mask:
    return facts.active.values


def _need_is_open(need: Need, _facts: Facts, _w: World, now: datetime) -> bool:
    return need.is_open and (need.deadline is None or need.deadline > now)


def _offers_open(_need: Need, facts: Facts, _w: World, now: datetime) -> Mask:
    found: Mask = facts.deadline.values > instant(now)
    return found


def _others(need: Need, facts: Facts, _w: World, _n: datetime) -> Mask:
    owner = facts.names.find(need.owner.id)
    kind = facts.owner_types.find(need.owner.type)
    found = np.ones(len(facts), bool)
    if owner is not None and kind is not None:
        found &= (facts.owner.values != owner) | (facts.owner_type.values != kind)
    if need.owner.type == "member":
        for affiliate in facts.names.of(need.affiliates):
            found &= facts.owner.values != affiliate
        found[facts.naming(need.owner.id)] = False
    return found


def _are_within_reach(need: Need, facts: Facts, world: World, _n: datetime) -> Mask | bool:
    reach = REACH_ORDER[need.reach]
    if reach == max(REACH_ORDER.values()):
        return True
    near = [world.tier(cluster) <= reach for cluster in facts.clusters.values]
    return _of_codes(near, facts.cluster.values)


def _offers_reach(need: Need, facts: Facts, world: World, _n: datetime) -> Mask:
    found: Mask = facts.reach.values >= world.tier(need.cluster)
    return found


def _are_of_kind(need: Need, facts: Facts, _w: World, _n: datetime) -> Mask | bool:
    kinds = facts.member_kinds
    return not need.wish.kinds or among(
        facts.member_kind.values, kinds.of(need.wish.kinds), len(kinds)
    )


def _are_in_country(need: Need, facts: Facts, _w: World, _n: datetime) -> Mask | bool:
    countries = facts.countries
    return not need.wish.countries or among(
        facts.country.values, countries.of(need.wish.countries), len(countries)
    )


def _share_language(need: Need, facts: Facts, _w: World, _n: datetime) -> Mask | bool:
    if not need.wish.languages:
        return True
    fitting = [speaks(need.wish.languages, spoken) for spoken in facts.sets.values]
    return _of_codes(fitting, facts.languages.values)


def _are_certified(need: Need, facts: Facts, _w: World, _n: datetime) -> Mask | bool:
    if not need.wish.certifications:
        return True
    fitting = [holds_all(need.wish.certifications, held) for held in facts.sets.values]
    return _of_codes(fitting, facts.certifications.values)


def _want_taker(need: Need, facts: Facts, world: World, _n: datetime) -> Mask:
    taker = world.taker(need)
    fitting = [accepts(wish, taker) for wish in facts.wishes.values]
    return _of_codes(fitting, facts.wish.values)


def _have_room(_need: Need, facts: Facts, _w: World, _n: datetime) -> Mask:
    return facts.has_room.values


COLUMN_RULES: tuple[tuple[str, ColumnRule], ...] = (
    ("side", _sides_fit),
    ("active", _are_active),
    ("need-open", _need_is_open),
    ("offer-open", _offers_open),
    ("itself", _others),
    ("reach", _are_within_reach),
    ("offer-reach", _offers_reach),
    ("kind", _are_of_kind),
    ("country", _are_in_country),
    ("language", _share_language),
    ("certification", _are_certified),
    ("taker", _want_taker),
    ("capacity", _have_room),
)


def eligible(need: Need, facts: Facts, world: World, now: datetime) -> NDArray[np.intp]:
    """The slots of the supplies that `barrier` keeps from nothing, in ascending order."""
    left = np.ones(len(facts), bool)
    for _, holds in COLUMN_RULES:
        left &= holds(need, facts, world, now)
    return np.flatnonzero(left)


def barriers(need: Need, facts: Facts, world: World, now: datetime) -> Counter[str]:
    """How many supplies each rule is the first to keep from ``need``; "eligible": the rest."""
    left = np.ones(len(facts), bool)
    found: Counter[str] = Counter()
    for name, holds in COLUMN_RULES:
        before = np.count_nonzero(left)
        left &= holds(need, facts, world, now)
        found[name] = int(before - np.count_nonzero(left))
    found["eligible"] = int(np.count_nonzero(left))
    return +found

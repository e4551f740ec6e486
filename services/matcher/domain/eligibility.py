"""The hard rules: who may be proposed at all. Each has a name, so that it can be explained.

Here each rule judges one pair: what it means, and what explains. `screening` has the same rules
for a need and every supply at once; the tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.matcher.domain.freezing import frozen_until
from services.matcher.domain.model import Need, Supply, Taker, Wish
from services.matcher.domain.policy import REACH_ORDER

ANSWERS: Mapping[str, frozenset[str]] = {
    "technology": frozenset({"technology", "showcase"}),
    "research-partnership": frozenset({"research-partnership", "equipment"}),
    "service": frozenset({"service", "equipment"}),
    "incubation": frozenset({"incubation"}),
    "expertise": frozenset({"service", "research-partnership", "initiative"}),
    "pilot-site": frozenset({"showcase", "initiative"}),
}
"""Which kinds of offer answer which kind of demand; an interest is open to every kind."""
EVERY_KIND = "all"
"""What a member opts out of that wants no proposals at all."""


@dataclass(frozen=True, slots=True)
class World:
    """What the directory says: the tier of each cluster, the parent of each niche, and the
    country of each city.
    """

    tiers: Mapping[str, str]
    parents: Mapping[str, str | None]
    own_cluster: str = "mnc"
    countries: Mapping[str, str] = field(default_factory=dict)

    def tier(self, cluster: str | None) -> int:
        """How far away ``cluster`` is: 0 own, 1 national, 2 international (also when unknown)."""
        if cluster is None or cluster == self.own_cluster:
            return 0
        return REACH_ORDER[self.tiers.get(cluster, "international")]

    def taker(self, need: Need) -> Taker:
        """Who would take an offer for ``need``: the member that asks, or a city, which has a
        country and neither a kind of member nor certificates, and whose languages nobody states.
        """
        if need.taker is not None:
            return need.taker
        return Taker(country=self.countries.get(need.owner.id))


Rule = Callable[[Need, Supply, World, datetime], bool]


def _side_fits(need: Need, supply: Supply, _w: World, _n: datetime) -> bool:
    if need.kind == "interest":
        return supply.kind == "offer"
    return supply.kind == "member" or supply.offers in ANSWERS.get(need.asks, frozenset())


def _active(_need: Need, supply: Supply, _w: World, _n: datetime) -> bool:
    return supply.active


def _opted_in(need: Need, supply: Supply, _w: World, _n: datetime) -> bool:
    return need.kind != "demand" or not refuses(supply.opted_out, need.asks)


def refuses(opted_out: frozenset[str], asks: str) -> bool:
    """Whether demands for ``asks`` are among what somebody has ``opted_out`` of."""
    return asks in opted_out or EVERY_KIND in opted_out


def _need_open(need: Need, _s: Supply, _w: World, now: datetime) -> bool:
    return need.is_open and (need.deadline is None or need.deadline > now)


def _offer_open(_need: Need, supply: Supply, _w: World, now: datetime) -> bool:
    return supply.deadline is None or supply.deadline > now


def _not_itself(need: Need, supply: Supply, _w: World, _n: datetime) -> bool:
    if need.owner == supply.owner:
        return False
    related = supply.owner.id in need.affiliates or need.owner.id in supply.affiliates
    return not (need.owner.type == "member" and related)


def _not_frozen(need: Need, supply: Supply, _w: World, now: datetime) -> bool:
    return frozen_until(supply.owner, need.frozen, now) is None


def _within_reach(need: Need, supply: Supply, world: World, _n: datetime) -> bool:
    return world.tier(supply.cluster) <= REACH_ORDER[need.reach]


def _offer_reaches(need: Need, supply: Supply, world: World, _n: datetime) -> bool:
    return world.tier(need.cluster) <= REACH_ORDER[supply.reach]


def _kind_wanted(need: Need, supply: Supply, _w: World, _n: datetime) -> bool:
    return not need.wish.kinds or supply.member_kind in need.wish.kinds


def _country_wanted(need: Need, supply: Supply, _w: World, _n: datetime) -> bool:
    return not need.wish.countries or supply.country in need.wish.countries


def _language_shared(need: Need, supply: Supply, _w: World, _n: datetime) -> bool:
    return speaks(need.wish.languages, supply.languages)


def speaks(wanted: frozenset[str], spoken: frozenset[str]) -> bool:
    """Whether one of the languages ``wanted`` is ``spoken``, whatever their regions."""
    primary = {language.split("-")[0].lower() for language in spoken}
    return not wanted or any(w.split("-")[0].lower() in primary for w in wanted)


def _certified(need: Need, supply: Supply, _w: World, _n: datetime) -> bool:
    return holds_all(need.wish.certifications, supply.certifications)


def holds_all(wanted: frozenset[str], certificates: frozenset[str]) -> bool:
    """Whether all that is ``wanted`` is among ``certificates``, whatever their case."""
    held = {c.casefold() for c in certificates}
    return all(c.casefold() in held for c in wanted)


def _taker_wanted(need: Need, supply: Supply, world: World, _n: datetime) -> bool:
    return accepts(supply.wish, world.taker(need))


def accepts(wish: Wish, taker: Taker) -> bool:
    """Whether ``taker`` is what ``wish`` asks for, as far as it is known."""
    return (
        (not wish.kinds or taker.kind is None or taker.kind in wish.kinds)
        and (not wish.countries or taker.country is None or taker.country in wish.countries)
        and (taker.languages is None or speaks(wish.languages, taker.languages))
        and (taker.certifications is None or holds_all(wish.certifications, taker.certifications))
    )


def _has_room(_need: Need, supply: Supply, _w: World, _n: datetime) -> bool:
    return supply.capacity is None or supply.taken < supply.capacity


RULES: tuple[tuple[str, Rule], ...] = (
    ("side", _side_fits),
    ("active", _active),
    ("opted-out", _opted_in),
    ("need-open", _need_open),
    ("offer-open", _offer_open),
    ("itself", _not_itself),
    ("frozen", _not_frozen),
    ("reach", _within_reach),
    ("offer-reach", _offer_reaches),
    ("kind", _kind_wanted),
    ("country", _country_wanted),
    ("language", _language_shared),
    ("certification", _certified),
    ("taker", _taker_wanted),
    ("capacity", _has_room),
)


def barrier(need: Need, supply: Supply, world: World, now: datetime) -> str | None:
    """The name of the first rule that keeps ``supply`` from ``need``; None when it is eligible."""
    for name, holds in RULES:
        if not holds(need, supply, world, now):
            return name
    return None

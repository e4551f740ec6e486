"""What each rule of eligibility found on both sides of a pair, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from services.matcher.domain.eligibility import ANSWERS, World
from services.matcher.domain.model import Need, Owner, Supply, Taker, Wish

Sides = tuple[str, str]
"""What is asked, and what is there."""

_TIERS = ("own", "national", "international")


def _named(values: Iterable[str] | None, otherwise: str = "none") -> str:
    return ", ".join(sorted(values or ())) or otherwise


def _until(deadline: datetime | None) -> str:
    return f"until {deadline:%Y-%m-%d %H:%M %Z}" if deadline else "without a deadline"


def _owner(owner: Owner) -> str:
    return f"{owner.type} {owner.id}"


def _side(need: Need, supply: Supply, _w: World) -> Sides:
    wanted = "offers"
    if need.kind == "demand":
        kinds = _named(ANSWERS.get(need.asks, frozenset()), "no kind")
        wanted = f"members, or offers of {kinds} (for {need.asks or 'no kind'})"
    return wanted, "a member" if supply.kind == "member" else f"an offer of {supply.offers}"


def _active(_need: Need, supply: Supply, _w: World) -> Sides:
    return "not taken back", "active" if supply.active else "taken back"


def _opted_out(need: Need, supply: Supply, _w: World) -> Sides:
    wanted = f"asked for {need.asks}" if need.kind == "demand" else "any"
    return wanted, f"opted out of {_named(supply.opted_out, 'nothing')}"


def _need_open(need: Need, _s: Supply, _w: World) -> Sides:
    return "open", f"{'open' if need.is_open else 'closed'}, {_until(need.deadline)}"


def _offer_open(_need: Need, supply: Supply, _w: World) -> Sides:
    return "not over", _until(supply.deadline)


def _itself(need: Need, supply: Supply, _w: World) -> Sides:
    related = sorted(need.affiliates | supply.affiliates)
    affiliates = f", affiliates {', '.join(related)}" if related else ""
    return f"others than {_owner(need.owner)}", _owner(supply.owner) + affiliates


def _frozen(need: Need, supply: Supply, _w: World) -> Sides:
    end = dict(need.frozen).get(supply.owner)
    return "not parted lately", f"not before {end:%Y-%m-%d %H:%M %Z}" if end else "never parted"


def _cluster(cluster: str | None, world: World) -> str:
    return f"{cluster or 'no cluster'} ({_TIERS[world.tier(cluster)]})"


def _reach(need: Need, supply: Supply, world: World) -> Sides:
    return f"reach {need.reach}", _cluster(supply.cluster, world)


def _offer_reach(need: Need, supply: Supply, world: World) -> Sides:
    return f"reach {supply.reach}", _cluster(need.cluster, world)


def _kind(need: Need, supply: Supply, _w: World) -> Sides:
    return _named(need.wish.kinds, "any"), supply.member_kind or "none"


def _country(need: Need, supply: Supply, _w: World) -> Sides:
    return _named(need.wish.countries, "any"), supply.country


def _language(need: Need, supply: Supply, _w: World) -> Sides:
    return _named(need.wish.languages, "any"), _named(supply.languages)


def _certification(need: Need, supply: Supply, _w: World) -> Sides:
    return _named(need.wish.certifications, "nothing"), _named(supply.certifications)


def _taker(need: Need, supply: Supply, world: World) -> Sides:
    return _wanted(supply.wish), _taken(world.taker(need))


def _wanted(wish: Wish) -> str:
    many = (wish.kinds, wish.countries, wish.languages, wish.certifications)
    return "; ".join(_named(values) for values in many if values) or "anybody"


def _taken(taker: Taker) -> str:
    known = [value for value in (taker.kind, taker.country) if value]
    known += [_named(many) for many in (taker.languages, taker.certifications) if many]
    return "; ".join(known) or "unknown"


def _capacity(_need: Need, supply: Supply, _w: World) -> Sides:
    if supply.capacity is None:
        return "a place left", "places without limit"
    return "a place left", f"{supply.taken} of {supply.capacity} taken"


SIDES: Mapping[str, Callable[[Need, Supply, World], Sides]] = {
    "side": _side,
    "active": _active,
    "opted-out": _opted_out,
    "need-open": _need_open,
    "offer-open": _offer_open,
    "itself": _itself,
    "frozen": _frozen,
    "reach": _reach,
    "offer-reach": _offer_reach,
    "kind": _kind,
    "country": _country,
    "language": _language,
    "certification": _certification,
    "taker": _taker,
    "capacity": _capacity,
}
"""By the name of the rule."""

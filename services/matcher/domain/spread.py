"""Fair spread: when members are near equal, load decides whom a wave asks (design, 5.4).

A candidate's *worth* is its score, less a price for how crowded it is, plus a welcome while it is
new. The price lies between 0 and `Spread.near`, the welcome between 0 and `Spread.welcome`, so a
wave asks the candidates of greatest worth and yet

- nobody is asked in place of somebody whose score is more than ``near`` better, or, where a
  newcomer is asked, more than ``near + welcome``;
- whoever is better, less crowded and no less new than somebody who is asked, is asked too;
- whoever was asked keeps the place against everybody who is no better than that, whatever the
  loads have become: looking again at the same ranking asks nobody else.

This is the Lagrangian of "the most relevance, with proposals spread evenly" with a bounded
multiplier; which price measured best is told in docs/decisions/0016-fair-spread.md.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from services.matcher.domain import analysis
from services.matcher.domain.model import Candidate, Owner, Supply
from services.matcher.domain.policy import Spread

Because = Literal["merit", "spread", "newcomer", "ambassador"]
"""Why somebody was chosen: among the best by score; by load, among near equals; as a newcomer; by
the ambassador of the city.
"""

_TIE = 1e-9  # more than sums of rounded scores can be wrong by, less than their last digit


@dataclass(frozen=True, slots=True)
class Load:
    """What a member was asked lately: ``recent`` proposals, each fading with its age, and how many
    of them are ``waiting`` for its answer.
    """

    recent: float = 0.0
    waiting: int = 0


Loads = Mapping[Owner, Load]
"""The load of whoever is known to have one."""

IDLE = Load()


def load_of(ages: Iterable[float], waiting: int, spread: Spread) -> Load:
    """The load of somebody who was asked ``ages`` days ago; ages beyond the window do not count."""
    fading = (0.5 ** (max(a, 0.0) / spread.half_life) for a in ages if a <= spread.window)
    return Load(math.fsum(fading), waiting)


def crowding(load: Load, supply: Supply) -> float:
    """How crowded a supply is, in proposals: the recent ones, and those that wait for an answer
    once more, divided by the places that are left (none, where places have no limit).
    """
    if supply.capacity is None:
        return load.recent
    return load.recent + load.waiting / max(supply.capacity - supply.taken, 1)


def has_little_text(supply: Supply, spread: Spread) -> bool:
    """Whether a supply says too little of itself to be found as easily as others."""
    if any(piece.role == "portfolio" for piece in supply.pieces):
        return False
    terms: set[str] = set()
    for piece in supply.pieces:
        terms.update(analysis.terms(f"{piece.title} {piece.text}", supply.locale))
        if len(terms) >= spread.little_text:
            return False
    return True


def welcome(load: Load, supply: Supply, spread: Spread) -> float:
    """What the score of a newcomer counts more; 0 for everybody else."""
    left = spread.welcome * max(0.0, 1.0 - load.recent / spread.welcomed)
    return left if left and (load == IDLE or has_little_text(supply, spread)) else 0.0


@dataclass(frozen=True, slots=True)
class Worth:
    """What load and newness make of a score: ``price`` is taken off it, ``welcome`` added."""

    price: float
    welcome: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The places in a ranking (from 0, ascending) that are asked, and why each of them is.

    ``worths`` are those of the near equals that were compared for the places left.
    """

    places: tuple[int, ...]
    because: Mapping[int, Because]
    worths: Mapping[int, Worth] = field(default_factory=dict)


def choose(
    willing: Sequence[Candidate],
    asked: Collection[int],
    places: int,
    loads: Loads,
    spread: Spread | None,
) -> Choice:
    """Which of ``willing``, the best first, fill ``places``; ``asked`` have been asked before.

    ``spread`` None: the best by score, whoever was asked before.
    """
    merit = frozenset(range(min(places, len(willing))))
    if spread is None:
        return Choice(tuple(sorted(merit)), dict.fromkeys(merit, "merit"))
    settled = _settled(willing, asked, places, spread)
    open_ = places - len(settled)
    rest = [p for p in range(len(willing)) if p not in asked and p not in settled]
    near = _near(willing, rest, open_, spread)
    prices = _prices(willing, near, loads, spread)
    worths = {p: Worth(prices[p], _welcome_of(willing[p], loads, spread)) for p in near}
    fair = {place: willing[place].score - prices[place] for place in near}
    worth = {place: fair[place] + worths[place].welcome for place in near}
    by_load = _best(fair, open_)
    because: dict[int, Because] = dict.fromkeys(settled, "merit")
    for place in _best(worth, open_):
        moved: Because = "spread" if place in by_load else "newcomer"
        because[place] = "merit" if place in merit else moved
    return Choice(tuple(sorted(because)), because, worths)


def _settled(
    willing: Sequence[Candidate], asked: Collection[int], places: int, spread: Spread
) -> frozenset[int]:
    """Whose place is beyond question: those asked before whom nobody else is so much better than,
    and whoever is so much better than one of these that no load can make up for it.
    """
    ahead = spread.near + spread.welcome + _TIE

    def standing(place: int) -> float:
        return willing[place].score + (ahead if place in asked else 0.0)

    order = sorted(range(len(willing)), key=lambda place: (-standing(place), place))
    kept = [place for place in order[:places] if place in asked]
    if not kept:
        return frozenset()
    least = min(standing(place) for place in kept)
    better = [place for place in order[:places] if place not in asked and standing(place) > least]
    return frozenset(kept + better)


def _near(
    willing: Sequence[Candidate], rest: Sequence[int], open_: int, spread: Spread
) -> list[int]:
    """Those of ``rest`` who may fill the open places: no worse than the last of the best by all
    that price and welcome can make up for.
    """
    if open_ <= 0 or not rest:
        return []
    last = willing[rest[min(open_, len(rest)) - 1]].score
    return [p for p in rest if willing[p].score + spread.near + spread.welcome + _TIE >= last]


def _prices(
    willing: Sequence[Candidate], near: Sequence[int], loads: Loads, spread: Spread
) -> dict[int, float]:
    """The price of each: ``near`` for the most crowded of the near equals, and in proportion less
    for the others. Relative to them, so that a busy season does not make everybody equally dear.
    """
    crowded = {p: crowding(_load(willing[p], loads), willing[p].supply) for p in near}
    most = max(crowded.values(), default=0.0)
    return {p: spread.near * c / most if c else 0.0 for p, c in crowded.items()}


def _load(candidate: Candidate, loads: Loads) -> Load:
    return loads.get(candidate.supply.owner, IDLE)


def _welcome_of(candidate: Candidate, loads: Loads, spread: Spread) -> float:
    return welcome(_load(candidate, loads), candidate.supply, spread)


def _best(worth: Mapping[int, float], many: int) -> frozenset[int]:
    """The places of greatest worth; of equal ones the better by score."""
    return frozenset(sorted(worth, key=lambda place: (-worth[place], place))[:many])

"""Who is not to be asked by the same asker again so soon (rematch freeze): after a no, after
silence, after an introduction that came to nothing.

The asker is the structure inside the city that speaks, or the city where a demand names none: what
parts a member and one laboratory says nothing about its neighbours. It counts whatever the demand;
within one demand nobody is asked twice anyway. That something is not one's field says nothing about
the next demand, and freezes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from services.matcher.domain.model import Owner

Why: TypeAlias = Literal[
    "too-busy", "conflict-of-interest", "terms", "other", "refused", "lapsed", "nothing"
]
PARTED = frozenset({"declined", "lapsed", "introduced"})
"""States of a match in which its sides may have parted."""
_NO = frozenset({"decline", "withdraw"})
_REASONS: Mapping[str, Why] = {
    "too-busy": "too-busy",
    "conflict-of-interest": "conflict-of-interest",
    "terms": "terms",
    "other": "other",
}


@dataclass(frozen=True, slots=True)
class Freeze:
    """For how long, by what parted the two: the reason of a member's decline, that the asker
    ``refused`` it, that it did not answer (``lapsed``), that ``nothing`` came of an introduction.
    """

    too_busy: timedelta = timedelta(days=14)
    conflict_of_interest: timedelta = timedelta(days=365)
    terms: timedelta = timedelta(days=60)
    other: timedelta = timedelta(days=14)
    refused: timedelta = timedelta(days=90)
    lapsed: timedelta = timedelta(days=14)
    nothing: timedelta = timedelta(days=180)

    def after(self, why: Why) -> timedelta:
        """How long two are kept apart after ``why``."""
        found: timedelta = getattr(self, why.replace("-", "_"))
        return found

    @property
    def longest(self) -> timedelta:
        """What parted two longer ago than this counts no more."""
        whys = (self.too_busy, self.conflict_of_interest, self.terms, self.other)
        return max(*whys, self.refused, self.lapsed, self.nothing)


@dataclass(frozen=True, slots=True)
class Parting:
    """That an asker and ``other`` went apart, why and when (UTC)."""

    other: Owner
    why: Why
    at: datetime


def why_parted(
    state: str,
    need_answer: str | None,
    supply_answer: str | None,
    supply_reason: str | None,
    outcomes: Collection[str | None],
) -> Why | None:
    """What parted the two sides of a match in ``state``, by the last word of each and what they
    say came of it; None where nothing did, or nothing that says more than this one demand.
    """
    if state not in PARTED:
        return None
    if need_answer in _NO:
        return "refused"
    if supply_answer in _NO:
        return _REASONS.get(supply_reason or "other")
    if state == "lapsed" and supply_answer is None:
        return "lapsed"
    return "nothing" if "nothing" in outcomes else None


Frozen: TypeAlias = tuple[tuple[Owner, datetime], ...]
"""Who is not to be asked before when (UTC), in the order of their ids."""


def frozen(partings: Iterable[Parting], freeze: Freeze, now: datetime) -> Frozen:
    """Who is not to be asked at ``now``, and until when."""
    until: dict[Owner, datetime] = {}
    for parting in partings:
        end = parting.at + freeze.after(parting.why)
        if end > now:
            until[parting.other] = max(end, until.get(parting.other, end))
    return tuple(sorted(until.items(), key=lambda one: (one[0].type, one[0].id)))


def frozen_until(owner: Owner, frozen: Frozen, now: datetime) -> datetime | None:
    """Until when ``owner`` is not to be asked; None where it may be asked at ``now``."""
    end = dict(frozen).get(owner)
    return end if end is not None and end > now else None

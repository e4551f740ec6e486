"""What the use cases need of the needs and their matches; see `ports`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeAlias

from schemas.match import Match
from services.matcher.domain.freezing import Parting
from services.matcher.domain.life.case import Case, Pair, Ring
from services.matcher.domain.life.effects import Tell
from services.matcher.domain.model import Need, Owner
from services.matcher.domain.planning import Plan
from services.matcher.domain.policy import Policy, Spread
from services.matcher.domain.spread import Loads

Verdict: TypeAlias = Literal["struck", "added"]
Place: TypeAlias = tuple[str, int]
"""A topic's name and a partition."""


@dataclass(frozen=True, slots=True)
class Held:
    """A need as it stands, locked until the transaction ends: its newest version (without its
    vector), its life (None: it has none yet), its matches, and the database's time (UTC).
    """

    need: Need
    case: Case | None
    pairs: tuple[Pair, ...]
    matches: Mapping[str, Match]
    now: datetime


@dataclass(frozen=True, slots=True)
class Lived:
    """What became of a need in one transaction. ``plan`` is what was planned for it, of
    ``considered`` supplies by the score ``score_model``, and ``abroad`` are those of them beyond
    the hub's own cluster. ``unmatched``: it was found that nobody (else) can be asked.
    """

    case: Case
    timers: Mapping[Ring, datetime]
    told: Sequence[Tell] = ()
    plan: Plan = field(default_factory=Plan)
    considered: int = 0
    abroad: frozenset[str] = frozenset()
    cluster: str = ""
    unmatched: bool = False
    score_model: str | None = None


@dataclass(frozen=True, slots=True)
class OpenNeed:
    """A stored need: its event's data, and the partition it came by."""

    need_id: str
    kind: str
    facts: dict[str, Any]
    place: Place


class Needs(Protocol):
    """The needs and their matches, stored and published."""

    async def save(self, need: Need, place: Place, facts: dict[str, Any]) -> bool:
        """Store a version of a need; False when what is there is as new or newer."""
        ...

    async def load(self, need_id: str) -> Held | None:
        """The need, locked, so that one thing happens to it at a time; None when unknown."""
        ...

    async def keep(self, held: Held, lived: Lived, policy: Policy) -> Sequence[Match]:
        """Store what became of ``held``, and publish all that is to be heard of it; returns the
        matches that are new.
        """
        ...

    async def due(self) -> str | None:
        """The need whose timer is longest due, locked; None when nothing is due, or others have
        it. Its timers are forgotten: `keep` writes those that follow.
        """
        ...

    async def put_off(self, need_id: str, by: timedelta) -> None:
        """Let the timers of a need that are due be due again only after ``by``."""
        ...

    async def next_due(self) -> timedelta | None:
        """How long until the next timer is due; None when there is none."""
        ...

    async def judge(
        self, need_id: str, verdicts: Mapping[str, Verdict], by: str, at: datetime
    ) -> None:
        """Note what an ambassador made of candidates, by supply id."""
        ...

    async def open_of(self, topic: str, partitions: Collection[int]) -> list[OpenNeed]:
        """The open needs of the given partitions."""
        ...

    async def open_one(self, need_id: str) -> list[OpenNeed]:
        """The one need with this id where it is open, else nothing."""
        ...

    async def page(self, after: str, limit: int) -> list[OpenNeed]:
        """Open needs of every partition whose id follows ``after``, in the order of ids."""
        ...

    async def count_open(self) -> int:
        """How many needs are open, of every partition."""
        ...

    async def partings(self, need: Need, within: timedelta) -> list[Parting]:
        """Who parted from the asker of ``need``, over any demand, no longer ago than ``within``."""
        ...

    async def loads(self, owners: Collection[Owner], spread: Spread) -> Loads:
        """What each of ``owners`` was asked within the window of ``spread``, for demands; those
        who were asked nothing are left out.
        """
        ...

"""A need with its matches, as plain data: all that its life depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from services.matcher.domain.freezing import Why, why_parted

Side = Literal["need", "supply"]
Answer = Literal["accept", "decline", "withdraw"]
PairState = Literal["proposed", "accepted", "declined", "lapsed", "superseded", "introduced"]
NeedState = Literal[
    "open", "proposed", "introduced", "fulfilled", "withdrawn", "expired", "unmatched"
]
Because = Literal[
    "enough", "withdrawn", "edited", "expired", "supply-gone", "full", "asker-silent", "struck"
]
Bell = Literal[
    "reminder",
    "lapse",
    "other-reminder",
    "other-lapse",
    "outcome",
    "outcome-reminder",
    "place-back",
    "confirm-end",
    "wave-end",
    "expiry-near",
    "expiry",
    "archive",
]
Ring = tuple[Bell, str]
"""A bell and the match it is for; "" for the need itself."""

WAITING: frozenset[PairState] = frozenset({"proposed", "accepted"})
LOOKING: frozenset[NeedState] = frozenset({"open", "proposed", "introduced", "unmatched"})
"""The states in which a need may still be proposed to somebody."""


@dataclass(frozen=True, slots=True)
class Said:
    """The last word of one side."""

    answer: Answer
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one side says came of an introduction."""

    outcome: Literal["met", "contract", "nothing"]
    at: datetime
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One match. ``asked`` is the side that is asked first; ``answer_by`` is until when the side
    whose turn it is may answer. ``place`` is a place of the supply: "waiting" is in line for one,
    as number ``waiting`` once the line was put in order; the other side is not asked meanwhile.
    """

    match_id: str
    supply_id: str
    supply_kind: Literal["member", "offer"]
    asked: Side
    state: PairState
    wave: int
    proposed_at: datetime
    answer_by: datetime
    changed_at: datetime
    version: int = 1
    accepted_at: datetime | None = None
    introduced_at: datetime | None = None
    need_said: Said | None = None
    supply_said: Said | None = None
    closed_because: Because | None = None
    place: Literal["none", "held", "waiting"] = "none"
    waiting: int | None = None
    need_outcome: Outcome | None = None
    supply_outcome: Outcome | None = None

    @property
    def other(self) -> Side:
        """The side that is asked second."""
        return "supply" if self.asked == "need" else "need"

    @property
    def in_line(self) -> bool:
        """Whether it has a yes, and waits for a place."""
        return self.state == "accepted" and self.place == "waiting"

    def said_by(self, side: Side) -> Said | None:
        """The last word of ``side``."""
        return self.need_said if side == "need" else self.supply_said

    def outcome_of(self, side: Side) -> Outcome | None:
        """What ``side`` says came of it."""
        return self.need_outcome if side == "need" else self.supply_outcome


def parted(pair: Pair) -> Why | None:
    """What parted the two sides of ``pair``, see `freezing`."""
    need, supply = pair.need_said, pair.supply_said
    return why_parted(
        pair.state,
        need.answer if need else None,
        supply.answer if supply else None,
        supply.reason if supply else None,
        [one.outcome for one in (pair.need_outcome, pair.supply_outcome) if one],
    )


@dataclass(frozen=True, slots=True)
class Case:
    """One need. ``wanted`` None: there are never enough (an interest).

    ``wave`` is the one that time has brought it to, ``wave_since`` when somebody was first asked
    in it; who is asked may belong to a later one already (`Pair.wave`). ``confirming`` is the wave
    whose candidates the ambassador has until ``confirm_until``, ``confirmed`` the last one that
    was confirmed; ``struck`` are not to be asked, ``added`` and ``order`` are what the ambassador
    wants of the next proposals, ``picked`` all whom it ever added. ``rung`` are the bells that have
    rung. ``version`` counts the changes that others are told of.
    """

    need_id: str
    kind: Literal["demand", "interest"]
    opened_at: datetime
    expires_at: datetime | None = None
    wanted: int | None = 1
    state: NeedState = "open"
    wave: int = 1
    wave_since: datetime | None = None
    extended: bool = False
    told_unmatched: bool = False
    closed_at: datetime | None = None
    archived: bool = False
    confirmed: int = 0
    confirming: int | None = None
    confirm_until: datetime | None = None
    struck: frozenset[str] = frozenset()
    added: tuple[str, ...] = ()
    picked: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    rung: frozenset[Ring] = frozenset()
    version: int = 0

    @property
    def looking(self) -> bool:
        """Whether somebody may still be proposed."""
        return self.state in LOOKING

    @property
    def furthest(self) -> int:
        """The furthest wave in which somebody was asked, or that time has brought it to."""
        return max((self.wave, *(pair.wave for pair in self.pairs)))

    @property
    def introduced(self) -> int:
        """How many introductions were made."""
        return sum(pair.state == "introduced" for pair in self.pairs)

    @property
    def answered_for(self) -> bool:
        """Whether as many have accepted as are wanted, so that nobody else is asked for now."""
        willing = sum(pair.state in ("accepted", "introduced") for pair in self.pairs)
        return self.wanted is not None and willing >= self.wanted

    @property
    def history(self) -> Mapping[str, str]:
        """What became of whom, by supply id; who was struck was never asked, and will not be."""
        return {
            **dict.fromkeys(self.struck, "struck"),
            **{pair.supply_id: pair.state for pair in self.pairs},
        }

    def pair(self, match_id: str) -> Pair | None:
        """The match with this id."""
        return next((pair for pair in self.pairs if pair.match_id == match_id), None)

    def change(self, pair: Pair, now: datetime, **changes: Any) -> Case:
        """This case with ``pair`` in its next version."""
        following = replace(pair, version=pair.version + 1, changed_at=now, **changes)
        return replace(
            self, pairs=tuple(following if p.match_id == pair.match_id else p for p in self.pairs)
        )

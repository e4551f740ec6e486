"""What became of demands: of each one its proposals, and what both sides said. Plain data.

All times are UTC. A demand's proposals are those of members and offers to its city; the supply's
side is asked first (`schemas.match.Match.recipient`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Answer = Literal["accepted", "declined", "silent", "waiting", "unasked"]
"""What came of asking: ``silent`` let its time pass, ``waiting`` has time left, ``unasked`` was
freed before it said anything (the demand was withdrawn, or somebody else was introduced).
"""

ENDED = frozenset({"fulfilled", "withdrawn", "expired"})
NOT_MY_FIELD = "not-my-field"


@dataclass(frozen=True, slots=True)
class Word:
    """The last word of one side; ``reason`` is that of a decline."""

    answer: str
    reason: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One match of a demand. ``supply`` and ``need`` are the last words of the two sides;
    ``outcomes`` what they say came of an introduction.
    """

    supply_kind: str
    supply_id: str
    state: str
    proposed_at: datetime
    changed_at: datetime | None = None
    accepted_at: datetime | None = None
    introduced_at: datetime | None = None
    supply: Word | None = None
    need: Word | None = None
    outcomes: tuple[str, ...] = ()

    @property
    def answer(self) -> Answer:
        """What the side that was asked first made of it: its first word, and not a later one."""
        if self.accepted_at is not None or self.state in ("accepted", "introduced"):
            return "accepted"
        if self.supply is not None:
            return "accepted" if self.supply.answer == "accept" else "declined"
        return {"proposed": "waiting", "lapsed": "silent"}.get(self.state, "unasked")  # type: ignore[return-value]

    @property
    def answered_at(self) -> datetime | None:
        """When that word came; None where none did."""
        if self.answer not in ("accepted", "declined"):
            return None
        told = self.supply.at if self.supply is not None else None
        return self.accepted_at or told or self.changed_at


@dataclass(frozen=True, slots=True)
class Life:
    """One demand and its proposals. ``decided``: the matcher has judged it at least once;
    ``ended_at`` is when it was fulfilled, withdrawn, or expired.
    """

    demand_id: str
    city: str
    kind: str
    niches: tuple[str, ...]
    state: str
    opened_at: datetime
    decided: bool
    ended_at: datetime | None = None
    proposals: tuple[Proposal, ...] = ()

    @property
    def unmatched(self) -> bool:
        """Whether it was handed to the ambassador: nobody is left, or nobody ever was."""
        return self.state == "unmatched" or (
            self.decided and self.state in ENDED and not self.proposals
        )


def proposal(document: Mapping[str, Any]) -> Proposal:
    """The proposal that a stored `Match` tells of, with or without its need.

    Matches of a hub that kept no words of its sides have ``decline_reason`` alone: it is read as
    the word of who was asked.
    """
    supply, state = document["supply"], str(document["state"])
    said = _word(document.get("supply_said"))
    need = _word(document.get("need_said"))
    changed = _moment(document.get("changed_at"))
    if said is None and need is None and state == "declined":
        said = Word("decline", document.get("decline_reason"), changed)
    outcomes = (document.get(name) for name in ("need_outcome", "supply_outcome"))
    proposed = _moment(document.get("proposed_at")) or changed
    if proposed is None:
        raise ValueError(f"match {document.get('match_id')} says nowhere when it was proposed")
    return Proposal(
        supply_kind=str(supply["kind"]),
        supply_id=str(supply["id"]),
        state=state,
        proposed_at=proposed,
        changed_at=changed,
        accepted_at=_moment(document.get("accepted_at")),
        introduced_at=_moment(document.get("introduced_at")),
        supply=said,
        need=need,
        outcomes=tuple(str(one["outcome"]) for one in outcomes if one),
    )


def _word(told: Mapping[str, Any] | None) -> Word | None:
    if not told:
        return None
    return Word(str(told["answer"]), told.get("reason"), _moment(told.get("at")))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

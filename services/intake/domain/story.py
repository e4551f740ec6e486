"""What happened to a demand, line by line, in order; never how to reach anybody.

A line is the same whenever and however often it is told: its key says which. So lines may come
in any order, and again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.intake.domain.facts import Fact

STATE = "state"
"""A line that holds the need's state as a whole; `in_order` tells what it changed."""

_ORDER = (
    "submitted",
    "changed",
    "reopened",
    "withdrawn",
    "extended",
    "question",
    "question-answered",
    "declined",
    "taken-back",
    "lapsed",
    "accepted",
    "answer-asked",
    "introduced",
    "closed",
    "reminder",
    "confirmed",
    "next-wave",
    "confirmation-asked",
    "shortlisted",
    "proposed",
    "unmatched",
    "outcome",
    "fulfilled",
    "expired",
    "archived",
)
"""Of what happened at one moment: causes before what follows from them."""
_ENDS = ("fulfilled", "expired")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened to a demand; ``details`` are JSON values."""

    demand_id: str
    key: str
    at: datetime
    what: str
    wave: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def of_fact(before: Fact | None, after: Fact) -> Line:
    """What the asker did: the new version ``after`` in place of ``before``."""
    if after.state == "withdrawn":
        what = "withdrawn"
    elif before is None:
        what = "submitted"
    else:
        what = "reopened" if before.state == "withdrawn" else "changed"
    who = {"type": "city", "id": after.document["city"]}
    details = {"who": who, "version": after.version}
    return Line(after.id, f"fact:{after.version}", after.changed_at, what, None, details)


def in_order(lines: Iterable[Line]) -> list[Line]:
    """The story as it is read: oldest first, without what says nothing new."""
    told: list[Line] = []
    state: Mapping[str, Any] = {}
    judged: Line | None = None
    for line in sorted(lines, key=_place):
        if line.what == STATE:
            told += _changes(state, line)
            state = line.details
        elif line.what == "unmatched" and judged is not None and _same_judgement(judged, line):
            continue
        else:
            told.append(line)
            judged = line if line.what in ("shortlisted", "unmatched") else judged
    return sorted(told, key=_place)


def _same_judgement(before: Line, line: Line) -> bool:
    return (before.what, before.wave, before.details.get("version")) == (
        line.what,
        line.wave,
        line.details.get("version"),
    )


def _changes(before: Mapping[str, Any], line: Line) -> Iterator[Line]:
    """What a new state has that the one before it had not."""
    now = line.details
    if now["wave"] > before.get("wave", 1):
        yield replace(line, what="next-wave", details={"reach": now["reach"]})
    if now["extended"] and not before.get("extended"):
        yield replace(line, what="extended", details={"until": now["expires_at"]})
    if now["state"] in _ENDS and now["state"] != before.get("state"):
        yield replace(line, what=now["state"], details={})
    if now["archived"] and not before.get("archived"):
        yield replace(line, what="archived", details={})


def _place(line: Line) -> tuple[datetime, int, str]:
    rank = _ORDER.index(line.what) if line.what in _ORDER else len(_ORDER)
    return line.at, rank, line.key

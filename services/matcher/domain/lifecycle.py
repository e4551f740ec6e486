"""The life of a match: which answer is possible in which state, and what it leads to."""

from __future__ import annotations

from collections.abc import Mapping

TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("proposed", "accept"): "accepted",
    ("proposed", "decline"): "declined",
    ("accepted", "withdraw"): "declined",
    ("proposed", "withdraw"): "declined",
    ("proposed", "close"): "superseded",
}
"""(state, event) to the next state. What is not here changes nothing: a late or repeated answer."""

TAKES_A_PLACE = frozenset({"accepted", "introduced"})


def after(state: str, event: str) -> str | None:
    """The state that follows, None when ``event`` changes nothing in ``state``."""
    return TRANSITIONS.get((state, event))


def places_taken(before: str, now: str) -> int:
    """How many places of the supply the step takes: 1, 0, or -1 when it frees one."""
    return (now in TAKES_A_PLACE) - (before in TAKES_A_PLACE)

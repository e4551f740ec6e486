"""The state of a demand, from what was decided about it and what became of its matches."""

from __future__ import annotations

from collections.abc import Collection

_WITH_SOMEBODY = {"proposed", "accepted"}


def state_of(present: str, outcome: str | None, matches: Collection[str]) -> str:
    """The state to show (design, section 6).

    ``outcome`` is the newest decision's about the present version of the demand, None before
    the first; ``matches`` are the states of its matches. A withdrawn demand stays withdrawn,
    whatever the matcher says later.
    """
    if present == "withdrawn":
        return present
    if "introduced" in matches:
        return "introduced"
    if _WITH_SOMEBODY.intersection(matches):
        return "proposed"
    if outcome == "unmatched":
        return "unmatched"
    return "open"

"""The state of a demand: as the matcher told it, or from what was decided and came of it."""

from __future__ import annotations

from collections.abc import Collection

_WITH_SOMEBODY = {"proposed", "accepted"}


def state_of(present: str, told: str | None, outcome: str | None, matches: Collection[str]) -> str:
    """The state to show (design, section 6).

    ``told`` is what the matcher last said of it since it was opened, None when it said nothing:
    then ``outcome``, the newest decision's about the present version of the demand (None before
    the first), and ``matches``, the states of its matches, say it. A withdrawn demand stays
    withdrawn, whatever the matcher says later.
    """
    if present == "withdrawn":
        return present
    if told is not None:
        return told
    if "introduced" in matches:
        return "introduced"
    if _WITH_SOMEBODY.intersection(matches):
        return "proposed"
    if outcome == "unmatched":
        return "unmatched"
    return "open"

"""Spans of time as people write them: "36 hours", "7 days"."""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = timedelta(days=3_653)
_UNITS = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
}
_SPAN = re.compile(r"(\d{1,7})\s+(minute|hour|day|week)s?", re.ASCII)
_HOW = 'write a number and minutes, hours, days or weeks, as "7 days"'


def span(value: object) -> timedelta:
    """The span that ``value`` names. Raises ValueError that says how to write one."""
    if isinstance(value, timedelta):
        return value
    found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no span of time; {_HOW}")
    long = int(found[1]) * _UNITS[found[2]]
    if not timedelta(0) < long <= LONGEST:
        raise ValueError(f"{value!r} is not between a minute and ten years")
    return long


def written(long: timedelta) -> str:
    """A span as it may stand in the file: in days, or the largest smaller unit that fits."""
    for name in ("day", "hour", "minute"):
        many, rest = divmod(long, _UNITS[name])
        if not rest and many:
            return f"{many} {name}{'' if many == 1 else 's'}"
    return f"{long / _UNITS['minute']:g} minutes"

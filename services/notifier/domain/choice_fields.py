"""The fields of a choice: how each is read, and what value each stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from typing import Any, TypeAlias, get_args
from zoneinfo import ZoneInfo, available_timezones

from services.notifier.domain.concerns import CONCERNS, Concern
from services.notifier.domain.messages import LOCALES, Channel
from services.notifier.domain.phrases import N_, Phrase
from services.notifier.domain.preferences import PACES, PUSHED, WEEK, QuietHours

Json: TypeAlias = Any
MOST_A_DAY = 1_000
"""More than anybody gets: who chooses it has no limit."""
MOST_MUTED = 200
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,119}")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class Unfit(Exception):
    """A value that cannot be taken; ``what`` to write instead."""

    def __init__(self, message: str, **values: str) -> None:
        super().__init__(message)
        self.what = Phrase(message, values)


def _one_of(*allowed: str) -> Callable[[object], Json]:
    def reader(value: object) -> Json:
        if not isinstance(value, str) or value not in allowed:
            raise Unfit(N_("write one of: %(values)s"), values=", ".join(allowed))
        return value

    return reader


def _by_concern(reader: Callable[[object], Json]) -> Callable[[object], Json]:
    """One value for every concern, or an object with a value for each of some."""

    def by_concern(value: object) -> Json:
        if not isinstance(value, Mapping):
            one = reader(value)
            return dict.fromkeys(CONCERNS, one)
        if not set(value) <= set(CONCERNS):
            raise Unfit(N_("write one of: %(values)s"), values=", ".join(CONCERNS))
        return {name: None if one is None else reader(one) for name, one in value.items()}

    return by_concern


def _channels(value: object) -> Json:
    allowed: tuple[str, ...] = get_args(Channel)
    if not isinstance(value, list) or not all(one in allowed for one in value):
        raise Unfit(N_("write a list of: %(values)s"), values=", ".join(PUSHED))
    return [channel for channel in PUSHED if channel in value]


def _score(value: object) -> Json:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Unfit(N_("write a number from 0 to 1"))
    return float(value)


def _instant_score(value: object) -> Json:
    try:
        return "never" if value == "never" else _score(value)
    except Unfit as unfit:
        raise Unfit(N_("write a number from 0 to 1, or never")) from unfit


def _time(value: object) -> Json:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise Unfit(N_("write a time of day as 08:30"))
    return value


def _quiet_hours(value: object) -> Json:
    if value == "none":
        return value
    begin, dash, end = value.partition("-") if isinstance(value, str) else ("", "", "")
    if not (dash and _TIME.fullmatch(begin) and _TIME.fullmatch(end)) or begin == end:
        raise Unfit(N_("write two different times as 20:00-08:00, or none"))
    return value


def _quiet_days(value: object) -> Json:
    if not isinstance(value, list) or not all(one in WEEK for one in value):
        raise Unfit(N_("write a list of: %(values)s"), values=", ".join(WEEK))
    days = [day for day in WEEK if day in value]
    if len(days) == len(WEEK):
        raise Unfit(N_("leave at least one day; a pause silences all of them"))
    return days


def _zone(value: object) -> Json:
    if not isinstance(value, str) or value not in available_timezones():
        raise Unfit(N_("write the name of a time zone as Africa/Casablanca"))
    return value


def _most_a_day(value: object) -> Json:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_A_DAY:
        raise Unfit(N_("write a whole number from 1 to %(most)s"), most=str(MOST_A_DAY))
    return value


def _moment(value: object) -> Json:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    # The least and the greatest moments of datetime have no place in every zone.
    if moment is None or moment.tzinfo is None or not 1970 < moment.year < 9999:
        raise Unfit(N_("write a moment with its offset as 2027-01-10T08:00:00+01:00"))
    return moment.astimezone(UTC).isoformat()


def _names(value: object) -> Json:
    good = isinstance(value, list) and len(value) <= MOST_MUTED
    if not good or not all(isinstance(one, str) and _IDENTIFIER.fullmatch(one) for one in value):  # type: ignore[attr-defined]
        raise Unfit(N_("write a list of at most %(most)s ids"), most=str(MOST_MUTED))
    return sorted(set(value))  # type: ignore[call-overload]


READERS: dict[str, Callable[[object], Json]] = {
    "locale": _one_of(*LOCALES),
    "channels": _by_concern(_channels),
    "pace": _by_concern(_one_of(*PACES)),
    "instant_score": _instant_score,
    "digest_at": _time,
    "digest_day": _one_of(*WEEK),
    "quiet_hours": _quiet_hours,
    "quiet_days": _quiet_days,
    "time_zone": _zone,
    "least_score": _score,
    "most_a_day": _most_a_day,
    "paused_until": _moment,
    "muted_niches": _names,
    "kept_niches": _names,
    "muted_cities": _names,
}


def _quiet_value(value: str) -> QuietHours | None:
    if value == "none":
        return None
    begin, _, end = value.partition("-")
    return QuietHours(time.fromisoformat(begin), time.fromisoformat(end))


def _channel_sets(value: Mapping[Concern, list[Channel]]) -> dict[Concern, frozenset[Channel]]:
    return {concern: frozenset(channels) for concern, channels in value.items()}


VALUES: dict[str, Callable[[Json], Json]] = {
    "channels": _channel_sets,
    "instant_score": lambda value: None if value == "never" else value,
    "digest_at": time.fromisoformat,
    "digest_day": WEEK.index,
    "quiet_hours": _quiet_value,
    "quiet_days": lambda value: frozenset(map(WEEK.index, value)),
    "time_zone": ZoneInfo,
    "paused_until": datetime.fromisoformat,
    "muted_niches": frozenset,
    "kept_niches": frozenset,
    "muted_cities": frozenset,
}

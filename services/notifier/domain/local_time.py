"""Days and hours on the clock of a reader, as instants (UTC).

A clock that goes forward skips wall times, one that goes back has some twice, and Morocco's does
both around Ramadan: what is asked of an instant is asked of the clock as it stands then
(`zoneinfo`), and an instant is looked for among those where the answer can change.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from services.notifier.domain.preferences import Pace, Preferences

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_MIDNIGHT = time(0, 0)
_FIRST_MINUTE_ENDS = time(0, 1)
_WHOLE_DAYS = ((0, 0), (23, 59))


def instants(day: date, at: time, zone: ZoneInfo) -> list[datetime]:
    """When the clock of ``zone`` comes to ``at`` on ``day``, earliest first: once, twice where it
    goes back; where it leaps over ``at``, the moment of the leap.
    """
    first, second = (
        datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)
    )
    if first <= second:
        return sorted({first, second})
    # By PEP 495 a skipped time read with fold=1 is before the leap, and with fold=0 after it.
    return _leap(second, first, zone)


def _leap(before: datetime, after: datetime, zone: ZoneInfo) -> list[datetime]:
    """The moment between two full minutes at which the clock is put forward or back, if it is."""
    if _offset(before, zone) == _offset(after, zone):
        return []
    while after - before > _MINUTE:
        middle = before + ((after - before) / 2 // _MINUTE) * _MINUTE
        if _offset(middle, zone) == _offset(before, zone):
            before = middle
        else:
            after = middle
    return [after]


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def day_of(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The begin of the reader's day that holds ``now``, and of the next one."""
    day = now.astimezone(zone).date()
    return instants(day, _MIDNIGHT, zone)[0], instants(day + _DAY, _MIDNIGHT, zone)[0]


def named_day(moment: datetime, zone: ZoneInfo, usual: timezone | None = None) -> date | None:
    """The day that ``moment`` stands for, when it is the first or the last minute of one, on the
    clock of ``zone`` (where it was named) or as it is written; None where an hour was named.

    ``usual`` is the offset of ``zone`` for most of the year, which systems write all year: the
    first minute of a day by it would stand on the day before while the clock is put back. The last
    one stands on its day as the hour that it is.
    """
    for local in (moment.astimezone(zone), moment):
        if (local.hour, local.minute) in _WHOLE_DAYS:
            return local.date()
    if usual is not None and (local := moment.astimezone(usual)).time() < _FIRST_MINUTE_ENDS:
        return local.date()
    return None


def is_quiet(preferences: Preferences, now: datetime) -> bool:
    """Whether the reader wants to hear nothing at ``now``, whatever it is."""
    local = now.astimezone(preferences.zone)
    if local.weekday() in preferences.quiet_days:
        return True
    quiet = preferences.quiet_hours
    if quiet is None:
        return False
    at = local.time()
    if quiet.begin < quiet.end:
        return quiet.begin <= at < quiet.end
    return at >= quiet.begin or at < quiet.end


def next_open(preferences: Preferences, now: datetime) -> datetime:
    """The first instant from ``now`` on that is not quiet."""
    if not is_quiet(preferences, now):
        return now
    day = now.astimezone(preferences.zone).date()
    for ahead in range(-1, 10):
        for instant in _edges(preferences, day + ahead * _DAY):
            if instant > now and not is_quiet(preferences, instant):
                return instant
    raise AssertionError("a week without an open minute was chosen")


def _edges(preferences: Preferences, day: date) -> list[datetime]:
    """Every instant of ``day`` at which quiet can end, earliest first."""
    zone, quiet = preferences.zone, preferences.quiet_hours
    begin, end = instants(day, _MIDNIGHT, zone)[0], instants(day + _DAY, _MIDNIGHT, zone)[0]
    edges = {begin, *_leap(begin, end, zone)}
    if quiet is not None:
        edges.update(instants(day, quiet.end, zone))
    return sorted(edges)


def next_slot(preferences: Preferences, pace: Pace, after: datetime) -> datetime:
    """When the next digest of ``pace`` goes, after ``after``: at its time of day, or when the
    quiet hours around it are over.
    """
    local = after.astimezone(preferences.zone).date()
    # A digest of days ago may have been put off by days off until now.
    for ahead in range(-8, 16):
        day = local + ahead * _DAY
        weekday = day.weekday()
        if weekday != preferences.digest_day if pace == "weekly" else _is_off(preferences, weekday):
            continue
        slot = next_open(preferences, instants(day, preferences.digest_at, preferences.zone)[0])
        if slot > after:
            return slot
    raise AssertionError("a digest has a day in each week")


def _is_off(preferences: Preferences, weekday: int) -> bool:
    return weekday in preferences.quiet_days

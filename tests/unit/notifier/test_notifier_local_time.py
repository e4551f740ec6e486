"""Days, nights and digests on the clock of a reader, also when that clock is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.domain.local_time import (
    day_of,
    instants,
    is_quiet,
    named_day,
    next_open,
    next_slot,
)
from services.notifier.domain.preferences import PACES, Pace, Preferences
from tests.unit.notifier.choosing import ZONES, any_preferences, moments, preferences

MOROCCO = ZoneInfo("Africa/Casablanca")
_DAY = timedelta(days=1)


def at(text: str, zone: ZoneInfo = MOROCCO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_the_ends_of_a_day_stand_for_the_day_and_any_other_minute_for_itself() -> None:
    last = date(2027, 3, 31)
    assert named_day(at("2027-03-31T23:59"), MOROCCO) == last
    assert named_day(at("2027-03-31T23:59:59"), MOROCCO) == last
    assert named_day(at("2027-03-31T00:00"), MOROCCO) == last
    # As a system of another country wrote it.
    assert named_day(datetime.fromisoformat("2027-03-31T23:59:00-04:00"), MOROCCO) == last
    assert named_day(at("2027-03-31T17:00"), MOROCCO) is None


def test_nothing_is_sent_at_night_by_default() -> None:
    hub = Preferences()
    assert is_quiet(hub, at("2026-11-23T20:00"))
    assert is_quiet(hub, at("2026-11-24T07:59"))
    assert not is_quiet(hub, at("2026-11-24T08:00"))
    assert next_open(hub, at("2026-11-23T23:12")) == at("2026-11-24T08:00")


def test_the_night_follows_the_clock_of_morocco_through_ramadan() -> None:
    # In 2026 the clock goes back from UTC+1 to UTC on 15 February and forth again on 22 March.
    hub = Preferences()
    assert next_open(hub, datetime(2026, 2, 14, 3, tzinfo=UTC)).hour == 7
    assert next_open(hub, datetime(2026, 2, 15, 3, tzinfo=UTC)).hour == 8
    assert next_open(hub, datetime(2026, 3, 21, 3, tzinfo=UTC)).hour == 8
    assert next_open(hub, datetime(2026, 3, 22, 3, tzinfo=UTC)).hour == 7
    assert [
        s.hour
        for s in (next_slot(hub, "daily", datetime(2026, 2, d, 12, tzinfo=UTC)) for d in (13, 15))
    ] == [7, 8]


def test_a_time_that_is_leapt_over_is_the_moment_of_the_leap_and_one_that_is_twice_is_twice() -> (
    None
):
    assert instants(date(2026, 3, 22), time(2, 30), MOROCCO) == [
        datetime(2026, 3, 22, 2, tzinfo=UTC)
    ]
    twice = instants(date(2026, 2, 15), time(2, 30), MOROCCO)
    assert twice == [
        datetime(2026, 2, 15, 1, 30, tzinfo=UTC),
        datetime(2026, 2, 15, 2, 30, tzinfo=UTC),
    ]


def test_a_day_off_is_skipped_by_the_daily_digest_and_moves_the_weekly_one() -> None:
    weekend = preferences(quiet_days=["saturday", "sunday"], digest_day="sunday")
    friday = at("2026-11-27T12:00")
    assert next_slot(weekend, "daily", friday) == at("2026-11-30T08:30")
    assert next_slot(weekend, "weekly", friday) == at("2026-11-30T08:00")


def test_a_digest_that_would_come_at_night_comes_when_the_night_is_over() -> None:
    early = preferences(digest_at="06:00")
    assert next_slot(early, "daily", at("2026-11-23T12:00")) == at("2026-11-24T08:00")


@given(any_preferences, moments)
def test_the_next_open_moment_is_open_and_the_first(chosen: Preferences, now: datetime) -> None:
    found = next_open(chosen, now)
    assert found >= now
    assert not is_quiet(chosen, found)
    before, minute = found - now, timedelta(minutes=1)
    for back in range(1, 120):
        if back * minute <= before:
            assert is_quiet(chosen, found - back * minute)
    if found > now:
        assert is_quiet(chosen, found - timedelta(microseconds=1))


@given(any_preferences, st.sampled_from(PACES[1:]), moments)
def test_the_next_digest_is_ahead_within_its_time_and_at_no_quiet_hour(
    chosen: Preferences, pace: Pace, now: datetime
) -> None:
    slot = next_slot(chosen, pace, now)
    assert slot > now
    assert not is_quiet(chosen, slot)
    # Six days off at most, and the hours of a night and of a changed clock.
    assert slot - now <= (14 if pace == "weekly" else 8) * _DAY
    assert next_slot(chosen, pace, slot - timedelta(microseconds=1)) == slot


@settings(max_examples=300)
@given(st.sampled_from(ZONES).map(ZoneInfo), moments)
def test_every_moment_is_in_one_day_and_days_follow_each_other(
    zone: ZoneInfo, now: datetime
) -> None:
    begin, end = day_of(now, zone)
    assert begin <= now < end
    assert timedelta(hours=22) <= end - begin <= timedelta(hours=26)
    assert day_of(end, zone)[0] == end
    assert day_of(begin, zone) == (begin, end)
    assert begin.astimezone(zone).date() == now.astimezone(zone).date()


@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_of_a_year_of_changed_clocks_is_found_again(zone: str) -> None:
    place, now = ZoneInfo(zone), datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(0, 366 * 24, 5):
        now += timedelta(hours=5, minutes=7)
        local = now.astimezone(place)
        assert now in instants(local.date(), local.time().replace(fold=0), place)

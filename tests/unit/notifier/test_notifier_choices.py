"""What can be chosen, how choices lie over one another, and what is said of a wrong one."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any, get_args

import pytest
from hypothesis import given
from pydantic import ValidationError

from schemas import values as contract
from services.notifier.adapters.events import published
from services.notifier.domain.choices import (
    FIELDS,
    NOTHING,
    BadPreferences,
    laid_over,
    preferences_of,
    read,
    read_leniently,
    shown,
)
from services.notifier.domain.concerns import CONCERN, CONCERNS
from services.notifier.domain.gate import Gather, Push, Today, may_go
from services.notifier.domain.messages import MessageKind
from services.notifier.domain.preferences import SILENT, WEEK, Preferences, QuietHours
from tests.unit.notifier.choosing import choices


def kinds() -> set[str]:
    return {kind for part in get_args(MessageKind) for kind in (get_args(part) or (part,))}


def test_every_kind_of_message_has_a_concern() -> None:
    assert set(CONCERN) == kinds()
    assert set(CONCERN.values()) == set(CONCERNS)


def test_a_pause_until_the_end_of_time_is_a_pause() -> None:
    said = contract.Preferences.model_validate({"paused_until": "9999-12-31T23:59:59Z"})
    paused = preferences_of(published(said), NOTHING)
    now = datetime(2026, 11, 24, tzinfo=UTC)
    passage = may_go(Push("mail", "proposals"), paused, Today(), now)
    assert isinstance(passage, Gather)
    assert passage.slot.year == 9998


def test_who_chose_nothing_has_the_defaults_of_the_hub() -> None:
    assert preferences_of(NOTHING, NOTHING) == Preferences()
    assert preferences_of({"most_a_day": 7}, NOTHING).most_a_day == 7


def test_the_own_choice_goes_before_the_published_one_field_by_field() -> None:
    published = read({"pace": "weekly", "most_a_day": 1, "digest_at": "10:15"})
    own = read({"pace": {"news": "instant"}, "most_a_day": 2})
    both = preferences_of(published, own)
    assert (both.most_a_day, both.digest_at) == (2, time(10, 15))
    assert both.pace["news"] == "instant"
    assert both.pace["proposals"] == "weekly"


def test_a_choice_can_be_taken_back() -> None:
    chosen = read({"pace": {"news": "weekly", "office": "weekly"}, "most_a_day": 1})
    fewer = laid_over(chosen, read({"pace": {"news": None}, "most_a_day": None}))
    assert fewer == {"pace": {"office": "weekly"}}
    assert laid_over(fewer, read({"pace": {"office": None}})) == {}
    assert laid_over(fewer, read({"pace": None})) == {}


def test_silence_leaves_the_page_alone() -> None:
    silent = preferences_of(read(SILENT))
    for concern in CONCERNS:
        assert not silent.wants("mail", concern)
        assert not silent.wants("webhook", concern)
        assert silent.wants("inbox", concern)


def test_a_pause_is_kept_in_utc() -> None:
    chosen = read({"paused_until": "2027-01-10T08:00:00+01:00"})
    assert preferences_of(chosen).paused_until == datetime(2027, 1, 10, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("locale", "de"),
        ("pace", "hourly"),
        ("pace", {"weather": "daily"}),
        ("channels", "mail"),
        ("channels", {"news": ["pigeon"]}),
        ("instant_score", "sometimes"),
        ("instant_score", True),
        ("least_score", 1.5),
        ("least_score", "0.5"),
        ("least_score", float("nan")),
        ("digest_at", "8:30"),
        ("digest_at", "24:00"),
        ("digest_at", 830),
        ("digest_day", 0),
        ("quiet_hours", "20:00"),
        ("quiet_hours", "20:00-20:00"),
        ("quiet_hours", ["20:00", "08:00"]),
        ("quiet_days", "sunday"),
        (
            "quiet_days",
            list(WEEK),
        ),
        ("quiet_days", [["monday"]]),
        ("time_zone", "Morocco/Casablanca"),
        ("time_zone", "../etc/passwd"),
        ("time_zone", 1),
        ("most_a_day", 0),
        ("most_a_day", 1_001),
        ("most_a_day", 2.5),
        ("most_a_day", True),
        ("paused_until", "tomorrow"),
        ("paused_until", "2027-01-10T08:00:00"),
        ("paused_until", "0001-01-01T00:00:00+14:00"),
        ("muted_cities", "settat"),
        ("muted_cities", ["<b>"]),
        ("muted_niches", [["a"]]),
        ("muted_niches", [f"n{n}" for n in range(201)]),
        ("collour", "red"),
    ],
)
def test_what_cannot_be_taken_is_named_with_what_to_write(field: str, value: Any) -> None:
    with pytest.raises(BadPreferences) as caught:
        read({"most_a_day": 3, field: value} if field != "most_a_day" else {field: value})
    [problem] = caught.value.problems
    assert problem.field == field
    assert problem.what.message.startswith(("write", "leave", "there is no such"))
    assert problem.what.message % problem.what.values


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_taken() -> None:
    with pytest.raises(BadPreferences) as caught:
        read({"most_a_day": 0, "digest_at": "soon", "locale": "ar"})
    assert [one.field for one in caught.value.problems] == ["most_a_day", "digest_at"]


def test_of_what_a_system_published_the_good_part_is_taken() -> None:
    taken, refused = read_leniently({"most_a_day": 2, "time_zone": "Mars", "locale": None})
    assert (taken, refused) == ({"most_a_day": 2}, ["time_zone"])


@given(choices)
def test_what_is_shown_is_what_was_chosen_and_reads_back_as_the_same(
    chosen: dict[str, Any],
) -> None:
    preferences = preferences_of(read(chosen))
    assert list(shown(preferences)) == list(FIELDS)
    assert preferences_of(read(shown(preferences))) == preferences
    assert read(read(chosen)) == read(chosen)


@given(choices, choices)
def test_choosing_twice_is_choosing_the_last(first: dict[str, Any], last: dict[str, Any]) -> None:
    once = laid_over(read(first), read(last))
    assert laid_over(once, read(last)) == once
    assert preferences_of(read(first), read(last)) == preferences_of(once)


def test_what_a_cluster_may_say_of_its_member_is_something_to_choose() -> None:
    # Where it lives, and what is not about telling.
    elsewhere = {"locale", "channels", "consents_abroad", "opted_out"}
    assert set(contract.Preferences.model_fields) - elsewhere <= set(FIELDS)
    said = contract.Preferences(
        pace="weekly",
        quiet_hours="21:00-07:00",
        quiet_days=["sunday"],
        paused_until=datetime(2027, 1, 10, tzinfo=UTC),
        most_a_day=2,
        muted_cities=("settat",),
    )
    taken = preferences_of(published(said))
    assert taken.pace["news"] == "weekly"
    assert taken.pace["introductions"] == "instant"
    assert taken.quiet_hours == QuietHours(time(21, 0), time(7, 0))
    assert taken.paused_until == said.paused_until
    assert (taken.quiet_days, taken.muted_cities) == (frozenset({6}), frozenset({"settat"}))
    assert published(contract.Preferences()) == {}


@pytest.mark.parametrize(
    "wrong", [{"time_zone": "Mars/Base"}, {"quiet_hours": "08:00-08:00"}, {"most_a_day": 0}]
)
def test_what_cannot_be_taken_is_refused_at_the_door_of_the_hub(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        contract.Preferences(**wrong)

"""The form of preferences says what there is, and is read as it was filled."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.choices import FIELDS, differing, laid_over, preferences_of, read
from services.notifier.domain.concerns import CONCERNS
from services.notifier.domain.messages import Channel
from services.notifier.domain.preference_form import as_choice, as_fields
from services.notifier.domain.preference_wording import (
    CHANNEL_WORDS,
    CONCERN_WORDS,
    FIELD_WORDS,
    PACE_WORDS,
    PROBLEM_WORDS,
)
from services.notifier.domain.preferences import PACES, PUSHED, Preferences
from tests.unit.notifier.choosing import any_preferences, choices


def test_every_field_concern_and_pace_has_a_name_on_the_page() -> None:
    assert set(FIELD_WORDS) == set(FIELDS)
    assert tuple(CONCERN_WORDS) == CONCERNS
    assert tuple(PACE_WORDS) == PACES
    assert tuple(CHANNEL_WORDS) == PUSHED
    assert set(PROBLEM_WORDS) < set(FIELDS)


@given(any_preferences)
def test_a_form_that_is_sent_as_it_came_says_what_was_there(chosen: Preferences) -> None:
    assert preferences_of(read(as_choice(as_fields(chosen), chosen))) == chosen


@given(any_preferences)
def test_a_form_that_is_sent_as_it_came_changes_nothing(chosen: Preferences) -> None:
    wanted = read(as_choice(as_fields(chosen), chosen))
    assert laid_over({}, differing(wanted, chosen)) == {}


@given(choices, choices)
def test_what_differs_is_what_has_to_be_chosen(
    base: dict[str, Any], wanted: dict[str, Any]
) -> None:
    given_, target = preferences_of(read(base)), preferences_of(read(wanted))
    form = read(as_choice(as_fields(target), target))
    # A form cannot say "no pause" or "no language" against the hub's own default.
    own = laid_over({}, differing(form, given_))
    after = preferences_of(read(base), own)
    assert after.pace == target.pace
    assert after.channels == target.channels
    assert after.most_a_day == target.most_a_day
    assert after.quiet_hours == target.quiet_hours
    assert after.muted_cities == target.muted_cities


@given(any_preferences, any_preferences, st.sets(st.sampled_from(PUSHED)))
def test_a_channel_that_the_form_did_not_show_stays_as_it_is(
    there: Preferences, wanted: Preferences, shown: set[Channel]
) -> None:
    sent = as_fields(wanted) | {"channel": sorted(shown)}
    after = preferences_of(read(as_choice(sent, there)))
    for concern in CONCERNS:
        for channel in PUSHED:
            decided = wanted if channel in shown | {"mail"} else there
            assert after.wants(channel, concern) == decided.wants(channel, concern)

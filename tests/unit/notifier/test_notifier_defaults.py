"""The hub's own defaults, from its settings."""

from __future__ import annotations

import pytest

from services.notifier.app import BadDefaults, default_preferences
from services.runtime.settings import Settings


def settings(monkeypatch: pytest.MonkeyPatch, text: str) -> Settings:
    monkeypatch.setenv("JISR_DEFAULT_PREFERENCES", text)
    return Settings(_env_file=None)


@pytest.mark.parametrize("text", ["", "{}"])
def test_set_and_empty_says_nothing(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert default_preferences(settings(monkeypatch, text)) == {}


def test_what_the_hub_chose_for_all_is_read_as_any_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings(monkeypatch, '{"most_a_day": 5, "quiet_hours": "19:00-09:00"}')
    assert default_preferences(given) == {"most_a_day": 5, "quiet_hours": "19:00-09:00"}


@pytest.mark.parametrize("text", ["{bad", "[1]", '"x"'])
def test_what_is_no_json_object_is_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    with pytest.raises(ValueError, match="default_preferences"):
        settings(monkeypatch, text)


def test_what_nobody_can_choose_the_hub_cannot_either(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadDefaults, match="most_a_day: write a whole number from 1"):
        default_preferences(settings(monkeypatch, '{"most_a_day": 0}'))

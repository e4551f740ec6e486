"""What stands on a page about each matter, once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from services.notifier.adapters.cards import CardMaker
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Party
from services.notifier.domain.standing import NeedState, Standing
from services.notifier.use_cases.ports import Entry
from tests.unit.notifier.messages import NOW, note

AMBASSADOR = Party("member", "khlasspay")


def told(number: int, wave: int, state: str) -> Entry:
    at = NOW - timedelta(hours=number)
    return Entry(UUID(int=number), note(wave=wave), at, Standing(need=NeedState(state, wave)))


def sections(state: str) -> list[str]:
    cards = CardMaker(AMBASSADOR, Directory(), "fr").cards(
        [told(1, 2, state), told(2, 1, state)], NOW
    )
    assert cards[0].at == NOW - timedelta(hours=1)
    return [card.section for card in cards]


def test_of_a_demand_that_is_over_the_history_of_its_ambassador_has_one_line() -> None:
    assert sections("fulfilled") == ["past"]


def test_while_a_demand_is_open_each_wave_of_it_has_its_card() -> None:
    assert sections("proposed") == ["office", "office"]

"""What an attempt at an endpoint comes to: retries, Retry-After, and the end of patience."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.attempts import Delivered, Failed, Retry
from services.notifier.domain.webhooks import (
    JITTER,
    PATIENCE,
    WAITS_S,
    Answered,
    Failing,
    HookOutcome,
    SwitchOff,
    Unreachable,
    Well,
    Withheld,
    health,
    judge_hook,
    retry_after,
)

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
AWAY = Unreachable("no answer within 20 s")
RANDOM = st.floats(0, 1, exclude_max=True)
BAD = st.sampled_from([AWAY, Answered(500), Answered(302), Answered(404), Answered(429, "", 60.0)])


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_a_delivery(status: int) -> None:
    assert isinstance(judge_hook(Answered(status), 1, NOW, 0.5), Delivered)


@pytest.mark.parametrize("status", [100, 199, 300, 301, 302, 307, 308, 400, 404, 429, 500, 503])
def test_everything_else_is_tried_again_a_redirection_too(status: int) -> None:
    assert isinstance(judge_hook(Answered(status), 1, NOW, 0.5), Retry)


def test_gone_is_not_tried_again() -> None:
    assert judge_hook(Answered(410, "Gone"), 1, NOW, 0.5) == Failed("410 Gone")


@given(st.integers(1, len(WAITS_S)), RANDOM, BAD)
def test_waits_are_those_of_the_schedule_and_at_most_a_fifth_longer(
    tries: int, random: float, outcome: HookOutcome
) -> None:
    verdict = judge_hook(outcome, tries, NOW, random)
    assert isinstance(verdict, Retry)
    wait = (verdict.at - NOW).total_seconds()
    asked = outcome.retry_after if isinstance(outcome, Answered) else None
    least = max(WAITS_S[tries - 1], asked or 0)
    assert least <= wait + 1e-6
    assert wait <= least * (1 + JITTER) + 1e-6


def test_after_the_last_wait_it_is_given_up() -> None:
    verdict = judge_hook(AWAY, len(WAITS_S) + 1, NOW, 0.5)
    assert isinstance(verdict, Failed)
    assert "given up after 8 attempts" in verdict.detail


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("-3", None),
        ("soon", None),
        ("99999999999999", 86_400.0),
        ("Mon, 23 Nov 2026 09:02:00 GMT", 120.0),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0.0),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 86_400.0),
        (f"Fri, 31 Dec 2100 {'9' * 20}:59:59 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_a_day(
    text: str | None, seconds: float | None
) -> None:
    assert retry_after(text, NOW) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_that_a_receiver_writes_is_an_error(text: str) -> None:
    seconds = retry_after(text, NOW)
    assert seconds is None or 0 <= seconds <= 86_400


def test_an_endpoint_that_fails_for_five_days_is_switched_off() -> None:
    since = NOW - PATIENCE
    assert health(since, [AWAY], NOW) == SwitchOff("failing", since, AWAY.detail)
    assert health(since + timedelta(seconds=1), [AWAY], NOW) == Failing(
        since + timedelta(seconds=1), AWAY.detail
    )


def test_one_good_answer_among_bad_ones_keeps_it_on() -> None:
    assert health(NOW - 2 * PATIENCE, [AWAY, Answered(204), AWAY], NOW) == Well()


def test_gone_switches_off_at_once_whatever_else_was_answered() -> None:
    judged = health(None, [Answered(200), Answered(410, "Gone")], NOW)
    assert judged == SwitchOff("gone", NOW, "410 Gone")


def test_what_was_not_sent_says_nothing_of_an_endpoint() -> None:
    assert health(None, [Withheld("the endpoint is off")], NOW) == Well()


@given(st.lists(BAD, min_size=1, max_size=60), st.lists(st.floats(0, 50), min_size=60, max_size=60))
def test_an_endpoint_that_never_answers_well_is_off_after_five_days_and_not_before(
    outcomes: list[HookOutcome], hours: list[float]
) -> None:
    now, since = NOW, None
    for outcome, wait in zip(outcomes, hours, strict=False):
        judged = health(since, [outcome], now)
        if isinstance(judged, SwitchOff):
            assert now - NOW >= PATIENCE
            return
        assert isinstance(judged, Failing)
        assert judged.since == NOW
        since = judged.since
        now += timedelta(hours=wait)

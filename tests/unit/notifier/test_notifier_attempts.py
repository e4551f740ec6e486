"""What follows from an attempt, and when to try again."""

from __future__ import annotations

from datetime import timedelta

import aiosmtplib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.adapters.smtp import outcome_of
from services.notifier.domain.attempts import (
    GIVE_UP_AFTER,
    LONGEST_WAIT_S,
    Accepted,
    Deferred,
    Delivered,
    Failed,
    Refused,
    Retry,
    judge,
    next_attempt,
    without_addresses,
)
from tests.unit.notifier.messages import NOW

chance = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 10_000), chance)
def test_waits_grow_and_stay_within_bounds(attempt: int, random: float) -> None:
    wait = (next_attempt(attempt, NOW, random) - NOW).total_seconds()
    assert 1 <= wait <= LONGEST_WAIT_S
    later = (next_attempt(attempt + 1, NOW, random) - NOW).total_seconds()
    assert later >= wait


def test_the_first_waits_double() -> None:
    waits = [(next_attempt(n, NOW, 0) - NOW).total_seconds() for n in range(1, 5)]
    assert waits == [1, 2, 4, 8]


def test_each_outcome_has_its_verdict() -> None:
    assert judge(Accepted("250"), 1, NOW, NOW, 0) == Delivered("250")
    assert judge(Refused("550"), 1, NOW, NOW, 0) == Failed("550")
    assert isinstance(judge(Deferred("451"), 1, NOW, NOW, 0), Retry)
    assert isinstance(judge(Deferred("451"), 40, NOW, NOW + GIVE_UP_AFTER, 0), Failed)
    last = NOW + GIVE_UP_AFTER - timedelta(seconds=1)
    assert isinstance(judge(Deferred("451"), 40, NOW, last, 0), Retry)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (aiosmtplib.SMTPResponseException(550, "no <x@y.example>"), Refused),
        (aiosmtplib.SMTPResponseException(451, "later"), Deferred),
        (
            aiosmtplib.SMTPRecipientsRefused(
                [aiosmtplib.SMTPRecipientRefused(550, "no", "x@y.example")]
            ),
            Refused,
        ),
        (
            aiosmtplib.SMTPRecipientsRefused(
                [aiosmtplib.SMTPRecipientRefused(450, "busy", "x@y.example")]
            ),
            Deferred,
        ),
        (aiosmtplib.SMTPConnectError("refused"), Deferred),
        (aiosmtplib.SMTPServerDisconnected("gone"), Deferred),
        (aiosmtplib.SMTPReadTimeoutError("slow"), Deferred),
        (aiosmtplib.SMTPHeloError(554, "no service"), Deferred),
        (aiosmtplib.SMTPDataError(554, "looks like spam"), Refused),
        (aiosmtplib.SMTPAuthenticationError(535, "bad credentials"), Deferred),
        (aiosmtplib.SMTPSenderRefused(550, "not from you", "hub@jisr.example"), Deferred),
        (aiosmtplib.SMTPSenderRefused(552, "too large", "hub@jisr.example"), Refused),
        (aiosmtplib.SMTPResponseException(530, "log in first"), Deferred),
        (ConnectionResetError(), Deferred),
        (aiosmtplib.SMTPNotSupported("SMTPUTF8"), Refused),
    ],
)
def test_only_a_5xx_about_the_mail_is_for_good(error: Exception, kind: type) -> None:
    outcome = outcome_of(error)
    assert isinstance(outcome, kind)
    assert "@" not in outcome.detail
    assert outcome.detail


def test_a_server_that_is_away_for_an_hour_is_asked_now_and_then_and_loses_nothing() -> None:
    now, attempts = NOW, 0
    while now < NOW + timedelta(hours=1):
        attempts += 1
        verdict = judge(Deferred("refused"), attempts, NOW, now, 0.5)
        assert isinstance(verdict, Retry)
        now = verdict.at
    assert attempts <= 16
    assert now - (NOW + timedelta(hours=1)) <= timedelta(seconds=LONGEST_WAIT_S)


@given(st.text(), st.emails(), st.text())
def test_no_address_survives_in_a_detail(before: str, address: str, after: str) -> None:
    assert address not in without_addresses(f"{before} {address} {after}")
    assert "@" not in without_addresses(f"<{address}>: {after.replace('@', '')}")

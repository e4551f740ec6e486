"""What an attempt to send a webhook came to, and what follows for it and for its endpoint.

The schedule is the one that the Standard Webhooks specification 1.0 proposes ("Retry schedule"),
and so are 410 as the end of an endpoint and the obedience to Retry-After (RFC 9110, 10.2.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias

from services.notifier.domain.attempts import Delivered, Failed, Retry, Verdict

WAITS_S = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 36_000.0)
"""Seconds before the second, the third ... attempt: eight attempts in twenty-eight hours."""

JITTER = 0.2
"""The share by which a wait may be longer, so that what failed together comes back apart."""

LONGEST_RETRY_AFTER_S = 24 * 3600.0
PATIENCE = timedelta(days=5)
"""An endpoint at which every attempt has failed for so long is switched off."""

GONE = 410


@dataclass(frozen=True, slots=True)
class Answered:
    """The receiver answered. ``retry_after``: seconds that it asked to wait."""

    status: int
    reason: str = ""
    retry_after: float | None = None

    @property
    def is_good(self) -> bool:
        """Only 2xx is: a redirection is a failure, as it could lead anywhere."""
        return 200 <= self.status < 300

    @property
    def detail(self) -> str:
        """What it said, in a line."""
        return f"{self.status} {self.reason}".strip()


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No answer that could be read: no connection, no certificate, no time left."""

    detail: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """Nothing was sent, and nothing will be: the endpoint is off or gone, or its reader does not
    want it.
    """

    detail: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """Nothing was sent yet: its reader wants nothing before ``until``."""

    until: datetime


HookOutcome: TypeAlias = Answered | Unreachable | Withheld | Postponed
PAUSED = "its reader has paused"


def retry_after(text: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for (a number, or a date); None without one."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return min(float(text.strip()[:9]), LONGEST_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), LONGEST_RETRY_AFTER_S)


def judge_hook(outcome: HookOutcome, tries: int, now: datetime, random: float) -> Verdict:
    """What becomes of a webhook after its attempt number ``tries`` (from 1); ``random``: [0, 1)."""
    match outcome:
        case Withheld(detail):
            return Failed(detail)
        case Postponed(until):
            return Retry(until, PAUSED)
        case Answered() if outcome.is_good:
            return Delivered(outcome.detail)
        case Answered(status=410):
            return Failed(outcome.detail)
    if tries > len(WAITS_S):
        return Failed(f"given up after {tries} attempts: {outcome.detail}")
    asked = outcome.retry_after if isinstance(outcome, Answered) else None
    wait = max(WAITS_S[tries - 1], asked or 0.0)
    return Retry(now + timedelta(seconds=wait * (1.0 + JITTER * random)), outcome.detail)


@dataclass(frozen=True, slots=True)
class Well:
    """The endpoint takes what it is sent."""


@dataclass(frozen=True, slots=True)
class Failing:
    """Every attempt since ``since`` has failed."""

    since: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class SwitchOff:
    """Nothing is sent there any more until its owner says so."""

    because: Literal["gone", "failing"]
    since: datetime
    detail: str


Health: TypeAlias = Well | Failing | SwitchOff


def health(failing_since: datetime | None, outcomes: list[HookOutcome], now: datetime) -> Health:
    """How an endpoint fares after ``outcomes``, in the order in which they came about.

    One that went well counts for all of them, wherever it stands: what was on the way at the same
    time says nothing of five days.
    """
    sent = [one for one in outcomes if not isinstance(one, Withheld | Postponed)]
    gone = [one for one in sent if isinstance(one, Answered) and one.status == GONE]
    since = failing_since or now
    if gone:
        return SwitchOff("gone", since, gone[-1].detail)
    if not sent or any(isinstance(one, Answered) and one.is_good for one in sent):
        return Well()
    if now - since >= PATIENCE:
        return SwitchOff("failing", since, sent[-1].detail)
    return Failing(since, sent[-1].detail)

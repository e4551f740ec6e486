"""What an attempt to send came to, and what follows from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 900.0
GIVE_UP_AFTER = timedelta(days=3)
_ADDRESS = re.compile(r"\S*@\S*")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The mail server took the message (250)."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """The server is away or said 4xx: the same message may pass later (RFC 5321, 4.2.1)."""

    detail: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server said 5xx, or there is nothing to send to: no retry will help."""

    detail: str


@dataclass(frozen=True, slots=True)
class Pointless:
    """The proposal was answered or withdrawn before its mail could go."""

    detail: str


Outcome: TypeAlias = Accepted | Deferred | Refused | Pointless


@dataclass(frozen=True, slots=True)
class Delivered:
    """Done."""

    detail: str


@dataclass(frozen=True, slots=True)
class Retry:
    """To be tried again at ``at`` (UTC)."""

    at: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Given up for good."""

    detail: str


Verdict: TypeAlias = Delivered | Retry | Failed


def next_attempt(attempt: int, now: datetime, random: float) -> datetime:
    """When to try again after attempt number ``attempt`` (from 1) failed.

    Doubles from 2 s to a quarter of an hour; ``random`` in [0, 1) spreads the second half of
    each wait, so that what failed together does not come back together.
    """
    wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempt - 1, 20))
    return now + timedelta(seconds=wait * (0.5 + random / 2))


def judge(
    outcome: Outcome, attempt: int, planned_at: datetime, now: datetime, random: float
) -> Verdict:
    """What becomes of a delivery, first planned at ``planned_at``, after this ``outcome``."""
    match outcome:
        case Accepted(detail):
            return Delivered(detail)
        case Refused(detail) | Pointless(detail):
            return Failed(detail)
        case Deferred(detail):
            if now - planned_at >= GIVE_UP_AFTER:
                return Failed(f"given up after {GIVE_UP_AFTER.days} days: {detail}")
            return Retry(next_attempt(attempt, now, random), detail)


def without_addresses(text: str) -> str:
    """``text`` in one short line with every address blanked: servers quote them in replies."""
    return " ".join(_ADDRESS.sub("[address]", text).split())[:300]

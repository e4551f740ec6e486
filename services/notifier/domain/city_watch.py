"""What an ambassador and the city that asks watch over: open demands, and who keeps silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier.domain.messages import MatchState, Need
from services.notifier.domain.phrases import N_, Phrase
from services.notifier.domain.standing import NeedState
from services.notifier.domain.wording import decline_reason

_PATIENCE = timedelta(days=3)
"""How long nobody is called silent who was given no day to answer by."""
_STATES: dict[MatchState, str] = {
    "accepted": N_("Accepted; the city's answer is awaited"),
    "declined": N_("Declined"),
    "introduced": N_("In touch with the city"),
    "lapsed": N_("Did not answer in time"),
    "superseded": N_("No longer asked"),
}


_TO_ASKER: dict[MatchState, str] = {
    "accepted": N_("Accepted; your answer is awaited"),
    "introduced": N_("In touch with you"),
}
_WAVES = {
    "own": N_("Round %(wave)s of %(waves)s: members of our cluster"),
    "national": N_("Round %(wave)s of %(waves)s: our partner clusters in the country too"),
    "international": N_("Round %(wave)s of %(waves)s: our partner clusters abroad too"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who was asked about a demand. ``has_answered``: on its page, and perhaps nobody
    else has heard of it yet.
    """

    name: str
    state: MatchState
    asked_at: datetime | None = None
    answer_by: datetime | None = None
    reason: str | None = None
    has_answered: bool = False

    @property
    def has_accepted(self) -> bool:
        """True as long as its yes stands, as far as the matcher has told."""
        return self.state in ("accepted", "introduced")

    @property
    def is_awaited(self) -> bool:
        """True while it has said nothing."""
        return self.state == "proposed" and not self.has_answered


@dataclass(frozen=True, slots=True)
class OpenDemand:
    """A demand that is not over, and everybody who was asked about it."""

    need: Need
    state: NeedState
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Silence:
    """Somebody who was asked about ``demand`` and lets the time pass."""

    demand: OpenDemand
    asked: Asked


def is_silent(asked: Asked, now: datetime) -> bool:
    """True when more than half of the time to answer has passed without a word."""
    if not asked.is_awaited or asked.asked_at is None:
        return False
    given = asked.answer_by - asked.asked_at if asked.answer_by else 2 * _PATIENCE
    return now - asked.asked_at > given / 2


def silences(demands: Sequence[OpenDemand], now: datetime) -> list[Silence]:
    """Who keeps silent, what runs out first in front."""
    found = [
        Silence(demand, one) for demand in demands for one in demand.asked if is_silent(one, now)
    ]
    return sorted(found, key=lambda one: one.asked.answer_by or one.asked.asked_at or now)


def wave_of(need: NeedState) -> Phrase:
    """Which wave a demand is in, and how far that reaches."""
    values = {"wave": str(need.wave), "waves": str(max(need.wave, need.waves))}
    return Phrase(_WAVES[need.reach], values)


def state_of(asked: Asked, *, to_asker: bool = False) -> Phrase:
    """Where it stands with somebody who was asked, said to the ambassador, or to the city."""
    if to_asker and asked.state in _TO_ASKER:
        return Phrase(_TO_ASKER[asked.state])
    if asked.state != "proposed":
        if asked.state == "declined" and asked.reason:
            reason = {"reason": decline_reason(asked.reason)}
            return Phrase(N_("Declined: %(reason)s"), reason)
        return Phrase(_STATES[asked.state])
    if asked.has_answered:
        return Phrase(N_("Has just answered"))
    if asked.answer_by is None:
        return Phrase(N_("No answer yet"))
    return Phrase(N_("No answer yet; we wait until %(day)s"), {"day": asked.answer_by})

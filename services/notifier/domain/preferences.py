"""How somebody wants to be told, with the hub's defaults.

The inbox page cannot be switched off: it is the record. Everything else can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from services.notifier.domain.concerns import CONCERNS, Concern
from services.notifier.domain.messages import Channel, Locale

Pace = Literal["instant", "daily", "weekly"]
PACES: tuple[Pace, ...] = get_args(Pace)
PUSHED: tuple[Channel, ...] = tuple(one for one in get_args(Channel) if one != "inbox")
"""The channels that come to the reader, which may therefore be unwelcome."""
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOROCCO = "Africa/Casablanca"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``begin`` until before ``end`` on the clock of the reader; over midnight where
    ``begin`` is the later.
    """

    begin: time
    end: time


def _everywhere() -> dict[Concern, frozenset[Channel]]:
    return {concern: frozenset(PUSHED) for concern in CONCERNS}


def _paces() -> dict[Concern, Pace]:
    return {
        "proposals": "daily",
        "answers": "daily",
        "introductions": "instant",
        "news": "daily",
        "office": "daily",
    }


@dataclass(frozen=True, slots=True)
class Preferences:
    """How somebody wants to be told; a value that is left out is the hub's default.

    ``locale``: None where its reader never chose one. ``channels`` and ``pace``: for each concern.
    ``instant_score``: a proposal with at least this score (a probability) goes at once whatever
    the pace; None: none does. ``digest_day``: of the weekly digest, Monday is 0. ``quiet_days``:
    as well. ``kept_niches``: wanted although they stand below a muted one. ``most_a_day``: messages
    that begin on one day of the reader's ``zone``; a digest is one.
    """

    locale: Locale | None = None
    channels: Mapping[Concern, frozenset[Channel]] = field(default_factory=_everywhere)
    pace: Mapping[Concern, Pace] = field(default_factory=_paces)
    instant_score: float | None = 0.8
    digest_at: time = time(8, 30)
    digest_day: int = 0
    quiet_hours: QuietHours | None = QuietHours(time(20, 0), time(8, 0))
    quiet_days: frozenset[int] = frozenset()
    zone: ZoneInfo = ZoneInfo(MOROCCO)  # noqa: RUF009 - immutable, one for each name
    least_score: float = 0.0
    most_a_day: int = 3
    paused_until: datetime | None = None
    muted_niches: frozenset[str] = frozenset()
    kept_niches: frozenset[str] = frozenset()
    muted_cities: frozenset[str] = frozenset()

    def wants(self, channel: Channel, concern: Concern) -> bool:
        """Whether ``concern`` may be told by ``channel``; the inbox always."""
        return channel == "inbox" or channel in self.channels[concern]

    def pause_at(self, now: datetime) -> datetime | None:
        """Until when nothing comes; None when there is no pause, or it is over."""
        until = self.paused_until
        return until if until is not None and until > now else None


SILENT: dict[str, object] = {"channels": []}
"""The choice (`choices.read`) of whoever wants nothing but its page."""

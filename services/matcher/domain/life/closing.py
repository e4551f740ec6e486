"""Ends: of a match that nobody declined, and of a need with all its matches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.matcher.domain.life.answering import Followed, free
from services.matcher.domain.life.case import WAITING, Because, Case, NeedState, Pair
from services.matcher.domain.life.effects import Effect, Tell


def close_pairs(case: Case, pairs: Iterable[Pair], because: Because, now: datetime) -> Followed:
    """End those of ``pairs`` that wait for an answer, and tell whoever was asked, kindly;
    who was to answer second hears of it where the first is gone."""
    effects: list[Effect] = []
    for pair in pairs:
        if pair.state in WAITING:
            effects += free(pair)
            if because != "withdrawn" or pair.asked != "need":  # who takes it back knows
                effects.append(Tell("closed", pair.asked, pair.match_id, because=because))
            left = because == "supply-gone" or (because == "withdrawn" and pair.other == "supply")
            if pair.state == "accepted" and not pair.in_line and left:
                effects.append(Tell("closed", pair.other, pair.match_id, because=because))
            ended: dict[str, Any] = {"state": "superseded", "closed_because": because}
            case = case.change(pair, now, place="none", waiting=None, **ended)
    return case, tuple(effects)


def close(case: Case, state: NeedState, because: Because, now: datetime) -> Followed:
    """End the need; introductions that were made go on."""
    case, effects = close_pairs(case, case.pairs, because, now)
    case = replace(case, state=state, closed_at=now, wave_since=None)
    case = replace(case, confirming=None, confirm_until=None)
    return case, effects


def settled(case: Case, now: datetime) -> Followed:
    """The state that follows from the matches; when enough were introduced the rest is over."""
    if not case.looking:
        return case, ()
    if case.wanted is not None and case.introduced >= case.wanted:
        return close(case, "fulfilled", "enough", now)
    state: NeedState = "open"
    if case.introduced and case.wanted is not None:
        state = "introduced"
    elif any(pair.state in WAITING for pair in case.pairs):
        state = "proposed"
    elif case.told_unmatched:
        state = "unmatched"
    return replace(case, state=state), ()

"""May this go now? Asked when something is planned, and again at the moment of sending it.

`may_go` is pure. Whoever sends asks it under the lock of the reader, so that a change of
preference, a pause, the quiet hours and the most a day hold for every attempt, also for retries.

A webhook comes to a machine: no hour is wrong for it and nothing is counted; what is muted and a
pause hold for it as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from services.notifier.domain.concerns import CONCERN, Concern
from services.notifier.domain.identity import kind_of
from services.notifier.domain.local_time import day_of, is_quiet, next_open, next_slot
from services.notifier.domain.messages import (
    Channel,
    Message,
    Notice,
    Party,
    Proposal,
    match_of,
)
from services.notifier.domain.muting import Path, Tree, is_muted, paths
from services.notifier.domain.preferences import Pace, Preferences
from services.notifier.domain.sides import asked_first, last_word, side_of

LEFT_TO_ANSWER = timedelta(days=2)
"""What asks for a word is told while there is at least so much time for it."""


@dataclass(frozen=True, slots=True)
class Push:
    """What wants to go, as far as the gate looks at it. ``score``: of the match; ``niches``:
    what is proposed is about them (`muting.paths`); ``unasked``: its reader has accepted nothing of
    it, so what it muted is not told. ``until``: when a word comes too late.
    """

    channel: Channel
    concern: Concern
    score: float | None = None
    city: str | None = None
    niches: frozenset[Path] = frozenset()
    unasked: bool = False
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """What else there is for the same reader. ``begun``: messages that began on its day.
    ``digest_at``: when the earliest digest is due that waits for this day or an earlier one.
    """

    begun: int = 0
    digest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """It may go now; ``digest``: together with all that waits for the same slot."""

    digest: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """It may be asked again at ``until``."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Gather:
    """It goes with the digest of ``slot``."""

    slot: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """Its reader does not want it by this channel; the inbox has it."""

    why: str


Passage: TypeAlias = Go | Wait | Gather | Drop

SWITCHED_OFF = "its reader does not want this by this channel"
MUTED = "its reader muted this city or field"
TOO_LOW = "below the least score of its reader"


def push_of(message: Message, reader: Party, channel: Channel, tree: Tree) -> Push:
    """``message`` by ``channel`` to ``reader``, as the gate looks at it. ``tree``: of niches."""
    match = match_of(message)
    until = message.until if isinstance(message, Notice) else None
    if match and match.answer_by and until is None and _awaits(message):
        until = match.answer_by
    return Push(
        channel,
        CONCERN[kind_of(message)],
        match.score if match else None,
        message.need.city,
        paths(_niches(match, reader), tree) if match else frozenset(),
        match is not None and _is_unasked(match, reader),
        until,
    )


def _niches(match: Proposal, reader: Party) -> tuple[str, ...]:
    """What is proposed to ``reader`` is about these: as it names them, else as the hub found."""
    proposed = match.supply if side_of(match, reader) == "need" else match.need
    found = (one.id for one in match.reasons if one.kind == "niche" and one.id)
    return proposed.niches or tuple(found)


def _awaits(message: Message) -> bool:
    return isinstance(message, Proposal) or message_is_asking(message)


def message_is_asking(message: Message) -> bool:
    """True for a notice that a match is still to be answered."""
    return isinstance(message, Notice) and message.kind in ("reminder", "answer-asked")


def _is_unasked(match: Proposal, reader: Party) -> bool:
    side = side_of(match, reader)
    if side is None or side != asked_first(match) or match.state in ("accepted", "introduced"):
        return False
    word = last_word(match, side)
    return word is None or word.answer != "accept"


def may_go(
    push: Push,
    preferences: Preferences,
    today: Today,
    now: datetime,
    slot: datetime | None = None,
) -> Passage:
    """Whether ``push`` may go at ``now``. ``slot``: of the digest that it waited for, if it did."""
    unwanted = _unwanted(push, preferences)
    if unwanted is not None:
        return unwanted
    paused = preferences.paused_until
    if paused is not None and paused > now:
        return _after_pause(push, preferences, paused)
    if push.channel == "webhook":
        return Go()
    if slot is not None and slot <= now:
        return digest_may_go(preferences, today, now)
    gathered = _gathered(push, preferences, now)
    if gathered is not None:
        return gathered
    if is_quiet(preferences, now):
        return Wait(next_open(preferences, now))
    return _within_the_day(preferences, today, now)


def digest_may_go(preferences: Preferences, today: Today, now: datetime) -> Go | Wait:
    """Whether a digest whose slot has come, or that was begun before, may go at ``now``."""
    paused = preferences.paused_until
    if paused is not None and paused > now:
        return Wait(_slot_from(preferences, paused))
    if is_quiet(preferences, now):
        return Wait(next_open(preferences, now))
    if today.begun >= preferences.most_a_day:
        return Wait(next_open(preferences, day_of(now, preferences.zone)[1]))
    return Go(digest=True)


def notice_may_go(preferences: Preferences, now: datetime) -> Go | Wait:
    """Whether what its reader has to know about its own systems may go at ``now``. It is none of
    what can be chosen, and is not counted; but it comes neither in a pause nor at night.
    """
    paused = preferences.paused_until
    begin = now if paused is None else max(now, paused)
    opens = next_open(preferences, begin)
    return Go() if opens <= now else Wait(opens)


def is_unwanted(push: Push, preferences: Preferences) -> bool:
    """Whether its reader does not want ``push`` by its channel at all."""
    return _unwanted(push, preferences) is not None


def _unwanted(push: Push, preferences: Preferences) -> Drop | None:
    if not preferences.wants(push.channel, push.concern):
        return Drop(SWITCHED_OFF)
    if not push.unasked:
        return None
    if push.city in preferences.muted_cities:
        return Drop(MUTED)
    if is_muted(push.niches, preferences.muted_niches, preferences.kept_niches):
        return Drop(MUTED)
    if push.score is not None and push.score < preferences.least_score:
        return Drop(TOO_LOW)
    return None


def _after_pause(push: Push, preferences: Preferences, paused: datetime) -> Passage:
    """What came meanwhile comes together, in the first digest after the pause."""
    if push.channel == "webhook":
        return Wait(paused)
    return Gather(_slot_from(preferences, paused))


def _slot_from(preferences: Preferences, moment: datetime) -> datetime:
    """The first daily digest at ``moment`` or after."""
    return next_slot(preferences, "daily", moment - timedelta(microseconds=1))


def _gathered(push: Push, preferences: Preferences, now: datetime) -> Gather | None:
    """The digest that ``push`` goes with; None when it goes by itself.

    What asks for a word does not wait for a digest that comes too late for it.
    """
    pace = preferences.pace[push.concern]
    if pace == "instant" or _stands_out(push, preferences):
        return None
    paces: tuple[Pace, ...] = ("weekly", "daily") if pace == "weekly" else ("daily",)
    for one in paces:
        slot = next_slot(preferences, one, now)
        if push.until is None or slot <= push.until - LEFT_TO_ANSWER:
            return Gather(slot)
    return None


def _stands_out(push: Push, preferences: Preferences) -> bool:
    least = preferences.instant_score
    is_proposal = push.concern == "proposals" and push.score is not None
    return is_proposal and least is not None and (push.score or 0.0) >= least


def _within_the_day(preferences: Preferences, today: Today, now: datetime) -> Go | Gather:
    """A digest that waits for today has its place kept: what comes by itself never takes the last
    one from it, or the digest of somebody who wants one message a day might never come.
    """
    if today.begun >= preferences.most_a_day:
        return Gather(_slot_from(preferences, day_of(now, preferences.zone)[1]))
    if today.digest_at is not None and today.begun + 1 >= preferences.most_a_day:
        return Gather(max(today.digest_at, now))
    return Go()

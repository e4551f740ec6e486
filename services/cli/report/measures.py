"""How a hub does: counts, shares and waits of demands and their proposals. Pure.

A wait that is not over yet says that it takes longer than so far; leaving it out would make the hub
look quicker than it is. Medians are therefore those of Kaplan and Meier (1958): at each moment the
share that is still without is multiplied by the share that goes on without of those still watched.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.cli.lives import Answer, Life

NO_NICHE = ""
"""Stands for demands that name no niche."""
GROUPINGS = ("city", "kind", "niche")
_DAY_S = 86_400.0
_HALF = 0.5 + 1e-9


@dataclass(frozen=True, slots=True)
class Wait:
    """``days`` until it ``happened``, or until it was last looked at."""

    days: float
    happened: bool


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits of one kind: how many are over, how many are not, and the median in days, None while
    less than half are surely over.
    """

    over: int
    going_on: int
    median: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """The measures of some demands.

    ``decided`` were judged at least once, ``unmatched`` of these were handed to the ambassador.
    ``answers`` counts proposals by what the side asked first made of them. ``first_answer`` is
    counted from a demand's first proposal, ``introduction`` from its opening.
    """

    name: str
    demands: int
    decided: int
    unmatched: int
    answers: Mapping[Answer, int]
    introduced: int
    first_answer: Waits
    introduction: Waits

    @property
    def proposals(self) -> int:
        """All that went out."""
        return sum(self.answers.values())

    @property
    def due(self) -> int:
        """Proposals that were answered, or whose time is over: of these a share accepts."""
        return sum(self.answers[one] for one in ("accepted", "declined", "silent"))


@dataclass(frozen=True, slots=True)
class Report:
    """The whole, by city, kind and niche (a demand counts in each niche that it names), and the
    curves behind the two medians of the whole.
    """

    whole: Row
    groups: Mapping[str, Sequence[Row]]
    first_answer: Sequence[tuple[float, float]]
    introduction: Sequence[tuple[float, float]]


def report(lives: Sequence[Life], now: datetime) -> Report:
    """The report of ``lives`` as they stand at ``now``; groups with the most demands first."""
    groups: dict[str, list[Row]] = {}
    for grouping in GROUPINGS:
        members: dict[str, list[Life]] = defaultdict(list)
        for life in lives:
            for name in _names(life, grouping):
                members[name].append(life)
        rows = [_row(name, of, now) for name, of in members.items()]
        groups[grouping] = sorted(rows, key=lambda row: (-row.demands, row.name))
    answers, introductions = _answer_waits(lives, now), _introduction_waits(lives, now)
    return Report(_row("", lives, now), groups, curve(answers), curve(introductions))


def _names(life: Life, grouping: str) -> tuple[str, ...]:
    match grouping:
        case "city":
            return (life.city,)
        case "kind":
            return (life.kind,)
        case _:
            return tuple(dict.fromkeys(life.niches)) or (NO_NICHE,)


def _row(name: str, lives: Sequence[Life], now: datetime) -> Row:
    answers: Counter[Answer] = Counter(p.answer for life in lives for p in life.proposals)
    return Row(
        name=name,
        demands=len(lives),
        decided=sum(life.decided for life in lives),
        unmatched=sum(life.unmatched for life in lives),
        answers=answers,
        introduced=sum(p.introduced_at is not None for life in lives for p in life.proposals),
        first_answer=_waits(_answer_waits(lives, now)),
        introduction=_waits(_introduction_waits(lives, now)),
    )


def _answer_waits(lives: Iterable[Life], now: datetime) -> list[Wait]:
    """From the first proposal of a demand to the first answer of anybody."""
    found = []
    for life in lives:
        if life.proposals:
            began = min(p.proposed_at for p in life.proposals)
            answered = [p.answered_at for p in life.proposals if p.answered_at is not None]
            found.append(_wait(began, min(answered, default=None), life.ended_at or now))
    return found


def _introduction_waits(lives: Iterable[Life], now: datetime) -> list[Wait]:
    """From the opening of a demand to its first introduction."""
    found = []
    for life in lives:
        made = [p.introduced_at for p in life.proposals if p.introduced_at is not None]
        found.append(_wait(life.opened_at, min(made, default=None), life.ended_at or now))
    return found


def _wait(began: datetime, happened: datetime | None, watched_until: datetime) -> Wait:
    end = watched_until if happened is None else happened
    return Wait(max((end - began).total_seconds(), 0.0) / _DAY_S, happened is not None)


def _waits(found: Sequence[Wait]) -> Waits:
    over = sum(wait.happened for wait in found)
    return Waits(over, len(found) - over, median(found))


def median(found: Sequence[Wait]) -> float | None:
    """The days after which half are over, by `curve`; None when it does not come so far."""
    return next((days for days, without in curve(found) if without <= _HALF), None)


def curve(found: Sequence[Wait]) -> list[tuple[float, float]]:
    """(days, share that is still without) at the start and wherever the share falls.

    Who is no longer watched at the moment when something happens is counted as still watched then
    (Kaplan and Meier, section 2).
    """
    return list(_steps(found)) if found else []


def _steps(found: Sequence[Wait]) -> Iterator[tuple[float, float]]:
    share, watched = 1.0, len(found)
    yield 0.0, share
    over = Counter(wait.days for wait in found if wait.happened)
    left = Counter(wait.days for wait in found)
    for days in sorted(left):
        if over[days]:
            share *= 1.0 - over[days] / watched
            yield days, share
        watched -= left[days]

"""What a policy's file may say, key by key; `policy_file` reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.matcher.adapters.spans import span
from services.matcher.domain.course import FOR_INTERESTS, Course, Courses, Wave
from services.matcher.domain.freezing import Freeze
from services.matcher.domain.policy import Policy, Spread

NEVER, FOR_EVER = "never", "for ever"
_Made = TypeVar("_Made", Course, Freeze, Policy, Spread, Wave)


def _or(word: str, value: object) -> timedelta | None:
    if value == word:
        return None
    try:
        return span(value)
    except ValueError as error:
        raise ValueError(f'{error}, or "{word}"') from error


def _days(value: object) -> float:
    return span(value) / timedelta(days=1)


def _off(value: object) -> object:
    if value is None:
        raise ValueError("is empty; write its keys, or off")
    return None if value is False else value  # YAML reads `off` as false


Span = Annotated[timedelta, BeforeValidator(span)]
Days = Annotated[float, BeforeValidator(_days)]
Probability = Annotated[float, Field(ge=0, le=1)]
Few = Annotated[int, Field(ge=0, le=1_000)]


class _Said(BaseModel):
    """What a file says of one thing; the names are those of the domain, and so is what holds where
    it says nothing: the defaults here are never used.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    def over(self, base: _Made) -> _Made:
        """``base`` with what is said here in place of its own."""
        stated = {name: getattr(self, name) for name in self.model_fields_set}
        return replace(base, **stated)


class WaveSaid(_Said):
    """See `course.Wave`."""

    reach: Literal["own", "national", "international"]
    spare: Few = 0
    threshold: Probability = 0
    answer_within: Span = timedelta(0)
    remind_after: Span = timedelta(0)


class CourseSaid(_Said):
    """See `course.Course`."""

    waves: Annotated[list[WaveSaid], Field(min_length=1, max_length=10)] = []
    goes_on: bool = False
    confirm_within: Annotated[timedelta | None, BeforeValidator(partial(_or, NEVER))] = None
    other_within: Span = timedelta(0)
    other_remind_after: Span = timedelta(0)
    outcome_after: Span = timedelta(0)
    outcome_remind_after: Span = timedelta(0)
    place_after: Span = timedelta(0)
    across_border: Literal["contact", "organisation"] = "contact"
    open_for: Annotated[timedelta | None, BeforeValidator(partial(_or, FOR_EVER))] = None
    expiry_notice: Span = timedelta(0)
    extension: Span = timedelta(0)
    archive_after: Span = timedelta(0)

    def course(self, base: Course) -> Course:
        """The whole course, where it is otherwise like ``base``."""
        found = self.over(base)
        if "waves" not in self.model_fields_set:
            return found
        return replace(found, waves=tuple(wave.over(Wave(wave.reach)) for wave in self.waves))


class CoursesSaid(_Said):
    """See `course.Courses`."""

    others: CourseSaid = CourseSaid()
    interests: CourseSaid = CourseSaid()
    kinds: dict[str, CourseSaid] = {}

    def courses(self) -> Courses:
        """The course of everything."""
        others = self.others.course(Course())
        kinds = {kind: said.course(others) for kind, said in self.kinds.items()}
        return Courses(others, self.interests.course(FOR_INTERESTS), kinds)


class SpreadSaid(_Said):
    """See `policy.Spread`; spans instead of days."""

    near: Probability = 0
    half_life: Days = 0
    window: Days = 0
    welcome: Probability = 0
    welcomed: Annotated[float, Field(gt=0, le=1_000)] = 1
    little_text: Few = 0
    pool: Few = 0


class FreezeSaid(_Said):
    """See `freezing.Freeze`."""

    too_busy: Span = timedelta(0)
    conflict_of_interest: Span = timedelta(0)
    terms: Span = timedelta(0)
    other: Span = timedelta(0)
    refused: Span = timedelta(0)
    lapsed: Span = timedelta(0)
    nothing: Span = timedelta(0)


class PolicySaid(_Said):
    """See `policy.Policy`."""

    version: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")]
    threshold: Probability = 0
    lexical_threshold: Probability = 0
    spare: Few = 0
    offers_per_need: Few = 0
    nearest: Few = 0
    history: bool = True
    batch: Annotated[timedelta | None, BeforeValidator(partial(_or, NEVER))] = None
    rankings_bind: bool = True
    spread: Annotated[SpreadSaid | None, BeforeValidator(_off)] = None
    freeze: Annotated[FreezeSaid | None, BeforeValidator(_off)] = None
    courses: CoursesSaid = CoursesSaid()

    def policy(self) -> Policy:
        """What it comes to."""
        found = self.over(Policy())
        spread = self.spread.over(Spread()) if self.spread is not None else None
        freeze = self.freeze.over(Freeze()) if self.freeze is not None else None
        return replace(
            found,
            spread=spread if "spread" in self.model_fields_set else Spread(),
            freeze=freeze if "freeze" in self.model_fields_set else Freeze(),
            courses=self.courses.courses(),
        )

"""The choices of a hub that are not facts: how many are proposed, from which score on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from services.matcher.domain.course import Course, Courses, Wave
from services.matcher.domain.freezing import Freeze

REACH_ORDER = {"own": 0, "national": 1, "international": 2}


@dataclass(frozen=True, slots=True)
class Spread:
    """How far load may decide among members that are near equal (`spread.py`).

    ``near`` is the one number that matters: members whose scores, which are probabilities, differ
    by no more than this are near equal, so a proposal loses at most so much of its score.
    ``welcome`` is what a newcomer's score counts more, at most: who has no past work and less than
    ``little_text`` terms, or was asked nothing for ``window`` days. It shrinks to nothing with
    ``welcomed`` recent proposals. A past proposal counts half after ``half_life`` days and
    not at all after ``window`` days. ``pool`` is how many candidates beyond the places to
    fill are compared.
    """

    near: float = 0.5
    half_life: float = 60.0
    window: float = 240.0
    welcome: float = 0.05
    welcomed: float = 3.0
    little_text: int = 20
    pool: int = 20


@dataclass(frozen=True, slots=True)
class Policy:
    """``spare`` proposals go out beyond the number wanted, for not everybody accepts.

    Scores are probabilities; below ``threshold`` nobody is bothered, nor below
    ``lexical_threshold`` where words alone judge, which are less to be believed. ``nearest`` is how
    many near misses the ambassador is shown when nobody is proposed. ``spread`` None lets the score
    alone decide. ``history`` False: demands that were seen leave no mark on later rankings.
    Who wants one of the limited places of an offer gets in line for ``batch``, and then they are
    given together (None: at once, first come first served); ``rankings_bind``: whom an offerer
    wants comes first, whatever the score (`allocation.py`). ``freeze`` is for how long two who
    parted are not brought together again (None: not at all). ``courses`` says what happens when to
    each kind of need.
    """

    version: str = "2026-11.11"
    threshold: float = 0.35
    lexical_threshold: float = 0.8
    spare: int = 2
    offers_per_need: int = 2
    nearest: int = 3
    spread: Spread | None = Spread()
    history: bool = True
    batch: timedelta | None = timedelta(days=7)
    rankings_bind: bool = True
    freeze: Freeze | None = field(default_factory=Freeze)
    courses: Courses = field(default_factory=Courses)

    def members_for(self, wanted: int) -> int:
        """How many members are proposed for a need that wants ``wanted`` partners."""
        return wanted + self.spare

    def course(self, asks: str) -> Course:
        """The course of needs that ask for ``asks``: a kind of demand, or "interest"."""
        return self.courses.of(asks)

    def in_wave(self, wave: Wave) -> Policy:
        """What holds in ``wave``, which may set its own number and a higher threshold."""
        return replace(
            self,
            threshold=max(self.threshold, wave.threshold or 0.0),
            spare=self.spare if wave.spare is None else wave.spare,
        )

    def least_score(self, *, by_meaning: bool) -> float:
        """The score from which on somebody is proposed. Not ``by_meaning``: for want of a model, or
        of the need's vector, words, niches and city judged alone.
        """
        return self.threshold if by_meaning else max(self.threshold, self.lexical_threshold)

    def for_everybody(self) -> Policy:
        """The same, with nobody below a threshold."""
        return replace(self, threshold=0.0, lexical_threshold=0.0)

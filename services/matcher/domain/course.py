"""The course of a need, as the policy sets it for each kind: its waves, and how long each thing
may take. All times are spans; whether one is over is judged by the database's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

Reach = Literal["own", "national", "international"]
AcrossBorder = Literal["contact", "organisation"]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wave:
    """One round of proposals.

    It reaches no further than ``reach``, and asks ``spare`` more than are wanted (None: as many as
    the policy says), from the score ``threshold`` on where that is higher than the policy's. Who
    is asked has ``answer_within`` to answer and is reminded after ``remind_after``; the same time
    after its first proposal the next wave begins.
    """

    reach: Reach
    spare: int | None = None
    threshold: float | None = None
    answer_within: timedelta = 7 * _DAY
    remind_after: timedelta = 4 * _DAY


THREE_WAVES = (Wave("own", threshold=0.5), Wave("national"), Wave("international"))


@dataclass(frozen=True, slots=True)
class Course:
    """What happens when to a need of one kind.

    The next wave begins at once where nobody (else) is good enough in one; with ``goes_on`` also
    where there are fewer than may be asked. ``confirm_within``: how long the ambassador has to
    confirm the candidates of each wave; None: nobody is asked to. The side asked second has
    ``other_within``, and is reminded after ``other_remind_after``. The outcome is asked of both
    sides ``outcome_after`` an introduction, once more ``outcome_remind_after`` that, and a
    member's place is free again ``place_after`` the introduction at the latest.
    ``across_border``: what of a member an introduction to another country tells: its contact,
    where it consents to that, or its organisation alone, whoever consents. A need without a
    deadline is open for ``open_for`` (None: for ever); its asker hears of its end
    ``expiry_notice`` before, may have ``extension`` more once, and it is put away
    ``archive_after`` its end.
    """

    waves: tuple[Wave, ...] = THREE_WAVES
    goes_on: bool = False
    confirm_within: timedelta | None = None
    other_within: timedelta = 10 * _DAY
    other_remind_after: timedelta = 4 * _DAY
    outcome_after: timedelta = 30 * _DAY
    outcome_remind_after: timedelta = 14 * _DAY
    place_after: timedelta = 90 * _DAY
    across_border: AcrossBorder = "contact"
    open_for: timedelta | None = 180 * _DAY
    expiry_notice: timedelta = 14 * _DAY
    extension: timedelta = 90 * _DAY
    archive_after: timedelta = 365 * _DAY

    def wave(self, number: int) -> Wave:
        """Wave ``number``, from 1; the last one where there are fewer by now."""
        return self.waves[min(number, len(self.waves)) - 1]


FOR_INTERESTS = Course(waves=(Wave("international", answer_within=30 * _DAY),), open_for=None)
"""An interest is open for ever, and offers have one round."""


@dataclass(frozen=True, slots=True)
class Courses:
    """The course of each kind of demand; ``others`` is that of the kinds which are not named."""

    others: Course = Course()
    interests: Course = FOR_INTERESTS
    kinds: dict[str, Course] = field(default_factory=dict)

    def of(self, asks: str) -> Course:
        """The course of needs that ask for ``asks``: a kind of demand, or "interest"."""
        return self.interests if asks == "interest" else self.kinds.get(asks, self.others)

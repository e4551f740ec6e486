"""A need in a simulated hub, and who hears of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from services.cli.simulate.life.laws import LawBroken, Taken
from services.matcher.domain.course import Course
from services.matcher.domain.decisions import Ranked
from services.matcher.domain.life.case import Case, Pair
from services.matcher.domain.life.effects import Tell
from services.matcher.domain.model import Need
from services.matcher.domain.planning import Plan

_REMEMBERED = 60


@dataclass
class Opened:
    """A need, its case, and what happened to it lately."""

    need: Need
    case: Case
    course: Course
    look: bool = True
    edited: bool = False
    planned: Plan = field(default_factory=Plan)
    bell: int = 0
    trace: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


class People(Protocol):
    """Who hears of what the hub does."""

    def asked(self, opened: Opened, pair: Pair, ranked: Ranked) -> None:
        """Somebody is asked."""
        ...

    def told(self, opened: Opened, tell: Tell) -> None:
        """Somebody is told something."""
        ...

    def changed(self, taken: Taken) -> None:
        """A step was taken."""
        ...


@contextmanager
def telling_how(opened: Opened) -> Iterator[None]:
    """Let a broken law tell what happened to the need before."""
    try:
        yield
    except LawBroken as broken:
        broken.add_note("\n".join(opened.trace))
        raise

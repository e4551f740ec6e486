"""What is told of a simulated year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean, median

from services.cli.simulate.life.hub import Hub
from services.cli.simulate.life.laws import Taken
from services.cli.simulate.life.opened import Opened
from services.cli.simulate.life.people import Watcher
from services.cli.simulate.mail.post import Post
from services.cli.simulate.measures import gini, top_share
from services.matcher.domain.decisions import Ranked
from services.matcher.domain.life.case import Case, Pair
from services.matcher.domain.life.effects import Tell
from services.matcher.domain.life.happenings import Confirmed, Rang

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class AWeek:
    """Mails that one member gets in a week, over all members and weeks."""

    mean: float
    p95: int
    most: int


@dataclass(frozen=True)
class Numbers:
    """One year. ``demands`` and ``matches`` count by the state in which they are at its end,
    ``ended_because`` the matches that the hub ended, ``waves`` by the wave they were proposed in.
    ``interests`` are the matches of offers with what members look for, apart from those above;
    ``places_given`` are the places of offers that were given in batches.
    ``unmatched`` demands were openly so at some time, ``without`` are over, not withdrawn, and
    nobody was introduced. Days are medians from the demand's coming.
    """

    demands: Mapping[str, int]
    matches: Mapping[str, int]
    ended_because: Mapping[str, int]
    waves: Mapping[int, int]
    introductions: int
    interests: Mapping[str, int]
    places_given: int
    unmatched: int
    without: int
    confirmations: Mapping[str, int]
    days_to_answer: float | None
    days_to_introduction: float | None
    relevance: float
    top_share: float
    gini: float
    notices: Mapping[str, int]
    mails: Mapping[str, int]
    a_week: AWeek
    steps: int
    judgements: int


@dataclass
class Tally(Watcher):
    """Counts while the year goes by."""

    begin: datetime
    hub: Hub
    post: Post
    scores: list[float] = field(default_factory=list)
    asked_each: Counter[str] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    answered: dict[str, float] = field(default_factory=dict)
    introduced: dict[str, float] = field(default_factory=dict)
    unmatched: set[str] = field(default_factory=set)
    confirmations: Counter[str] = field(default_factory=Counter)

    def asked(self, opened: Opened, pair: Pair, ranked: Ranked) -> None:
        """A proposal is a notice, too."""
        if opened.need.kind == "demand":
            self.scores.append(ranked.candidate.score)
            self.asked_each[pair.supply_id] += 1
        self.notices["proposal"] += 1

    def told(self, opened: Opened, tell: Tell) -> None:  # noqa: ARG002 - a watcher's signature
        """A notice, to a member, the city or its ambassador."""
        self.notices[tell.kind] += 1
        if tell.kind == "confirmation-asked":
            self.confirmations["asked"] += 1

    def changed(self, taken: Taken) -> None:
        """When somebody first said anything, and when the first introduction was made."""
        before, after = taken.before, taken.after
        days = (taken.now - after.opened_at) / _DAY
        demand = after.kind == "demand"
        if demand and after.need_id not in self.answered and _said(after) > _said(before):
            self.answered[after.need_id] = days
        if demand and after.introduced > before.introduced:
            self.introduced.setdefault(after.need_id, days)
        if after.told_unmatched:
            self.unmatched.add(after.need_id)
        if after.confirmed > before.confirmed:
            if isinstance(taken.happened, Confirmed):
                self.confirmations["given"] += 1
            elif isinstance(taken.happened, Rang):
                self.confirmations["gone on without"] += 1

    def numbers(self, days: int) -> Numbers:
        """The year in numbers."""
        cases = self._cases("demand")
        interests = [pair for case in self._cases("interest") for pair in case.pairs]
        pairs = [pair for case in cases for pair in case.pairs]
        counts = [self.asked_each[member] for member in self._members()]
        over = [case for case in cases if not case.looking and case.state != "withdrawn"]
        return Numbers(
            demands=dict(sorted(Counter(str(case.state) for case in cases).items())),
            matches=dict(sorted(Counter(str(pair.state) for pair in pairs).items())),
            ended_because=dict(
                sorted(Counter(str(p.closed_because) for p in pairs if p.closed_because).items())
            ),
            waves=dict(sorted(Counter(pair.wave for pair in pairs).items())),
            introductions=sum(case.introduced for case in cases),
            interests=dict(sorted(Counter(str(pair.state) for pair in interests).items())),
            places_given=self.hub.lines.given,
            unmatched=len(self.unmatched),
            without=sum(not case.introduced for case in over),
            confirmations=dict(self.confirmations),
            days_to_answer=_median(self.answered),
            days_to_introduction=_median(self.introduced),
            relevance=fmean(self.scores) if self.scores else 0.0,
            top_share=top_share(counts),
            gini=gini(counts),
            notices=dict(sorted(self.notices.items())),
            mails=dict(sorted(self.post.kinds.items())),
            a_week=self._a_week(days),
            steps=self.hub.laws.steps,
            judgements=self.hub.judged,
        )

    def _cases(self, kind: str) -> list[Case]:
        return [one.case for one in self.hub.needs.values() if one.need.kind == kind]

    def _members(self) -> list[str]:
        facts = self.hub.supplies.facts.values()
        return [one.supply_id for one in facts if one.kind == "member"]

    def _a_week(self, days: int) -> AWeek:
        many = len(self._members()) * -(-days // 7)
        heard = sorted(self.post.weeks.values())
        place = -(-95 * many // 100) - 1  # the nearest rank; most weeks are silent
        silent = many - len(heard)
        p95 = heard[place - silent] if place >= silent else 0
        return AWeek(sum(heard) / many, p95, heard[-1] if heard else 0)


def _said(case: Case) -> int:
    """How many of those who were asked have said anything."""
    words = (pair.said_by(pair.asked) for pair in case.pairs)
    return sum(word is not None for word in words)


def _median(of: Mapping[str, float]) -> float | None:
    return median(of.values()) if of else None

"""The year of `--spread`: the service's own `rank` and `shortlist`, and members who answer.

A demand stays open for `PATIENCE` days, or until as many have accepted as it wants. Who accepts
takes one of its places for `ENGAGEMENT` days. A decline, or a member that is full by now, lets
the next best be asked, as in the service; a place that is free again is offered to later demands.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from services.cli.simulate.answers import Answers
from services.cli.simulate.demands import Coming
from services.cli.simulate.folder import Folder
from services.matcher.domain.decisions import depth, shortlist
from services.matcher.domain.eligibility import World
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Candidate, Need, Owner, Supply
from services.matcher.domain.policy import Policy, Spread
from services.matcher.domain.ranking import rank
from services.matcher.domain.scoring import ScoreModel
from services.matcher.domain.semantic import Centres
from services.matcher.domain.spread import Because, Load, load_of

START = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = 30.0
ENGAGEMENT = 45.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """One member asked for one demand, ``at`` days from the start."""

    need_id: str
    member_id: str
    score: float
    because: Because
    at: float


@dataclass
class Record:
    """What happened in a year. ``able`` counts for each member the demands for which it was above
    the threshold when they came, ``waits`` the days until somebody accepted.
    """

    proposals: list[Proposal] = field(default_factory=list)
    able: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    demands: int = 0
    unmatched: int = 0
    accepted: int = 0
    fulfilled: int = 0
    waits: list[float] = field(default_factory=list)


@dataclass
class _Open:
    """A demand that is open: who was asked, in which state, and how many accepted."""

    need: Need
    at: float
    history: dict[str, str] = field(default_factory=dict)
    accepted: int = 0


@dataclass
class Year:
    """One hub through one year, under one policy."""

    world: World
    policy: Policy
    model: ScoreModel
    answers: Answers
    members: Mapping[str, Supply]
    index: SupplyIndex
    record: Record = field(default_factory=Record)
    _open: dict[str, _Open] = field(default_factory=dict)
    _asked: dict[Owner, deque[tuple[float, str, str]]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    _queue: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list)
    _numbered: int = 0
    _revision: int = 0
    _taken: Counter[str] = field(default_factory=Counter)

    def run(self, coming: Iterable[Coming], tick: Callable[[], None]) -> Record:
        """Let ``coming`` come; ``tick`` is called after each."""
        for one in coming:
            self._until(one.at)
            self._come(one)
            tick()
        self._until(float("inf"))
        return self.record

    def _later(self, at: float, happens: Callable[[float], None]) -> None:
        self._numbered += 1
        heapq.heappush(self._queue, (at, self._numbered, happens))

    def _until(self, end: float) -> None:
        while self._queue and self._queue[0][0] <= end:
            at, _, happens = heapq.heappop(self._queue)
            happens(at)

    def _come(self, one: Coming) -> None:
        opened = self._open[one.need.need_id] = _Open(one.need, one.at)
        self.record.demands += 1
        self._judge(opened, one.at, first=True)
        self._later(one.at + PATIENCE, lambda at: self._close(opened, at))

    def _judge(self, opened: _Open, at: float, *, first: bool = False) -> None:
        """Ask whoever is on the shortlist and was not asked before; no waves, only the choice."""
        deep = depth(opened.need, opened.history, self.policy)
        now = START + timedelta(days=at)
        further = len(self.index) if first else deep
        ranking = rank(
            opened.need,
            self.index,
            self.world,
            self.policy,
            self.model,
            now,
            depth=further,
            explain=False,
        )
        if first:
            for candidate in ranking.members:
                self.record.able[candidate.supply.supply_id] += 1
            ranking = replace(ranking, members=ranking.members[:deep])
        loads = self._loads(ranking.members, at)
        listed = shortlist(opened.need, ranking, opened.history, self.policy, loads)
        for ranked in listed:
            if ranked.candidate.supply.supply_id not in opened.history:
                self._ask(opened, ranked.candidate, ranked.because, at)
        self.record.unmatched += first and not listed

    def _loads(self, candidates: Sequence[Candidate], at: float) -> dict[Owner, Load]:
        spread = self.policy.spread
        owners = (candidate.supply.owner for candidate in candidates)
        return {owner: self._load(owner, at, spread) for owner in owners} if spread else {}

    def _load(self, owner: Owner, at: float, spread: Spread) -> Load:
        asked = self._asked[owner]
        while asked and at - asked[0][0] > spread.window:
            asked.popleft()
        waiting = sum(self._waits(need_id, supply_id) for _, need_id, supply_id in asked)
        return load_of((at - when for when, _, _ in asked), waiting, spread)

    def _waits(self, need_id: str, supply_id: str) -> bool:
        opened = self._open.get(need_id)
        return opened is not None and opened.history.get(supply_id) == "proposed"

    def _ask(self, opened: _Open, candidate: Candidate, because: Because, at: float) -> None:
        need_id, supply = opened.need.need_id, candidate.supply
        opened.history[supply.supply_id] = "proposed"
        self._asked[supply.owner].append((at, need_id, supply.supply_id))
        self.record.proposals.append(
            Proposal(need_id, supply.supply_id, candidate.score, because, at)
        )
        answer = self.answers.to(need_id, supply.supply_id, candidate.score)
        if answer is not None:
            said = "accept" if answer.accepts else "decline"
            self._later(
                at + answer.after, lambda then: self._answer(opened, supply.supply_id, said, then)
            )

    def _answer(self, opened: _Open, supply_id: str, said: str, at: float) -> None:
        if opened.history[supply_id] != "proposed":  # the demand was closed meanwhile
            return
        supply = self.members[supply_id]
        if said == "accept" and not self._is_full(supply):
            opened.history[supply_id] = "accepted"
            self._accept(opened, supply, at)
            return
        opened.history[supply_id] = "superseded" if said == "accept" else "declined"
        if opened.need.need_id in self._open:
            self._judge(opened, at)

    def _accept(self, opened: _Open, supply: Supply, at: float) -> None:
        self.record.accepted += 1
        if not opened.accepted:
            self.record.waits.append(at - opened.at)
        opened.accepted += 1
        self._take(supply, +1)
        self._later(at + ENGAGEMENT, lambda _: self._take(supply, -1))
        if opened.accepted >= opened.need.wanted:
            self.record.fulfilled += 1
            self._close(opened, at)
        if self._is_full(supply):
            self._look_again(supply.supply_id, at)

    def _is_full(self, supply: Supply) -> bool:
        taken = supply.taken + self._taken[supply.supply_id]
        return supply.capacity is not None and taken >= supply.capacity

    def _take(self, supply: Supply, places: int) -> None:
        """Another number of places is taken: the index learns of it by the supply's revision."""
        self._revision += 1
        self._taken[supply.supply_id] += places
        taken = supply.taken + self._taken[supply.supply_id]
        version = supply.version + self._revision
        self.index.put(replace(supply, taken=taken, version=version))

    def _look_again(self, supply_id: str, at: float) -> None:
        """The open demands that ask a supply which has no place any more ask the next best too."""
        for opened in list(self._open.values()):
            if opened.history.get(supply_id) == "proposed":
                self._judge(opened, at)

    def _close(self, opened: _Open, _at: float) -> None:
        if self._open.pop(opened.need.need_id, None) is not None:
            for supply_id, state in opened.history.items():
                if state == "proposed":
                    opened.history[supply_id] = "superseded"


def index_of(members: Iterable[Supply], centres: Centres | None, folder: Folder) -> SupplyIndex:
    """An index that holds ``members`` and infers niches of the vocabulary of ``folder``."""
    index = SupplyIndex(centres)
    index.name(folder.niches, folder.labels)
    for member in members:
        index.put(member)
    return index

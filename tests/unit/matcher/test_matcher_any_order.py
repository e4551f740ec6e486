"""I3 on the pure core: whatever the order, the repetition and the number of replicas.

`Hub` is the matcher without Kafka and PostgreSQL. Facts are the database's, each replica has an
index that lags behind the log of supplies, and owns some of the needs; hypothesis decides who
hears what, when. It goes the way of `handlers.py`, `lives.py` and
`matchmaker.py`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.matcher.domain.course import Course, Courses, Wave
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.judging import Judgement, Known
from services.matcher.domain.life import step
from services.matcher.domain.life.case import WAITING, Answer, Case, Side
from services.matcher.domain.life.effects import LookFurther, TakePlace
from services.matcher.domain.life.happenings import Answered, Edited, Happening, Rang, Withdrawn
from services.matcher.domain.life.timers import timers
from services.matcher.domain.model import Need, Supply, Wish
from services.matcher.domain.policy import Policy
from tests.strategies import EXAMPLES, NOW, WORLD, demands, members, offers
from tests.unit.matcher.things import MODEL

SAID: list[tuple[Side, Answer]] = [
    ("supply", "accept"),
    ("need", "accept"),
    ("supply", "decline"),
    ("need", "decline"),
    ("supply", "withdraw"),
]
WEEK = timedelta(days=7)
COURSE = Course(waves=(Wave("own", threshold=0.5), Wave("national"), Wave("international")))
POLICY = Policy(
    threshold=0.05,
    lexical_threshold=0.05,
    spare=0,
    offers_per_need=1,
    spread=None,
    courses=Courses(others=COURSE),
)
"""A place for each partner wanted and nearly everybody good enough: places are what matters. What
members were asked depends on the order, so it does not count here."""


@dataclass
class Replica:
    """One matcher: its index, how much of the log it has read, and the needs it keeps in mind."""

    index: SupplyIndex = field(default_factory=SupplyIndex)
    read: int = 0
    needs: dict[str, Need] = field(default_factory=dict)
    judged: dict[str, Judgement] = field(default_factory=dict)


@dataclass
class Hub:
    """Facts, the lives of needs, the log of supplies, and replicas."""

    replicas: list[Replica]
    now: datetime = NOW
    needs: dict[str, Need] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    facts: dict[str, Supply] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    taken: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    log: list[Supply] = field(default_factory=list)
    owner: dict[str, int] = field(default_factory=dict)

    def on_demand(self, need: Need, replica: int) -> None:
        """`Handlers.on_demands`; the first replica that hears of a demand owns it."""
        known = self.needs.get(need.need_id)
        if known is not None and known.version >= need.version:
            return
        self.needs[need.need_id] = need
        owner = self.replicas[self.owner.setdefault(need.need_id, replica)]
        if known is None:
            self.cases[need.need_id] = Case(need.need_id, "demand", self.now, wanted=need.wanted)
        if not need.is_open:
            self.happens(need.need_id, Withdrawn())
        elif known is not None:
            self.happens(need.need_id, Edited(need.wanted, None))
        self.keep(owner, need, self.examine(owner, need, edited=known is not None))

    def on_supply(self, supply: Supply) -> None:
        """`Handlers.on_members` and `on_offers`."""
        known = self.facts.get(supply.supply_id)
        if known is None or known.version < supply.version:
            self.facts[supply.supply_id] = supply
            self.publish(supply.supply_id)

    def publish(self, supply_id: str) -> None:
        """A supply's next revision goes into the log."""
        self.revisions[supply_id] += 1
        self.log.append(
            replace(
                self.facts[supply_id],
                version=self.revisions[supply_id],
                taken=self.taken[supply_id],
            )
        )

    def happens(self, need_id: str, happened: Happening) -> bool:
        """`Life.happens`; whether somebody else may be asked now."""
        course = POLICY.course(self.needs[need_id].asks)
        self.cases[need_id], effects = step(self.cases[need_id], happened, course, self.now)
        for effect in effects:
            if isinstance(effect, TakePlace):
                self.taken[effect.supply_id] += effect.places
                self.publish(effect.supply_id)
        return any(isinstance(effect, LookFurther) for effect in effects)

    def on_answer(
        self, need_id: str, supply_id: str, side: Side, how: Answer, replica: Replica
    ) -> None:
        """`Handlers.on_responses`, at whichever replica has the partition of the answer."""
        pair = next(p for p in self.cases[need_id].pairs if p.supply_id == supply_id)
        capacity = self.facts[supply_id].capacity
        room = capacity is None or self.taken[supply_id] < capacity
        before = self.taken[supply_id]
        if self.happens(need_id, Answered(pair.match_id, side, how, room=room)):
            self.look(need_id, replica)
        assert room or self.taken[supply_id] <= before, "more taken than there are (I5)"

    def a_week_passes(self, replica: Replica) -> None:
        """`Settler.ring`, at whichever replica claims the timers."""
        self.now += WEEK
        for need_id in sorted(self.cases):
            further = False
            while due := [
                (when, ring)
                for ring, when in timers(self.cases[need_id], COURSE).items()
                if when <= self.now
            ]:
                further |= self.happens(need_id, Rang(*min(due)[1]))
            if further:
                self.look(need_id, replica)

    def look(self, need_id: str, replica: Replica) -> None:
        """`Settler.settle`."""
        if self.cases[need_id].looking:
            need = self.needs[need_id]
            self.keep(replica, need, self.examine(replica, need))

    def catch_up(self, replica: Replica, records: int) -> None:
        """`Handlers.on_supplies` for a part of the log, and then `look_again`."""
        for supply in self.log[replica.read : replica.read + records]:
            replica.index.put(supply)
        replica.read = min(replica.read + records, len(self.log))
        for need_id in list(replica.needs):
            need, last = replica.needs[need_id], replica.judged.get(need_id)
            if last is not None and last == self.known(replica.index).again(need, last):
                continue
            judged = self.examine(replica, need)
            if judged is None:
                del replica.needs[need_id]
            else:
                replica.judged[need_id] = judged

    def known(self, index: SupplyIndex) -> Known:
        """What is known to somebody with this index."""
        return Known(index, WORLD, POLICY, MODEL, self.now)

    def keep(self, replica: Replica, need: Need, judged: Judgement | None) -> None:
        """`Matchmaker.own`."""
        known = replica.needs.get(need.need_id)
        if known is not None and known.version > need.version:
            return
        replica.needs[need.need_id] = need
        replica.judged.pop(need.need_id, None)
        if judged is not None:
            replica.judged[need.need_id] = judged

    def examine(self, replica: Replica, need: Need, *, edited: bool = False) -> Judgement | None:
        """`Matchmaker.examine`."""
        case = self.cases[need.need_id]
        if self.needs[need.need_id].version != need.version or not case.looking:
            return None
        known = self.known(replica.index)
        deep = known.depth(need, case)
        rankings = known.rankings(need, deep)
        planned = known.plan(need, case, rankings, {}, edited=edited)
        fresh = {ranked.candidate.supply.supply_id for ranked in planned.chosen}
        assert not fresh & set(case.history), "proposed twice (I2)"
        self.happens(need.need_id, planned.happening(need.need_id))
        return known.judgement(need, self.cases[need.need_id], rankings, deep)

    def the_shortlists_are_proposed(self) -> None:
        """What I3 says of the end, judged on the final facts by nobody's memory."""
        final = SupplyIndex()
        for supply in self.log:
            final.put(supply)
        known = self.known(final)
        for need_id, case in self.cases.items():
            if not case.looking:
                continue
            if self.now == NOW:
                case = replace(case, wave=1)  # only time brings a need further, not the order
            rankings = known.rankings(self.needs[need_id], 10_000)
            planned = known.plan(self.needs[need_id], case, rankings, {})
            assert not planned.chosen, "somebody of the shortlist was not asked"
            assert not planned.gone, "somebody is asked still whom the rules forbid"
            assert case.told_unmatched or not planned.nobody, "nobody was told that nobody is left"


@st.composite
def of(draw: st.DrawFn, first: str, version: int) -> Supply | Need:
    """A version of the demand, member or offer with this id."""
    if first[0] == "d":
        need = draw(demands(first))
        open_ = version == 1 or draw(st.sampled_from([True, True, False]))
        return replace(
            need, version=version, wish=Wish(), reach="international", deadline=None, is_open=open_
        )
    supply = draw(members(first) if first[0] == "m" else offers(first))
    return replace(supply, version=version, capacity=draw(st.sampled_from([None, 1, 2])))


@st.composite
def worlds(draw: st.DrawFn) -> list[Supply | Need]:
    """Facts and their versions, some of them twice, in any order."""
    ids = ["m-1", "m-2", "m-3", "m-4", "m-5", "o-1", "o-2", "d-1", "d-2"]
    facts = [draw(of(i, 1)) for i in ids]
    facts += [draw(of(i, 2)) for i in draw(st.lists(st.sampled_from(ids), unique=True, max_size=5))]
    again = draw(st.lists(st.sampled_from(facts), max_size=4))
    return draw(st.permutations([*facts, *again]))


@settings(max_examples=EXAMPLES)
@given(worlds(), st.integers(1, 3), st.data())
def test_the_shortlist_on_the_final_facts_has_been_proposed_in_full(
    facts: list[Supply | Need], replicas: int, data: st.DataObject
) -> None:
    hub = Hub([Replica() for _ in range(replicas)])
    anyone = st.sampled_from(range(replicas))
    for fact in facts:
        if isinstance(fact, Need):
            hub.on_demand(fact, data.draw(anyone))
        else:
            hub.on_supply(fact)
        if data.draw(st.booleans()):
            hub.catch_up(hub.replicas[data.draw(anyone)], data.draw(st.integers(1, 4)))
        asked = sorted(
            (need_id, pair.supply_id)
            for need_id, case in hub.cases.items()
            for pair in case.pairs
            if pair.state in WAITING
        )
        is_answered: bool = data.draw(st.booleans())
        if asked and is_answered:
            need_id, supply_id = data.draw(st.sampled_from(asked))
            side, how = data.draw(st.sampled_from(SAID))
            hub.on_answer(need_id, supply_id, side, how, hub.replicas[data.draw(anyone)])
        if data.draw(st.integers(0, 9)) == 9:
            hub.a_week_passes(hub.replicas[data.draw(anyone)])
    for replica in hub.replicas:
        hub.catch_up(replica, len(hub.log))
    hub.the_shortlists_are_proposed()

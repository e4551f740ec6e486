"""I3 on the pure core: whatever the order, the repetition and the number of replicas.

`Hub` is the matcher without Kafka and PostgreSQL. Facts are the database's, each replica has an
index that lags behind the log of supplies, and owns some of the needs; hypothesis decides who
hears what, when. It goes the way of `handlers.py` and `use_cases.py`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.matcher.domain import lifecycle
from services.matcher.domain.decisions import (
    OVER,
    HandToAmbassador,
    Propose,
    decide,
    depth,
    shortlist,
)
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Need, Supply, Wish
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import rank
from services.matcher.use_cases.matchmaker import Judgement
from tests.strategies import NOW, WORLD, demands, members, offers
from tests.unit.matcher.things import MODEL

POLICY = Policy(threshold=0.05, lexical_threshold=0.05, spare=0, offers_per_need=1, spread=None)
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
    """Facts, the log of supplies, and replicas."""

    replicas: list[Replica]
    needs: dict[str, Need] = field(default_factory=dict)
    history: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    told: dict[str, bool] = field(default_factory=dict)
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
        self.told[need.need_id] = False
        owner = self.replicas[self.owner.setdefault(need.need_id, replica)]
        self.keep(owner, need, self.examine(owner, need))

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

    def on_answer(self, need_id: str, supply_id: str, how: str, replica: Replica) -> None:
        """`Handlers.on_responses`, at whichever replica has the partition of the answer."""
        state = lifecycle.after(self.history[need_id][supply_id], how)
        if state is None:
            return
        places = lifecycle.places_taken(self.history[need_id][supply_id], state)
        capacity = self.facts[supply_id].capacity
        if places > 0 and capacity is not None and self.taken[supply_id] >= capacity:
            state, places = "superseded", 0
        self.history[need_id][supply_id] = state
        if places:
            self.taken[supply_id] += places
            self.publish(supply_id)
        if state in OVER:
            known = replica.needs.get(need_id)
            judged = self.examine(replica, known) if known else None
            if judged is None:
                known = self.needs[need_id]
                judged = self.examine(replica, known)
            if known is not None:
                self.keep(replica, known, judged)

    def catch_up(self, replica: Replica, records: int) -> None:
        """`Handlers.on_supplies` for a part of the log, and then `look_again`."""
        for supply in self.log[replica.read : replica.read + records]:
            replica.index.put(supply)
        replica.read = min(replica.read + records, len(self.log))
        for need_id in list(replica.needs):
            need, last = replica.needs[need_id], replica.judged.get(need_id)
            if last is not None and last == self.judgement(replica, need, last.depth):
                continue
            judged = self.examine(replica, need)
            if judged is None:
                del replica.needs[need_id]
            else:
                replica.judged[need_id] = judged

    def judgement(self, replica: Replica, need: Need, deep: int) -> Judgement:
        """What ``replica`` would decide on now."""
        found = rank(need, replica.index, WORLD, POLICY, MODEL, NOW, depth=deep)
        return Judgement.of(found, deep)

    def keep(self, replica: Replica, need: Need, judged: Judgement | None) -> None:
        """`Matchmaker.own`."""
        known = replica.needs.get(need.need_id)
        if known is not None and known.version > need.version:
            return
        replica.needs[need.need_id] = need
        replica.judged.pop(need.need_id, None)
        if judged is not None:
            replica.judged[need.need_id] = judged

    def examine(self, replica: Replica, need: Need) -> Judgement | None:
        """`Matchmaker.examine`."""
        if self.needs[need.need_id].version != need.version or not need.is_open:
            return None
        history = self.history[need.need_id]
        deep = depth(need, history, POLICY)
        ranking = rank(need, replica.index, WORLD, POLICY, MODEL, NOW, depth=deep)
        outcome = decide(need, ranking, history, POLICY, told=self.told[need.need_id])
        if isinstance(outcome, Propose):
            listed = {
                r.candidate.supply.supply_id for r in shortlist(need, ranking, history, POLICY)
            }
            for ranked in outcome.chosen:
                supply_id = ranked.candidate.supply.supply_id
                assert supply_id in listed, "proposed without being on the shortlist"
                assert supply_id not in history, "proposed twice"
                history[supply_id] = "proposed"
            self.told[need.need_id] = False
        elif isinstance(outcome, HandToAmbassador):
            self.told[need.need_id] = True
        return Judgement.of(ranking, deep)

    def the_shortlists_are_proposed(self) -> None:
        """What I3 says of the end, judged on the final facts by nobody's memory."""
        final = SupplyIndex()
        for supply in self.log:
            final.put(supply)
        for need in self.needs.values():
            history = self.history[need.need_id]
            ranking = rank(need, final, WORLD, POLICY, MODEL, NOW, depth=10_000)
            listed = shortlist(need, ranking, history, POLICY) if need.is_open else ()
            assert {r.candidate.supply.supply_id for r in listed} <= set(history)
            assert listed or history or self.told[need.need_id] or not need.is_open


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


@settings(max_examples=3 * settings.default.max_examples)
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
            (need_id, supply_id)
            for need_id, history in hub.history.items()
            for supply_id, state in history.items()
            if state == "proposed"
        )
        if asked and data.draw(st.booleans()):
            need_id, supply_id = data.draw(st.sampled_from(asked))
            how = data.draw(st.sampled_from(["accept", "decline", "decline"]))
            hub.on_answer(need_id, supply_id, how, hub.replicas[data.draw(anyone)])
    for replica in hub.replicas:
        hub.catch_up(replica, len(hub.log))
    hub.the_shortlists_are_proposed()

"""I3 on the real broker: events permuted and repeated, before two matchers.

The examples share one running hub and have ids of their own; what an example leaves is taken
back at its end. Many more examples are tried on the pure core, by
``tests/unit/matcher/test_matcher_any_order.py``.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from schemas.demand import Demand
from schemas.member import Member
from schemas.offer import Offer
from services.matcher.adapters import events, supply_events
from services.matcher.adapters.needs import PostgresNeeds
from services.matcher.domain.eligibility import World, barrier
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.judging import Known
from services.matcher.domain.model import Need, Supply
from services.matcher.domain.policy import Policy
from services.runtime.settings import Settings
from tests import strategies
from tests.flow.matcher_facts import GOOD, OTHER, answer, demand, member, offer
from tests.flow.matcher_hub import CLUSTERS, PARENTS, MatcherHub, hub_of
from tests.unit.matcher.things import MODEL
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

Fact = Demand | Member | Offer
WORLD = World(CLUSTERS, PARENTS)
POLICY = Policy(spread=None, history=False)
"""What members were asked depends on the order; the score does not (I3)."""
_numbers = itertools.count()

texts = st.sampled_from([GOOD, GOOD, "Paiement mobile.", OTHER])
niches = st.sampled_from([("mobile-payment",), ("payment",), ("farming",), ()])


@st.composite
def facts(draw: st.DrawFn, kind: str, version: int) -> dict[str, Any]:
    """What one version of a demand, member or offer says beside its id."""
    said: dict[str, Any] = {"version": version, "description": draw(texts), "niches": draw(niches)}
    if kind == "d":
        said["wanted"] = draw(st.integers(1, 2))
        said["reach"] = draw(st.sampled_from(["own", "international"]))
        said["status"] = draw(st.sampled_from(["open", "open", "withdrawn"][: version + 1]))
    elif kind == "m":
        said["cluster"] = draw(st.sampled_from(["mnc", "mnc", "lyon"]))
        said["active"] = draw(st.sampled_from([True, True, True, False]))
        said["capacity"] = draw(st.sampled_from([1, 3]))
    else:
        said["owner"] = {"type": "member", "id": draw(st.sampled_from(["m-0", "m-1"]))}
    return said


@dataclass(frozen=True)
class Story:
    """Facts in the order in which they are told, some twice; and who says no when."""

    told: list[tuple[str, dict[str, Any]]]
    halt: int
    answers: list[str]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A small world, shuffled."""
    names = ["m-0", "m-1", "m-2", "m-3", "m-4", "o-0", "d-0", "d-1"]
    newer = draw(st.lists(st.sampled_from(names), unique=True))
    versions = [(name, draw(facts(name[0], 1))) for name in names]
    versions += [(name, draw(facts(name[0], 2))) for name in newer]
    again = draw(st.lists(st.sampled_from(versions), max_size=4))
    told = draw(st.permutations([*versions, *again]))
    halt = draw(st.integers(len(told) // 3, len(told)))
    answers = draw(st.lists(st.sampled_from(["decline", "accept"]), max_size=3))
    return Story(told, halt, answers)


@dataclass
class Telling:
    """All that was told to one hub, over all its examples."""

    hub: MatcherHub
    newest: dict[str, Fact] = field(default_factory=dict)
    versions: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))

    def fact(self, prefix: str, name: str, said: dict[str, Any]) -> Fact:
        """The event's data, with the ids of this example."""
        if name[0] == "o":
            said = said | {"owner": {"type": "member", "id": prefix + said["owner"]["id"]}}
        make: Any = {"d": demand, "m": member, "o": offer}[name[0]]
        made: Fact = make(prefix + name, **said)
        return made

    async def tell(self, told: Fact, event_id: str | None = None) -> None:
        """Publish a fact and remember it."""
        name = _id(told)
        await self.hub.tell(told, event_id=event_id)
        self.versions[name].append(told)
        known = self.newest.get(name)
        if known is None or known.version < told.version:
            self.newest[name] = told

    def supply(self, told: Member | Offer, taken: int = 0) -> Supply:
        """A supply as the matcher should have it when all is told."""
        owner = self.newest.get(told.owner.id) if isinstance(told, Offer) else None
        return replace(supply_of(told, owner), taken=taken)

    def supplies(self, told: Member | Offer) -> list[Supply]:
        """A supply as the matcher may have had it, with each version of the member behind it."""
        owners = [None, *self.versions[told.owner.id]] if isinstance(told, Offer) else [None]
        return [supply_of(told, owner) for owner in owners]

    async def shortlists_are_proposed(self) -> bool:
        """Whether each open demand was decided on, its shortlist on the final facts proposed."""
        matches = await self.hub.matches()
        taken: dict[str, int] = defaultdict(int)
        for match in matches:
            taken[match.supply.id] += match.state == "accepted"
        index = SupplyIndex()
        for name, told in self.newest.items():
            if not isinstance(told, Demand):
                index.put(self.supply(told, taken[name]))
        for need in self.open_demands():
            held = await PostgresNeeds(self.hub.database).load(need.need_id)
            if held is None or held.case is None or held.need.version != need.version:
                return False
            known = Known(index, WORLD, POLICY, MODEL, datetime.now(UTC))
            rankings = known.rankings(need, known.depth(need, held.case))
            planned = known.plan(need, held.case, rankings, {})
            heard = held.case.told_unmatched or not planned.nobody
            if planned.chosen or planned.gone or not heard:
                return False
        return True

    def open_demands(self) -> list[Need]:
        """The demands that are open at the end."""
        needs = [events.need_of_demand(f) for f in self.newest.values() if isinstance(f, Demand)]
        return [need for need in needs if need.is_open]

    async def nobody_was_asked_who_never_could(self) -> None:
        """Each proposed pair was eligible in some version of its sides and who is behind them."""
        for match in await self.hub.matches():
            needs = self.versions[match.need.id]
            supplies = self.versions[match.supply.id]
            assert any(
                barrier(events.need_of_demand(n), supply, WORLD, datetime.now(UTC)) is None
                for n in needs
                for s in supplies
                if isinstance(n, Demand) and not isinstance(s, Demand)
                for supply in self.supplies(s)
            )


def supply_of(told: Member | Offer, owner: Fact | None) -> Supply:
    """The supply that a fact makes, with ``owner`` as the member behind it."""
    if isinstance(told, Member):
        return supply_events.supply(supply_events.supply_of_member(told), None)
    assert owner is None or isinstance(owner, Member)
    offer = supply_events.supply_of_offer(told)
    if owner is not None:
        offer = supply_events.behind(offer, supply_events.supply_of_member(owner))
    return supply_events.supply(offer, None)


def _id(told: Fact) -> str:
    if isinstance(told, Demand):
        return told.demand_id
    return told.member_id if isinstance(told, Member) else told.offer_id


@pytest.fixture
async def telling(settings: Settings) -> AsyncIterator[Telling]:
    """A hub with two matchers."""
    async with hub_of(settings, 2, POLICY) as hub:
        yield Telling(hub)


@hypothesis.settings(
    max_examples=strategies.EXAMPLES // 5,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a failure waits for its limit: no shrinking
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stories())
async def test_whatever_the_order_and_repetition_the_final_shortlists_are_proposed(
    telling: Telling, story: Story
) -> None:
    prefix = f"x{next(_numbers)}-"
    told = [telling.fact(prefix, name, said) for name, said in story.told]
    for place, fact in enumerate(told[: story.halt]):
        await telling.tell(fact, f"{prefix}{place}" if place % 2 else None)
    await eventually(telling.shortlists_are_proposed)
    waiting = [
        match
        for need in telling.open_demands()
        for match in await telling.hub.matches(need.need_id)
        if match.state == "proposed"
    ]
    for match, how in zip(waiting, story.answers, strict=False):
        given_answer = answer(match, how)
        await telling.hub.tell(given_answer, event_id=f"{prefix}{match.match_id}")
        await telling.hub.tell(given_answer, event_id=f"{prefix}{match.match_id}")
    for fact in told[story.halt :]:
        await telling.tell(fact)
    await eventually(telling.shortlists_are_proposed)
    await telling.nobody_was_asked_who_never_could()
    await take_back(telling, prefix)


async def take_back(telling: Telling, prefix: str) -> None:
    """Close what an example opened, so that it is in nobody's way."""
    for name, fact in list(telling.newest.items()):
        if not name.startswith(prefix):
            continue
        end: dict[str, Any] = {"version": 9}
        end |= {"active": False} if isinstance(fact, Member) else {"status": "withdrawn"}
        await telling.tell(type(fact).model_validate(fact.model_dump() | end))
    for need in telling.newest:
        if need.startswith(f"{prefix}d-"):
            await eventually(partial(telling.hub.outcome_is, need, "withdrawn"))

"""Load decides among near equals, told by the database, whichever matcher decides."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.matcher.domain.model import Owner
from services.matcher.domain.policy import Policy, Spread
from services.matcher.domain.spread import Load
from services.runtime.settings import Settings
from tests.flow.matcher_facts import answer, demand, member, offer
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

PLACES = Policy().members_for(1)
EQUALS = [f"m-{number}" for number in range(2 * PLACES)]


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[MatcherHub]:
    """A hub with two matchers and twice as many equal members as a wave has places."""
    async with hub_of(settings, 2) as running:
        await running.tell(*(member(name) for name in EQUALS))
        await eventually(lambda: running.indexed_are(len(EQUALS)))
        yield running


async def ask(hub: MatcherHub, demand_id: str) -> set[str]:
    """Who is asked for one more demand like the others."""
    await hub.tell(demand(demand_id))
    await eventually(lambda: hub.has_proposed(demand_id, PLACES))
    return await hub.proposed_to(demand_id)


async def test_the_next_demand_goes_to_those_who_were_not_asked_yet(hub: MatcherHub) -> None:
    first = await ask(hub, "d-1")
    assert await ask(hub, "d-2") == set(EQUALS) - first


async def test_after_some_demands_nobody_was_asked_twice_more_than_another(
    hub: MatcherHub,
) -> None:
    asked = [name for number in range(6) for name in await ask(hub, f"d-{number}")]
    counts = {asked.count(name) for name in EQUALS}
    assert max(counts) - min(counts) <= 1


async def test_looking_again_asks_nobody_else(hub: MatcherHub) -> None:
    first = await ask(hub, "d-1")
    await ask(hub, "d-2")
    await hub.tell(member("m-0", version=2, keywords=("mobile",)))  # all are looked at again
    await hub.tell(demand("d-3", niches=("farming",), title="Ruches", description="Du miel."))
    await eventually(lambda: hub.outcome_is("d-3", "unmatched"))
    await eventually(hub.indexed)
    assert await hub.proposed_to("d-1") == first


async def test_loads_count_what_members_were_asked_for_demands(hub: MatcherHub) -> None:
    await ask(hub, "d-1")
    declined, *waiting = await hub.matches("d-1")
    await hub.tell(answer(declined, "decline"))
    await eventually(lambda: hub.state_is(declined.match_id, "declined"))
    await eventually(lambda: hub.has_proposed("d-1", PLACES + 1))
    await hub.tell(
        offer("o-1", kind="showcase"),
        member("looks", description="Menuiserie.", interests=("Paiement mobile",)),
    )
    await eventually(lambda: hub.has_proposed("interest:looks", 1))
    owners = [Owner("member", match.supply.id) for match in (declined, waiting[0])]
    owners.append(Owner("city", "oujda"))
    async with hub.maker(0).transaction() as ledger:
        loads = await ledger.needs.loads(owners, Spread())
        gone = await ledger.needs.loads(owners, Spread(window=0.0))
    assert {owner: round(load.recent, 3) for owner, load in loads.items()} == {
        owners[0]: 1.0,
        owners[1]: 1.0,
    }
    assert loads[owners[0]].waiting == 0
    assert loads[owners[1]] == Load(loads[owners[1]].recent, 1)
    assert gone == {}

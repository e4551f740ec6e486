"""I1 and I2: every demand ends in a decision, and a pair is proposed once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

import pytest

from schemas.match import Decision, Match
from schemas.topics import DEMANDS
from services.runtime.settings import Settings
from tests.flow.matcher_facts import OTHER, answer, demand, event_of, member, offer
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.waiting import eventually

pytestmark = pytest.mark.kafka


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[MatcherHub]:
    """A hub with one matcher."""
    async with hub_of(settings) as running:
        yield running


@pytest.fixture
async def two(settings: Settings) -> AsyncIterator[MatcherHub]:
    """A hub with two matchers."""
    async with hub_of(settings, 2) as running:
        yield running


async def decided(hub: MatcherHub, *ids: str) -> None:
    """Return once each demand has a decision."""

    async def all_of_them() -> bool:
        return all([await hub.outcome(i) for i in ids])

    await eventually(all_of_them)


async def test_every_demand_ends_in_a_decision(hub: MatcherHub) -> None:
    good = [demand(f"d-{n}") for n in range(20)]
    hopeless = [
        demand(f"x-{n}", title="Élevage d'autruches", description="", niches=("farming",))
        for n in range(5)
    ]
    await hub.tell(*good[:5], member("m-1"), *good[5:], *hopeless, member("m-2", description=OTHER))
    await decided(hub, *[d.demand_id for d in (*good, *hopeless)])
    for one in good:
        await eventually(partial(hub.outcome_is, one.demand_id, "proposed"))
    assert {await hub.outcome(one.demand_id) for one in hopeless} == {"unmatched"}
    await hub.relayed()
    told = {e.need.id: e.outcome for e in await hub.published() if isinstance(e, Decision)}
    assert told == {d.demand_id: "proposed" for d in good} | {
        d.demand_id: "unmatched" for d in hopeless
    }


async def test_a_withdrawn_demand_ends_its_proposals_and_says_so(hub: MatcherHub) -> None:
    await hub.tell(member(), demand())
    await eventually(lambda: hub.proposed_to("d-1"))
    await hub.tell(demand(version=2, status="withdrawn"))
    await eventually(lambda: hub.outcome_is("d-1", "withdrawn"))
    assert [m.state for m in await hub.matches("d-1")] == ["superseded"]


async def test_a_new_version_that_asks_nobody_new_is_decided_too(hub: MatcherHub) -> None:
    await hub.tell(member(), demand())
    await eventually(lambda: hub.proposed_to("d-1"))
    await hub.tell(demand(version=2, summary="Avant la foire."))
    await eventually(lambda: hub.version_is("d-1", 2))
    assert await hub.outcome("d-1") == "proposed"
    assert len(await hub.matches("d-1")) == 1


async def test_demands_that_share_a_key_by_mistake_are_all_decided(hub: MatcherHub) -> None:
    await hub.stop_matcher()  # so that they come in one batch
    for number in range(5):
        event = event_of(demand(f"d-{number}"))
        await hub.put(DEMANDS, event.data, event.headers(), b"one-key")
    await hub.start_matcher()
    await decided(hub, *[f"d-{number}" for number in range(5)])


async def test_events_of_two_sources_with_one_id_are_two_events(hub: MatcherHub) -> None:
    await hub.stop_matcher()
    for number in range(2):
        event = replace(event_of(demand(f"d-{number}"), "e-1"), source=f"/source/{number}")
        await hub.put(DEMANDS, event.data, event.headers(), b"one-key")
    await hub.start_matcher()
    await decided(hub, "d-0", "d-1")


async def test_repeated_events_propose_a_pair_once(hub: MatcherHub) -> None:
    facts = [member("m-1"), member("m-2"), offer(), *[demand(f"d-{n}") for n in range(5)]]
    for round_ in range(3):
        for number, fact in enumerate(facts):
            await hub.tell(fact, event_id=f"e-{number}")
            await hub.tell(fact, event_id=f"e-{number}-{round_}")
    await decided(hub, *[f"d-{n}" for n in range(5)])
    await eventually(lambda: hub.seen_is(len(facts) * 4))
    for n in range(5):
        await eventually(partial(hub.proposed_are, f"d-{n}", {"m-1", "m-2", "o-1"}))
    await each_pair_was_proposed_once(hub)


async def each_pair_was_proposed_once(hub: MatcherHub) -> None:
    """Of each match one event says that it is proposed, and one decision lists it."""
    await hub.relayed()
    events = await hub.published()
    proposals = Counter(
        (e.need.id, e.supply.id) for e in events if isinstance(e, Match) and e.state == "proposed"
    )
    listed = Counter(
        (e.need.id, c.supply_id) for e in events if isinstance(e, Decision) for c in e.proposed
    )
    assert set(proposals.values()) == {1}
    assert proposals == listed
    assert len(proposals) == len(await hub.matches())


async def test_two_matchers_propose_a_pair_once(two: MatcherHub) -> None:
    dice = random.Random(11)
    facts = [member(f"m-{n}") for n in range(4)] + [demand(f"d-{n}") for n in range(30)]
    facts += facts[:10]
    dice.shuffle(facts)
    await asyncio.gather(*(two.tell(fact) for fact in facts))
    ids = [f"d-{n}" for n in range(30)]
    await decided(two, *ids)
    for one in ids:
        await eventually(partial(two.has_proposed, one, 3))
    await each_pair_was_proposed_once(two)


async def test_of_two_matchers_each_decides_on_the_demands_of_its_partitions(
    two: MatcherHub,
) -> None:
    await two.tell(member(), *[demand(f"d-{n}") for n in range(24)])
    await decided(two, *[f"d-{n}" for n in range(24)])
    owned = [set(two.maker(number).needs) for number in (0, 1)]
    assert owned[0] | owned[1] == {f"d-{n}" for n in range(24)}
    assert not owned[0] & owned[1]
    assert all(owned)


async def test_who_comes_after_a_decline_is_asked_although_others_rank_higher(
    hub: MatcherHub,
) -> None:
    """The one who comes fourth takes the place of the first, who declined before it came."""
    best = [member(f"m-{n}", niches=("mobile-payment",)) for n in range(3)]
    await hub.tell(*best, demand())
    await eventually(lambda: hub.has_proposed("d-1", 3))
    (declined, *_) = await hub.matches("d-1")
    await hub.tell(answer(declined, "decline", reason="too-busy"))
    await eventually(lambda: hub.state_is(declined.match_id, "declined"))
    await hub.tell(member("m-9", niches=("payment",)))
    await eventually(lambda: hub.proposed_are("d-1", {"m-0", "m-1", "m-2", "m-9"}))


async def test_the_next_best_is_asked_after_a_decline(hub: MatcherHub) -> None:
    await hub.tell(*[member(f"m-{n}") for n in range(5)])
    await eventually(lambda: hub.indexed_are(5))
    await hub.tell(demand())
    await eventually(lambda: hub.proposed_are("d-1", {"m-0", "m-1", "m-2"}))
    (declined, *_) = await hub.matches("d-1")
    await hub.tell(answer(declined, "decline", reason="too-busy"))
    await eventually(lambda: hub.proposed_are("d-1", {"m-0", "m-1", "m-2", "m-3"}))


async def test_nobody_accepts_in_the_name_of_the_member_that_was_asked(hub: MatcherHub) -> None:
    await hub.tell(member("m-1"))
    await eventually(lambda: hub.indexed_are(1))
    await hub.tell(demand())
    await eventually(lambda: hub.has_proposed("d-1", 1))
    (match,) = await hub.matches("d-1")
    await hub.tell(answer(match, "accept", by={"type": "member", "id": "m-2"}))
    await hub.tell(answer(match, "accept", by={"type": "city", "id": "oujda"}))
    await hub.tell(answer(match, "decline", reason="too-busy"))
    await eventually(lambda: hub.state_is(match.match_id, "declined"))
    (declined,) = await hub.matches("d-1")
    assert declined.version == 2, "nobody else's word changed anything"


async def test_when_everybody_declines_the_ambassador_is_told(hub: MatcherHub) -> None:
    await hub.tell(member("m-1"), member("m-2"))
    await eventually(lambda: hub.indexed_are(2))
    await hub.tell(demand())
    await eventually(lambda: hub.has_proposed("d-1", 2))
    for match in await hub.matches("d-1"):
        await hub.tell(answer(match, "decline"))
    await eventually(lambda: hub.outcome_is("d-1", "unmatched"))


async def test_an_accept_that_finds_no_place_left_does_not_leave_the_demand_alone(
    hub: MatcherHub,
) -> None:
    await hub.tell(member("m-1", capacity=1), demand("d-1"), demand("d-2"))
    await eventually(lambda: hub.has_proposed("d-1", 1))
    await eventually(lambda: hub.has_proposed("d-2", 1))
    (first,) = await hub.matches("d-1")
    (second,) = await hub.matches("d-2")
    await hub.tell(answer(first, "accept"))
    await eventually(lambda: hub.state_is(first.match_id, "accepted"))
    await hub.tell(answer(second, "accept"))
    await eventually(lambda: hub.state_is(second.match_id, "superseded"))
    await eventually(lambda: hub.outcome_is("d-2", "unmatched"))


async def test_as_many_are_asked_as_a_large_demand_wants(hub: MatcherHub) -> None:
    await hub.tell(*[member(f"m-{n:02}") for n in range(30)])
    await eventually(lambda: hub.indexed_are(30))
    await hub.tell(demand(wanted=25))
    await eventually(lambda: hub.has_proposed("d-1", 27))


async def test_the_next_is_found_after_many_declines(hub: MatcherHub) -> None:
    await hub.tell(*[member(f"m-{n:02}") for n in range(26)])
    await eventually(lambda: hub.indexed_are(26))
    await hub.tell(demand())
    for asked in range(3, 27):
        await eventually(partial(hub.has_proposed, "d-1", asked))
        open_ = [m for m in await hub.matches("d-1") if m.state == "proposed"]
        await hub.tell(answer(open_[0], "decline"))


@pytest.mark.parametrize("first", ["member", "offer"])
async def test_an_offer_stands_where_its_member_stands_whichever_came_first(
    hub: MatcherHub, first: str
) -> None:
    """A member abroad and its offer: neither is for a demand that stays in its own cluster."""
    abroad = member("m-1", cluster="lyon", country="FR", description=OTHER, niches=())
    its = offer("o-1", owner={"type": "member", "id": "m-1"})
    pair = [abroad, its] if first == "member" else [its, abroad]
    await hub.tell(pair[0])
    await eventually(lambda: hub.indexed_are(1))
    await hub.tell(pair[1])
    await eventually(lambda: hub.cluster_is("o-1", "lyon"))
    await hub.tell(demand(reach="own"), demand("d-2", reach="international"))
    await eventually(lambda: hub.proposed_are("d-2", {"o-1"}))
    assert await hub.outcome("d-1") == "unmatched"


async def test_an_offer_does_not_follow_an_older_version_of_its_member(hub: MatcherHub) -> None:
    await hub.tell(offer(owner={"type": "member", "id": "m-1"}))
    await eventually(lambda: hub.indexed_are(1))
    await hub.tell(member("m-1", version=2, cluster="lyon"))
    await eventually(lambda: hub.cluster_is("o-1", "lyon"))
    await hub.tell(member("m-1", version=1, cluster="mnc"))
    await eventually(lambda: hub.seen_is(3))
    await eventually(hub.indexed)
    assert await hub.cluster_is("o-1", "lyon")

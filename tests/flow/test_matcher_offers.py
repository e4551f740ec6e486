"""Places of offers against the real broker and database: batches, lines, and whose turn it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from schemas.life import Notice
from schemas.match import Match
from services.matcher.domain.policy import Policy
from services.runtime.settings import Settings
from tests.flow.matcher_facts import GOOD, answer, member, offer
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

S = timedelta(seconds=1)
BATCHED = Policy(version="test-1", spread=None, batch=2 * S)


@pytest.fixture
async def hub(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[MatcherHub]:
    """Two matchers under the policy that the test names."""
    async with hub_of(settings, 2, getattr(request, "param", BATCHED)) as running:
        yield running


async def seekers(hub: MatcherHub, number: int, *offers: str) -> dict[str, list[Match]]:
    """So many members who look for what the offers give, with their proposals."""
    names = [f"s-{n:02}" for n in range(number)]
    await hub.tell(*[member(name, interests=(GOOD,), niches=()) for name in names])
    await eventually(lambda: hub.indexed_are(number + len(offers)))
    for name in names:
        await eventually(partial(hub.proposed_are, f"interest:{name}", set(offers)))
    return {name: await hub.matches(f"interest:{name}") for name in names}


async def incubator(hub: MatcherHub, offer_id: str = "o-1", **changes: Any) -> None:
    """An offer of places in an incubator."""
    await hub.tell(offer(offer_id, **{"kind": "incubation", "capacity": 1} | changes))


async def places(hub: MatcherHub, supply_id: str = "o-1") -> dict[str, list[Match]]:
    """The matches of an offer by what they have of its places; those who wait in their order."""
    found: dict[str, list[Match]] = {"held": [], "waiting": [], "none": []}
    for match in await hub.matches():
        if match.supply.id == supply_id:
            found[match.place].append(match)
    found["waiting"].sort(key=lambda match: match.waiting or 0)
    return found


async def names(hub: MatcherHub, supply_id: str = "o-1") -> Mapping[str, list[str]]:
    """The same, by the names of the members."""
    found = await places(hub, supply_id)
    return {place: [m.need.owner.id for m in matches] for place, matches in found.items()}


async def in_order(hub: MatcherHub, held: int, waiting: int, supply_id: str = "o-1") -> bool:
    """Whether so many have a place, and so many wait, who are numbered."""
    found = await places(hub, supply_id)
    numbers = [match.waiting for match in found["waiting"]]
    return len(found["held"]) == held and numbers == list(range(1, waiting + 1))


async def told(hub: MatcherHub, kind: str) -> list[str]:
    """Who was told something of this kind."""
    await hub.relayed()
    return [e.to.id for e in await hub.events() if isinstance(e, Notice) and e.kind == kind]


def by_city(match: Match) -> dict[str, Any]:
    """Changes of an answer that the offering city gives."""
    return {"by": {"type": match.supply.owner.type, "id": match.supply.owner.id}}


async def taken(hub: MatcherHub, supply_id: str = "o-1") -> int:
    """How many places are taken."""
    statement = "SELECT taken FROM supplies WHERE supply_id = $1"
    return int(await hub.database.fetchval(statement, supply_id))


async def test_fifty_accepts_at_once_for_three_places_make_three_held_and_a_line(
    hub: MatcherHub,
) -> None:
    await incubator(hub, capacity=3)
    matches = await seekers(hub, 50, "o-1")
    await asyncio.gather(*[hub.tell(answer(found[0], "accept")) for found in matches.values()])
    await eventually(lambda: in_order(hub, 3, 47), limit=60)
    assert await taken(hub) == 3
    assert {match.state.value for match in await hub.matches()} == {"accepted"}
    assert await told(hub, "answer-asked") == ["oujda"] * 3
    waiting = (await names(hub))["waiting"]
    assert sorted(await told(hub, "waiting")) == sorted(waiting)
    assert not await told(hub, "place-free")


async def test_a_match_says_which_system_sent_the_offer(hub: MatcherHub) -> None:
    await incubator(hub, external_id="OUJ-O-7")
    [[match]] = (await seekers(hub, 1, "o-1")).values()
    assert (match.supply.source, match.supply.external_id) == ("city:oujda", "OUJ-O-7")


async def test_the_next_in_line_gets_a_place_that_comes_free(hub: MatcherHub) -> None:
    await incubator(hub)
    matches = await seekers(hub, 4, "o-1")
    await hub.tell(*[answer(found[0], "accept") for found in matches.values()])
    await eventually(lambda: in_order(hub, 1, 3))
    before = await places(hub)
    (first,), line = before["held"], before["waiting"]
    await hub.tell(answer(line[1], "withdraw"))
    await eventually(lambda: in_order(hub, 1, 2))
    await hub.tell(answer(first, "decline", reason="terms", **by_city(first)))
    await eventually(lambda: in_order(hub, 1, 1))
    assert (await names(hub))["held"] == [line[0].need.owner.id]
    assert await told(hub, "place-free") == [line[0].need.owner.id]
    assert len(await told(hub, "waiting")) == 3  # each once, though numbers changed
    assert await taken(hub) == 1


async def test_more_places_by_an_edit_go_to_the_line(hub: MatcherHub) -> None:
    await incubator(hub)
    matches = await seekers(hub, 4, "o-1")
    await hub.tell(*[answer(found[0], "accept") for found in matches.values()])
    await eventually(lambda: in_order(hub, 1, 3))
    await incubator(hub, capacity=3, version=2)
    await eventually(lambda: in_order(hub, 3, 1))
    assert await taken(hub) == 3


@pytest.mark.parametrize("hub", [replace(BATCHED, batch=timedelta(days=7))], indirect=True)
async def test_whoever_could_go_nowhere_else_gets_the_place_that_another_does_not_need(
    hub: MatcherHub,
) -> None:
    await incubator(hub, "o-1")
    await incubator(hub, "o-2")
    matches = await seekers(hub, 2, "o-1", "o-2")
    flexible, picky = matches["s-00"], matches["s-01"]
    wanted = next(match for match in picky if match.supply.id == "o-1")
    await hub.tell(*[answer(match, "accept") for match in flexible], answer(wanted, "accept"))

    async def in_line() -> bool:
        found = [await places(hub, one) for one in ("o-1", "o-2")]
        return sum(match.state == "accepted" for one in found for match in one["waiting"]) == 3

    await eventually(in_line)
    await hub.database.execute("UPDATE batches SET due_at = clock_timestamp()")
    await eventually(lambda: in_order(hub, 1, 1))
    await eventually(lambda: in_order(hub, 1, 0, "o-2"))
    assert (await names(hub))["held"] == ["s-01"]
    assert (await names(hub, "o-2"))["held"] == ["s-00"]


async def test_whom_the_offerer_said_yes_to_comes_first_and_is_introduced(hub: MatcherHub) -> None:
    await incubator(hub)
    matches = await seekers(hub, 3, "o-1")
    last = matches["s-02"][0]
    await hub.tell(answer(last, "accept", **by_city(last)))
    await hub.tell(*[answer(found[0], "accept") for found in matches.values()])
    await eventually(lambda: hub.state_is(last.match_id, "introduced"))
    await eventually(lambda: in_order(hub, 1, 2))
    assert sorted(await told(hub, "introduced")) == ["oujda", "s-02"]


async def test_a_batch_that_ended_while_no_matcher_ran_is_given_at_the_start(
    hub: MatcherHub,
) -> None:
    await incubator(hub)
    matches = await seekers(hub, 3, "o-1")
    await hub.stop_matcher()
    await hub.tell(*[answer(found[0], "accept") for found in matches.values()])
    await eventually(lambda: hub.states_are({"accepted"}))
    await hub.stop_matcher()
    to_come = "SELECT count(*) FROM batches WHERE due_at > clock_timestamp()"

    async def over() -> bool:
        return not await hub.database.fetchval(to_come)

    await eventually(over)
    await asyncio.gather(hub.start_matcher(), hub.start_matcher(), hub.start_matcher())
    await eventually(lambda: in_order(hub, 1, 2))
    assert not await hub.database.fetchval("SELECT count(*) FROM batches")


async def test_the_batch_ends_with_the_deadline_of_the_offer(settings: Settings) -> None:
    async with hub_of(settings, 1, replace(BATCHED, batch=timedelta(days=7))) as hub:
        await incubator(hub)
        matches = await seekers(hub, 2, "o-1")
        await hub.tell(*[answer(found[0], "accept") for found in matches.values()])
        await eventually(lambda: hub.states_are({"accepted"}))
        await incubator(hub, version=2, deadline=datetime.now(UTC) + 1 * S)
        await eventually(lambda: in_order(hub, 1, 1))
        assert {match.state.value for match in await hub.matches()} == {"accepted"}


@pytest.mark.parametrize("hub", [replace(BATCHED, batch=None)], indirect=True)
async def test_without_batches_who_comes_first_has_the_place_and_the_others_are_told(
    hub: MatcherHub,
) -> None:
    await incubator(hub)
    matches = await seekers(hub, 3, "o-1")
    await hub.tell(*[answer(found[0], "accept") for found in matches.values()])
    await eventually(lambda: hub.states_are({"accepted", "superseded"}))
    assert await taken(hub) == 1
    assert len(await told(hub, "closed")) == 2


@pytest.mark.parametrize("hub", [replace(BATCHED, batch=timedelta(days=7))], indirect=True)
async def test_a_need_that_cannot_be_read_keeps_nobody_else_in_line(hub: MatcherHub) -> None:
    await incubator(hub)
    matches = await seekers(hub, 3, "o-1")
    await hub.tell(*[answer(found[0], "accept") for found in matches.values()])
    await eventually(lambda: hub.states_are({"accepted"}))
    spoil = "UPDATE needs SET life = '{\"need_id\": 1}' WHERE need_id = 'interest:s-00'"
    await hub.database.execute(spoil)
    await hub.database.execute("UPDATE batches SET due_at = clock_timestamp()")

    async def given() -> bool:
        return (await names(hub))["held"] in (["s-01"], ["s-02"])  # scores tell which

    await eventually(given, 60)

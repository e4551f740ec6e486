"""Who is not asked again so soon, and who does not want to be asked, on the real parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from schemas.values import Preferences, Structure, StructureKind
from services.matcher.domain.policy import Policy
from services.runtime.settings import Settings
from tests.flow.matcher_facts import answer, demand, member
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

POLICY = Policy(version="test-freeze", spread=None)


@pytest.fixture
async def hub(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[MatcherHub]:
    """One matcher with two members, under the policy that the test names."""
    async with hub_of(settings, policy=getattr(request, "param", POLICY)) as running:
        await running.tell(member("m-1"), member("m-2"))
        await eventually(lambda: running.indexed_are(2))
        await running.tell(demand("d-1"))
        await eventually(lambda: running.proposed_are("d-1", {"m-1", "m-2"}))
        yield running


async def decline(hub: MatcherHub, reason: str) -> None:
    """Let m-1 decline the first demand."""
    (match,) = [one for one in await hub.matches("d-1") if one.supply.id == "m-1"]
    await hub.tell(answer(match, "decline", reason=reason))
    await eventually(lambda: hub.state_is(match.match_id, "declined"))


async def test_who_named_a_conflict_is_not_asked_for_the_citys_next_demand(
    hub: MatcherHub,
) -> None:
    await decline(hub, "conflict-of-interest")
    await hub.tell(demand("d-2"))
    await eventually(lambda: hub.outcome_is("d-2", "proposed"))
    assert await hub.proposed_to("d-2") == {"m-2"}


async def test_who_named_a_conflict_with_one_city_is_asked_by_another(hub: MatcherHub) -> None:
    await decline(hub, "conflict-of-interest")
    await hub.tell(demand("d-2", city="meknes"))
    await eventually(lambda: hub.proposed_are("d-2", {"m-1", "m-2"}))


async def test_who_named_a_conflict_with_one_laboratory_is_asked_by_another(
    hub: MatcherHub,
) -> None:
    await decline(hub, "conflict-of-interest")
    other = Structure(name="Laboratoire des sols", kind=StructureKind.LABORATORY)
    await hub.tell(demand("d-2", structure=other))
    await eventually(lambda: hub.proposed_are("d-2", {"m-1", "m-2"}))


async def test_who_said_that_it_is_not_its_field_is_asked_for_the_next_demand(
    hub: MatcherHub,
) -> None:
    await decline(hub, "not-my-field")
    await hub.tell(demand("d-2"))
    await eventually(lambda: hub.proposed_are("d-2", {"m-1", "m-2"}))


@pytest.mark.parametrize("hub", [replace(POLICY, freeze=None)], indirect=True)
async def test_a_hub_may_let_every_demand_begin_anew(hub: MatcherHub) -> None:
    await decline(hub, "conflict-of-interest")
    await hub.tell(demand("d-2"))
    await eventually(lambda: hub.proposed_are("d-2", {"m-1", "m-2"}))


async def test_who_opts_out_is_asked_no_more_and_not_again(hub: MatcherHub) -> None:
    kinds = (demand().kind.value,)
    await hub.tell(member("m-1", version=2, preferences=Preferences(opted_out=kinds)))
    (match,) = [one for one in await hub.matches("d-1") if one.supply.id == "m-1"]
    await eventually(lambda: hub.state_is(match.match_id, "superseded"))
    await hub.tell(demand("d-2"))
    await eventually(lambda: hub.outcome_is("d-2", "proposed"))
    assert await hub.proposed_to("d-2") == {"m-2"}

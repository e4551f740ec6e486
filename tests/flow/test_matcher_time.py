"""What happens by itself in a need's life: reminders, wave ends, extension, expiry, outcomes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.life import NeedChanged
from schemas.response import Extension
from services.runtime.settings import Settings
from tests.flow.matcher_facts import answer, demand, member
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.flow.matcher_life import (
    NOW,
    PATIENT,
    QUICK,
    S,
    asked,
    by_city,
    policy,
    states,
    told,
    was_told,
)
from tests.waiting import eventually

pytestmark = pytest.mark.kafka


@pytest.fixture
async def hub(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[MatcherHub]:
    """One matcher under the course that the test names."""
    course = getattr(request, "param", PATIENT)
    async with hub_of(settings, policy=policy(course)) as running:
        yield running


@pytest.mark.parametrize("hub", [QUICK], indirect=True)
async def test_who_stays_silent_is_reminded_and_the_next_wave_begins(hub: MatcherHub) -> None:
    await hub.tell(member("m-1"), member("p-1", cluster="agri"))
    await eventually(lambda: hub.indexed_are(2))
    matches = await asked(hub, "m-1")
    await eventually(lambda: hub.proposed_are("d-1", {"m-1", "p-1"}), limit=20)
    assert await hub.state_is(matches["m-1"].match_id, "lapsed")
    (reminder,) = await told(hub, "reminder")
    assert reminder.to.id == "m-1"


@pytest.mark.parametrize("hub", [QUICK], indirect=True)
async def test_timers_that_were_due_while_no_matcher_ran_ring_at_once_and_once(
    hub: MatcherHub,
) -> None:
    await hub.tell(member("m-1"), member("p-1", cluster="agri"))
    await eventually(lambda: hub.indexed_are(2))
    await asked(hub, "m-1")
    await hub.stop_matcher()
    to_come = (
        "SELECT count(*) FROM timers WHERE due_at > clock_timestamp() AND bell NOT LIKE 'expiry%'"
    )
    await eventually(lambda: _none(hub, to_come))
    await asyncio.gather(hub.start_matcher(), hub.start_matcher(), hub.start_matcher())
    await eventually(lambda: hub.proposed_are("d-1", {"m-1", "p-1"}))
    assert len(await told(hub, "reminder")) == 1
    ids = [n.notice_id for n in await told(hub)]
    assert len(ids) == len(set(ids))


async def _none(hub: MatcherHub, count: str) -> bool:
    return not await hub.database.fetchval(count)


@pytest.mark.parametrize("hub", [QUICK], indirect=True)
async def test_a_need_whose_timers_cannot_ring_keeps_no_other_waiting(hub: MatcherHub) -> None:
    await hub.tell(member("m-1"), member("p-1", cluster="agri"))
    await eventually(lambda: hub.indexed_are(2))
    await hub.tell(demand("d-0"))
    await eventually(lambda: hub.has_proposed("d-0", 1))
    await hub.database.execute("UPDATE needs SET life = '[1]' WHERE need_id = 'd-0'")
    await asked(hub, "m-1")
    await eventually(lambda: hub.proposed_are("d-1", {"m-1", "p-1"}))
    assert await hub.proposed_are("d-0", {"m-1"})


@pytest.mark.parametrize("hub", [replace(PATIENT, confirm_within=1 * S)], indirect=True)
async def test_an_ambassador_that_sleeps_does_not_stop_the_demand(hub: MatcherHub) -> None:
    await hub.tell(member("m-1"))
    await eventually(lambda: hub.indexed_are(1))
    await asked(hub, "m-1")
    assert len(await told(hub, "confirmation-asked")) == 1


async def test_an_asker_may_have_more_time_once(hub: MatcherHub) -> None:
    await hub.tell(member("m-1"))
    await eventually(lambda: hub.indexed_are(1))
    deadline = NOW + timedelta(days=30)
    await asked(hub, "m-1", deadline=deadline)
    word = Extension.model_validate(
        {
            "extension_id": "e-1",
            "need_id": "d-1",
            "by": {"type": "city", "id": "settat"},
            "via": "api",
            "extended_at": NOW,
        }
    )
    await hub.tell(word, word.model_copy(update={"extension_id": "e-2"}))
    await hub.tell(member("m-2"))
    await eventually(lambda: hub.proposed_are("d-1", {"m-1", "m-2"}))
    changes = [e for e in await hub.events() if isinstance(e, NeedChanged)]
    assert changes[-1].extended
    assert changes[-1].expires_at == deadline + PATIENT.extension


async def test_who_asks_for_more_time_while_the_hub_is_away_has_it(hub: MatcherHub) -> None:
    await hub.tell(member("m-1"))
    await eventually(lambda: hub.indexed_are(1))
    deadline = datetime.now(UTC) + 4 * S
    await asked(hub, "m-1", deadline=deadline)
    await hub.stop_matcher()
    word = Extension.model_validate(
        {
            "extension_id": "e-1",
            "need_id": "d-1",
            "by": {"type": "city", "id": "settat"},
            "via": "api",
            "extended_at": datetime.now(UTC),
        }
    )
    await hub.tell(word)
    over = "SELECT count(*) FROM timers WHERE due_at > clock_timestamp() AND bell = 'expiry'"
    await eventually(lambda: _none(hub, over))
    await hub.start_matcher()
    await eventually(lambda: _is_extended(hub))
    changes = [e for e in await hub.events() if isinstance(e, NeedChanged)]
    assert changes[-1].expires_at == deadline + PATIENT.extension
    assert "expired" not in await states(hub, "d-1")


async def _is_extended(hub: MatcherHub) -> bool:
    changes = [e for e in await hub.events() if isinstance(e, NeedChanged)]
    return changes[-1].extended


@pytest.mark.parametrize(
    "hub",
    [replace(PATIENT, open_for=2 * S, expiry_notice=1 * S, archive_after=1 * S)],
    indirect=True,
)
async def test_a_demand_expires_with_notice_and_is_put_away(hub: MatcherHub) -> None:
    await hub.tell(member("m-1"))
    await eventually(lambda: hub.indexed_are(1))
    (match,) = (await asked(hub, "m-1")).values()
    await eventually(lambda: hub.state_is(match.match_id, "superseded"))
    await eventually(lambda: _archived(hub))
    assert [n.kind for n in await told(hub)] == ["expiry-near", "closed", "expired"]
    assert await states(hub, "d-1") == ["proposed", "expired", "expired"]
    assert not await hub.database.fetchval("SELECT count(*) FROM timers")


async def _archived(hub: MatcherHub) -> bool:
    return bool(
        await hub.database.fetchval("SELECT life->'archived' FROM needs WHERE need_id = 'd-1'")
    )


@pytest.mark.parametrize(
    "hub", [replace(PATIENT, outcome_after=1 * S, outcome_remind_after=1 * S)], indirect=True
)
async def test_both_are_asked_once_and_once_more_what_came_of_it(hub: MatcherHub) -> None:
    await hub.tell(member("m-1", capacity=1))
    await eventually(lambda: hub.indexed_are(1))
    (match,) = (await asked(hub, "m-1")).values()
    await hub.tell(answer(match, "accept", **by_city(match)), answer(match, "accept"))
    await eventually(lambda: hub.state_is(match.match_id, "introduced"))
    await hub.tell(answer(match, "outcome", outcome="met", rating=4))
    await eventually(lambda: was_told(hub, "outcome-reminder"))
    assert {n.to.id for n in await told(hub, "outcome-reminder")} == {"settat"}
    await hub.tell(answer(match, "outcome", outcome="contract", rating=5, **by_city(match)))
    taken = "SELECT count(*) FROM supplies WHERE taken > 0"
    await eventually(lambda: _none(hub, taken))

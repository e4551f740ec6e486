"""A need's whole life against the real broker and database: answers, waves, timers, changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.life import NeedChanged, Notice
from schemas.match import Decision, Match
from schemas.response import Confirmation, Extension, Question
from services.matcher.domain.course import Course, Courses, Wave
from services.matcher.domain.policy import Policy
from services.runtime.settings import Settings
from tests.flow.matcher_hub import MatcherHub, answer, demand, hub_of, member
from tests.waiting import eventually

S = timedelta(seconds=1)
PATIENT = Course()
QUICK = Course(
    waves=(Wave("own", spare=0, answer_within=6 * S, remind_after=5 * S), Wave("national")),
    goes_on=False,
)
NOW = datetime.now(UTC)


def policy(course: Course) -> Policy:
    """A policy with one course for every demand."""
    return Policy(version="test-1", spread=None, courses=Courses(others=course))


@pytest.fixture
async def hub(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[MatcherHub]:
    """One matcher under the course that the test names."""
    course = getattr(request, "param", PATIENT)
    async with hub_of(settings, policy=policy(course)) as running:
        yield running


async def told(hub: MatcherHub, kind: str | None = None) -> list[Notice]:
    """The notices (of a kind) in the topic."""
    await hub.relayed()
    found = [e for e in await hub.events() if isinstance(e, Notice)]
    return [e for e in found if kind is None or e.kind == kind]


async def states(hub: MatcherHub, need_id: str) -> list[str]:
    """The states of a need, in order, as they were published."""
    await hub.relayed()
    found = [e for e in await hub.events() if isinstance(e, NeedChanged) and e.need.id == need_id]
    assert [e.version for e in found] == sorted({e.version for e in found})
    return [e.state.value for e in found]


async def asked(hub: MatcherHub, *ids: str, **changes: Any) -> dict[str, Match]:
    """The matches of a demand for which exactly these members are asked."""
    await hub.tell(demand(**changes))
    await eventually(lambda: hub.proposed_are("d-1", set(ids)))
    return {match.supply.id: match for match in await hub.matches("d-1")}


def by_city(match: Match) -> dict[str, Any]:
    """Changes of an answer that the asking city gives."""
    return {"by": {"type": "city", "id": match.need.owner.id}}


async def test_only_when_both_sides_have_accepted_they_are_introduced(hub: MatcherHub) -> None:
    await hub.tell(member("m-1"), member("m-2"))
    await eventually(lambda: hub.indexed_are(2))
    matches = await asked(hub, "m-1", "m-2")
    first = matches["m-1"]
    await hub.tell(answer(first, "accept"))
    await eventually(lambda: hub.state_is(first.match_id, "accepted"))
    assert [n.to.id for n in await told(hub, "answer-asked")] == ["settat"]
    assert not await told(hub, "introduced")
    await hub.tell(answer(first, "accept", **by_city(first)))
    await eventually(lambda: hub.state_is(first.match_id, "introduced"))
    assert {n.to.id for n in await told(hub, "introduced")} == {"m-1", "settat"}
    await eventually(lambda: hub.state_is(matches["m-2"].match_id, "superseded"))
    (closed,) = await told(hub, "closed")
    assert (closed.to.id, closed.because) == ("m-2", "enough")
    assert (await states(hub, "d-1"))[-1] == "fulfilled"


async def test_a_declined_wave_goes_on_to_the_partner_clusters(hub: MatcherHub) -> None:
    await hub.tell(*[member(f"m-{n}") for n in range(3)], member("p-1", cluster="agri"))
    await eventually(lambda: hub.indexed_are(4))
    matches = await asked(hub, "m-0", "m-1", "m-2")
    for match in matches.values():
        await hub.tell(answer(match, "decline", reason="too-busy"))
    await eventually(lambda: hub.proposed_are("d-1", {"m-0", "m-1", "m-2", "p-1"}))
    partner = next(m for m in await hub.matches("d-1") if m.supply.id == "p-1")
    assert (partner.wave, partner.crosses_border) == (2, False)
    assert {n.reason for n in await told(hub, "declined")} == {"too-busy"}
    await hub.tell(answer(partner, "decline", reason="terms"))
    await eventually(lambda: hub.outcome_is("d-1", "unmatched"))
    await hub.relayed()
    (last,) = [e for e in await hub.published() if isinstance(e, Decision) and e.tried]
    assert [(one.supply_id, one.wave, one.reason) for one in last.tried] == [
        *((f"m-{n}", 1, "too-busy") for n in range(3)),
        ("p-1", 2, "terms"),
    ]


@pytest.mark.parametrize("hub", [replace(PATIENT, across_border="organisation")], indirect=True)
async def test_each_match_says_what_of_a_member_may_cross_a_border(hub: MatcherHub) -> None:
    await hub.tell(member("l-1", cluster="lyon", country="FR"))
    await eventually(lambda: hub.indexed_are(1))
    (match,) = (await asked(hub, "l-1", reach="international")).values()
    assert (match.crosses_border, match.across_border) == (True, "organisation")


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


async def test_an_accept_takes_a_place_and_a_late_one_finds_it_taken(hub: MatcherHub) -> None:
    await hub.tell(member("m-1", capacity=1))
    await eventually(lambda: hub.indexed_are(1))
    await hub.tell(demand("d-1"), demand("d-2"))
    await eventually(lambda: hub.has_proposed("d-1", 1))
    await eventually(lambda: hub.has_proposed("d-2", 1))
    (one,), (two,) = await hub.matches("d-1"), await hub.matches("d-2")
    await hub.tell(answer(one, "accept"), answer(two, "accept"))
    await eventually(lambda: hub.states_are({"accepted", "superseded"}))
    (closed,) = await told(hub, "closed")
    assert (closed.to.id, closed.because) == ("m-1", "full")


async def test_when_a_member_leaves_its_matches_end_and_both_sides_hear(hub: MatcherHub) -> None:
    await hub.tell(member("m-1"), member("m-2"))
    await eventually(lambda: hub.indexed_are(2))
    matches = await asked(hub, "m-1", "m-2")
    await hub.tell(answer(matches["m-1"], "accept"))
    await eventually(lambda: hub.state_is(matches["m-1"].match_id, "accepted"))
    await hub.tell(member("m-1", active=False, version=2))
    await eventually(lambda: hub.state_is(matches["m-1"].match_id, "superseded"))
    assert {(n.to.id, n.because) for n in await told(hub, "closed")} == {
        ("m-1", "supply-gone"),
        ("settat", "supply-gone"),
    }
    assert await hub.database.fetchval("SELECT taken FROM supplies WHERE supply_id = 'm-1'") == 0


async def test_an_edit_ends_what_fits_no_more_and_keeps_what_was_accepted(hub: MatcherHub) -> None:
    await hub.tell(member("m-1"), member("m-2", languages=("en",)), member("m-3"))
    await eventually(lambda: hub.indexed_are(3))
    matches = await asked(hub, "m-1", "m-2", "m-3")
    await hub.tell(answer(matches["m-3"], "accept"))
    await eventually(lambda: hub.state_is(matches["m-3"].match_id, "accepted"))
    await hub.tell(demand(version=2, partner={"languages": ("fr",)}, title="Paiement mobile sûr"))
    await eventually(lambda: hub.state_is(matches["m-2"].match_id, "superseded"))
    now = {m.supply.id: m for m in await hub.matches("d-1")}
    assert now["m-2"].closed_because == "edited"
    assert {m.need.title for m in now.values()} == {"Paiement mobile sûr"}
    (kept,) = await told(hub, "kept-after-edit")
    assert kept.to.id == "m-3"


@pytest.mark.parametrize("hub", [replace(PATIENT, confirm_within=timedelta(days=2))], indirect=True)
async def test_nobody_is_asked_before_the_ambassador_has_confirmed(hub: MatcherHub) -> None:
    await hub.tell(*[member(f"m-{n}") for n in range(5)])
    await eventually(lambda: hub.indexed_are(5))
    await hub.tell(demand())
    await eventually(lambda: _some(hub, "confirmation-asked"))
    (request,) = await told(hub, "confirmation-asked")
    assert [c.supply_id for c in request.candidates] == ["m-0", "m-1", "m-2"]
    assert (request.to.kind, request.to.id, request.to.cluster) == ("ambassador", "settat", "mnc")
    assert not await hub.matches("d-1")
    word = Confirmation.model_validate(
        {
            "confirmation_id": "c-1",
            "need_id": "d-1",
            "by": {"type": "member", "id": "uh1"},
            "wave": request.wave,
            "struck": ("m-0",),
            "added": ("m-4",),
            "order": ("m-4", "m-2", "m-1"),
            "via": "inbox",
            "confirmed_at": NOW,
        }
    )
    await hub.tell(word)
    await eventually(lambda: hub.proposed_are("d-1", {"m-1", "m-2", "m-4"}))
    ranked = sorted(await hub.matches("d-1"), key=lambda m: m.rank)
    assert [m.supply.id for m in ranked] == ["m-4", "m-2", "m-1"]
    rows = await hub.database.fetch("SELECT supply_id, verdict FROM judgements ORDER BY 1")
    assert [tuple(row) for row in rows] == [("m-0", "struck"), ("m-4", "added")]


async def _some(hub: MatcherHub, kind: str) -> bool:
    return bool(await told(hub, kind))


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


async def test_a_question_goes_to_the_ambassador_of_the_city(hub: MatcherHub) -> None:
    await hub.tell(member("m-1"))
    await eventually(lambda: hub.indexed_are(1))
    (match,) = (await asked(hub, "m-1")).values()
    word = Question.model_validate(
        {
            "question_id": "q-1",
            "match_id": match.match_id,
            "need_id": "d-1",
            "by": {"type": "member", "id": "m-1"},
            "text": "Quel volume par jour ?",
            "via": "inbox",
            "asked_at": NOW,
        }
    )
    await hub.tell(word)
    await eventually(lambda: _some(hub, "question"))
    (question,) = await told(hub, "question")
    assert (question.to.kind, question.text) == ("ambassador", "Quel volume par jour ?")


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
    await eventually(lambda: _some(hub, "outcome-reminder"))
    assert {n.to.id for n in await told(hub, "outcome-reminder")} == {"settat"}
    await hub.tell(answer(match, "outcome", outcome="contract", rating=5, **by_city(match)))
    taken = "SELECT count(*) FROM supplies WHERE taken > 0"
    await eventually(lambda: _none(hub, taken))


async def test_waves_and_reach_are_told_with_each_decision(hub: MatcherHub) -> None:
    await hub.tell(member("p-1", cluster="agri"))
    await eventually(lambda: hub.indexed_are(1))
    await asked(hub, "p-1", reach="international")
    await hub.relayed()
    decided = [e for e in await hub.events() if isinstance(e, Decision)]
    assert [(d.wave, d.reach) for d in decided] == [(2, "national")]

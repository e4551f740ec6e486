"""A need's whole life against the real broker and database: answers, waves, timers, changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from schemas.life import NeedChanged
from schemas.match import Decision
from schemas.response import Confirmation, Question, Reply
from services.runtime.settings import Settings
from tests.flow.matcher_facts import answer, demand, member, offer
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.flow.matcher_life import NOW, PATIENT, asked, by_city, policy, states, told, was_told
from tests.waiting import eventually

pytestmark = pytest.mark.kafka


@pytest.fixture
async def hub(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[MatcherHub]:
    """One matcher under the course that the test names."""
    course = getattr(request, "param", PATIENT)
    async with hub_of(settings, policy=policy(course)) as running:
        yield running


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
    ends = [e for e in await hub.events() if isinstance(e, NeedChanged)][-1]
    assert (ends.state, ends.wave, ends.waves, ends.reach) == ("unmatched", 3, 3, "national")


@pytest.mark.parametrize("hub", [replace(PATIENT, across_border="organisation")], indirect=True)
async def test_each_match_says_what_of_a_member_may_cross_a_border(hub: MatcherHub) -> None:
    await hub.tell(member("l-1", cluster="lyon", country="FR"))
    await eventually(lambda: hub.indexed_are(1))
    (match,) = (await asked(hub, "l-1", reach="international")).values()
    assert (match.crosses_border, match.across_border) == (True, "organisation")


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


async def test_the_offers_of_a_member_that_leaves_go_with_it_and_come_back_with_it(
    hub: MatcherHub,
) -> None:
    """But for the one that was taken back meanwhile."""
    mine = {"owner": {"type": "member", "id": "m-1"}}
    await hub.tell(member("m-1"), offer("o-1", **mine), offer("o-2", **mine))
    await eventually(lambda: hub.indexed_are(3))
    matches = await asked(hub, "m-1", "o-1", "o-2")
    await hub.tell(member("m-1", active=False, version=2))
    for match in matches.values():
        await eventually(partial(hub.state_is, match.match_id, "superseded"))
    await hub.tell(offer("o-2", **mine, status="withdrawn", version=2))
    version = "SELECT source_version = 2 FROM supplies WHERE supply_id = 'o-2'"
    await eventually(lambda: hub.database.fetchval(version))
    await hub.tell(demand("d-2"))
    await eventually(lambda: hub.outcome_is("d-2", "unmatched"))
    await hub.tell(member("m-1", version=3))
    await eventually(lambda: hub.proposed_are("d-2", {"m-1", "o-1"}))


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
    await eventually(lambda: was_told(hub, "confirmation-asked"))
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


async def test_a_question_goes_to_the_ambassador_and_the_city_and_its_first_answer_back(
    hub: MatcherHub,
) -> None:
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
    await eventually(lambda: was_told(hub, "question"))
    found = {n.to.kind: n for n in await told(hub, "question")}
    assert found.keys() == {"ambassador", "city"}
    for notice in found.values():
        assert notice.question is not None
        assert (notice.text, notice.question.question_id) == ("Quel volume par jour ?", "q-1")
        assert notice.question.by.id == "m-1"
    question = found["city"].question
    assert question is not None
    by_office = {"type": "member", "id": "amb"}
    for number, by in enumerate((word.by, {"type": "city", "id": "settat"}, by_office)):
        await hub.tell(
            Reply.model_validate(
                {
                    "reply_id": f"r-{number}",
                    "match_id": match.match_id,
                    "need_id": "d-1",
                    "question": question,
                    "by": by,
                    "text": "Douze mètres cubes.",
                    "via": "inbox",
                    "replied_at": NOW,
                }
            )
        )
    await hub.tell(answer(match, "decline", reason="terms"))
    await eventually(lambda: hub.state_is(match.match_id, "declined"))
    replied = [n for n in await told(hub, "question") if n.reply is not None]
    # Nobody answers its own question; of the others, the first is told under the one id.
    assert {(n.to.id, n.notice_id) for n in replied} == {("m-1", replied[0].notice_id)}
    assert replied[0].reply is not None
    assert replied[0].reply.by.id == "settat"


async def test_waves_and_reach_are_told_with_each_decision(hub: MatcherHub) -> None:
    await hub.tell(member("p-1", cluster="agri"))
    await eventually(lambda: hub.indexed_are(1))
    await asked(hub, "p-1", reach="international")
    await hub.relayed()
    decided = [e for e in await hub.events() if isinstance(e, Decision)]
    assert [(d.wave, d.reach) for d in decided] == [(2, "national")]

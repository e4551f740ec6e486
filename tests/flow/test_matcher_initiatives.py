"""Initiatives of committees as leads for cities, against the real broker and database."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.directory import DirectoryEntry
from schemas.envelope import CloudEvent
from schemas.life import Notice
from schemas.match import Match
from schemas.offer import Offer
from schemas.response import Response
from schemas.topics import DIRECTORY
from services.matcher.adapters.offer_texts import texts_of
from services.matcher.domain.policy import Policy
from services.runtime.settings import Settings
from tests.flow.matcher_facts import demand, offer
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

POLICY = Policy(version="test-1", lexical_threshold=0.3)
CITIES: dict[str, tuple[str, ...]] = {"settat": (), "oujda": ("payment",), "fes": ("farming",)}


def initiative(offer_id: str = "i-1", **changes: Any) -> Offer:
    """An initiative of the hub's committee."""
    owner = {"type": "committee", "id": "mnc/trust"}
    return offer(offer_id, **({"kind": "initiative", "owner": owner} | changes))


async def tell_cities(hub: MatcherHub) -> None:
    """Publish cities with their axes, each with its ambassador."""
    (event_type,) = DIRECTORY.events
    for city, axes in CITIES.items():
        entries: list[dict[str, Any]] = [
            {"entry": "city", "id": city, "names": {"fr": city}, "university": "U", "axes": axes},
            {
                "entry": "ambassador",
                "id": f"mnc/{city}",
                "cluster": "mnc",
                "city": city,
                "member_id": f"amb-{city}",
            },
        ]
        for entry in entries:
            data = DirectoryEntry.model_validate(entry).model_dump_json().encode()
            event = CloudEvent(str(uuid.uuid4()), "/jisr/intake", event_type, data)
            await hub.put(DIRECTORY, data, event.headers(), entry["id"].encode())


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[MatcherHub]:
    """One matcher that knows three cities."""
    async with hub_of(settings, policy=POLICY) as running:
        await tell_cities(running)
        yield running


async def raised(hub: MatcherHub) -> list[Notice]:
    """The leads that were told."""
    await hub.relayed()
    found = [e for e in await hub.events() if isinstance(e, Notice) and e.kind == "lead"]
    assert len({notice.notice_id for notice in found}) == len(found)
    return found


async def leads_are(hub: MatcherHub, cities: set[str]) -> bool:
    """Whether leads are stored for exactly these cities."""
    rows = await hub.database.fetch("SELECT city FROM leads")
    return {row["city"] for row in rows} == cities


async def version_told_is(hub: MatcherHub, version: int) -> bool:
    """Whether this version of the initiative was told last, in every city."""
    rows = await hub.database.fetch("SELECT initiative_version FROM leads")
    return {row["initiative_version"] for row in rows} == {version}


def outcome(lead: Match, by: str, what: str = "met") -> Response:
    """What a member says came of a lead."""
    return Response.model_validate(
        {
            "response_id": str(uuid.uuid4()),
            "match_id": lead.match_id,
            "need_id": lead.need.id,
            "by": {"type": "member", "id": by},
            "answer": "outcome",
            "outcome": what,
            "rating": 4,
            "via": "inbox",
            "answered_at": datetime.now(UTC),
        }
    )


async def test_an_initiative_is_handed_to_the_ambassador_of_each_city_that_it_fits(
    hub: MatcherHub,
) -> None:
    await hub.tell(demand("d-1"), initiative())
    await eventually(lambda: leads_are(hub, {"settat", "oujda"}))
    found = {notice.to.id: notice for notice in await raised(hub)}
    assert {(n.to.kind, n.to.cluster) for n in found.values()} == {("ambassador", "mnc")}
    of_demand, of_axis = found["settat"].match, found["oujda"].match
    assert of_demand is not None
    assert of_axis is not None
    assert of_demand.supply.id == of_axis.supply.id == "i-1"
    assert of_demand.need.title == demand().title
    assert (of_demand.need.need_kind, of_demand.need.niches) == (demand().kind.value, ())
    assert (of_axis.need.need_kind, of_axis.need.niches) == ("interest", ("payment",))
    for supply in (of_demand.supply, of_axis.supply):
        assert (supply.description, supply.language) == (initiative().description, "fr")
        assert supply.niches == initiative().niches
    assert {reason.kind for reason in of_demand.reasons} >= {"terms", "niche"}
    assert of_demand.score_model == hub.maker(0).model.version
    assert [r.id for r in of_axis.reasons if r.kind == "niche"] == ["payment"]


async def test_a_long_text_is_told_to_the_end_of_a_sentence_and_an_old_one_from_its_pieces(
    hub: MatcherHub,
) -> None:
    long = "Nous mettons en commun le paiement mobile sécurisé des marchés. " * 60
    await hub.tell(initiative(summary="Un banc commun.", description=long))
    await eventually(lambda: leads_are(hub, {"oujda"}))
    (lead,) = await raised(hub)
    assert lead.match is not None
    told = lead.match.supply
    assert told.summary == "Un banc commun."
    assert told.description.endswith("marchés.…")
    assert 1_900 < len(told.description) <= 2_000
    before = "facts - '{summary,description,language}'::text[]"
    await hub.database.execute(f"UPDATE supplies SET facts = {before}")
    (old,) = (await texts_of(hub.database, ["i-1"])).values()
    assert old.description.startswith("Un banc commun. Nous mettons en commun")
    assert old.language == "fr"


async def test_several_matchers_and_a_restart_hand_it_over_once(hub: MatcherHub) -> None:
    await asyncio.gather(hub.start_matcher(), hub.start_matcher())
    await hub.tell(initiative(), *[demand(f"d-{n}") for n in range(4)])
    await eventually(lambda: leads_are(hub, {"settat", "oujda"}))
    await hub.stop_matcher()
    await hub.start_matcher()
    await hub.tell(demand("d-9"), initiative("i-2", niches=("farming",), title="Semer"))
    await eventually(lambda: leads_are(hub, {"settat", "oujda", "fes"}))
    told = [(n.to.id, n.match.supply.id) for n in await raised(hub) if n.match]
    assert sorted(told).count(("settat", "i-1")) == told.count(("oujda", "i-1")) == 1


async def test_a_later_version_is_told_again_where_it_has_gained(hub: MatcherHub) -> None:
    await hub.tell(initiative())
    await eventually(lambda: leads_are(hub, {"oujda"}))
    await hub.tell(demand("d-1", city="oujda", source="city:oujda"), initiative(version=2))
    await eventually(lambda: version_told_is(hub, 2))
    first, second = await raised(hub)
    assert first.match is not None
    assert second.match is not None
    assert (first.match.version, second.match.version) == (1, 2)
    assert first.match.match_id == second.match.match_id


async def test_what_the_ambassador_says_came_of_it_is_kept_and_published(hub: MatcherHub) -> None:
    await hub.tell(initiative())
    await eventually(lambda: leads_are(hub, {"oujda"}))
    (notice,) = await raised(hub)
    assert notice.match is not None
    await hub.tell(outcome(notice.match, "amb-fes"), outcome(notice.match, "amb-oujda", "contract"))
    said = "SELECT count(*) FROM leads WHERE body->'need_outcome' = 'null'"

    async def heard() -> bool:
        return not await hub.database.fetchval(said)

    await eventually(heard)
    await hub.relayed()
    (told,) = [e for e in await hub.events() if isinstance(e, Match)]
    assert (told.match_id, told.version) == (notice.match.match_id, 2)
    assert told.state.value == "accepted"
    assert told.need_outcome is not None
    assert (told.need_outcome.outcome, told.need_outcome.rating) == ("contract", 4)


async def superseded(hub: MatcherHub) -> list[Match]:
    """The leads that were taken back."""
    await hub.relayed()
    found = [e for e in await hub.events() if isinstance(e, Match)]
    return [one for one in found if one.closed_because == "supply-gone"]


async def test_the_leads_of_a_withdrawn_initiative_are_taken_back_once(hub: MatcherHub) -> None:
    await hub.tell(demand("d-1"), initiative())
    await eventually(lambda: leads_are(hub, {"settat", "oujda"}))
    await hub.start_matcher()
    await hub.tell(initiative(version=2, status="withdrawn"))

    async def all_taken_back() -> bool:
        rows = await hub.database.fetch("SELECT body->>'state' AS state FROM leads")
        return {row["state"] for row in rows} == {"superseded"}

    await eventually(all_taken_back)
    assert sorted(one.need.owner.id for one in await superseded(hub)) == ["oujda", "settat"]
    await hub.tell(initiative(version=3))
    await eventually(lambda: version_told_is(hub, 3))
    assert len(await raised(hub)) == 4


async def test_what_an_ambassador_has_spoken_about_is_not_taken_back(hub: MatcherHub) -> None:
    await hub.tell(initiative())
    await eventually(lambda: leads_are(hub, {"oujda"}))
    (lead,) = await raised(hub)
    assert lead.match is not None
    await hub.tell(outcome(lead.match, "amb-oujda"))
    await eventually(lambda: lead_is(hub, "accepted"))
    await hub.tell(initiative("i-2"))
    await eventually(lambda: number_is(hub, 2))
    await hub.tell(initiative(version=2, status="withdrawn"))
    await hub.tell(initiative("i-2", version=2, status="withdrawn"))
    await eventually(lambda: lead_is(hub, "superseded"))
    assert [one.supply.id for one in await superseded(hub)] == ["i-2"]


async def lead_is(hub: MatcherHub, state: str) -> bool:
    """Whether some lead is in this state."""
    rows = await hub.database.fetch("SELECT body->>'state' AS state FROM leads")
    return state in {row["state"] for row in rows}


async def number_is(hub: MatcherHub, number: int) -> bool:
    """Whether so many leads are stored."""
    return len(await hub.database.fetch("SELECT lead_id FROM leads")) == number

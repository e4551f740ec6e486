"""A system hears of matches on its offers: as soon as its city is asked, and not before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.life import Notice
from schemas.match import Match
from tests.flow import notifier_facts
from tests.flow.hook_parts import Hub, Receiver, matched, need, open_hub, receiving
from tests.flow.notifier_parts import until

SETTAT, OUJDA = {"type": "city", "id": "settat"}, {"type": "city", "id": "oujda"}


def offered(**changes: Any) -> dict[str, Any]:
    """Places in the incubator of Settat, as its system sent them."""
    return {
        "kind": "offer",
        "id": "o-1",
        "external_id": "SET-O-1",
        "source": "city:settat",
        "owner": SETTAT,
        "title": "Huit places d'incubation",
        "version": 1,
    } | changes


def of_oujda(**changes: Any) -> Match:
    """That offer, proposed for a demand of Oujda."""
    asked = need(id="d-2", source="city:oujda", external_id="OUJ-2", owner=OUJDA, city="oujda")
    recipient = {"kind": "city", "id": "settat", "name": "", "locale": "fr"}
    values = {"need": asked, "supply": offered(), "recipient": recipient}
    return notifier_facts.match(**values | changes)


def of_a_member(**changes: Any) -> Match:
    """That offer, proposed to a member that looks for such a thing."""
    interest = {
        "kind": "interest",
        "id": "interest:atlas-data",
        "owner": {"type": "member", "id": "atlas-data"},
        "need_kind": "interest",
        "title": "Une place d'incubateur pour notre terminal",
        "language": "fr",
        "version": 1,
    }
    return notifier_facts.match(need=interest, supply=offered(), **changes)


def told(kind: str, to: dict[str, str], match: Match) -> Notice:
    """A notice about ``match`` to one of its sides."""
    name = f"{to['type']}/{to['id']}"
    return notifier_facts.notice(kind, name, need=match.need, match=match)


def accepted(**changes: Any) -> Match:
    """The member has said yes, and has a place."""
    values = {
        "state": "accepted",
        "place": "held",
        "version": 3,
        "accepted_at": "2026-11-23T09:00Z",
    }
    return of_a_member(**values | changes)


def heard(receiver: Receiver) -> list[tuple[str, int]]:
    """State and version of all that came."""
    bodies = [one.json["data"] for one in receiver.arrivals]
    return sorted(((one["state"], one["change"]) for one in bodies), key=lambda one: one[1])


async def planned(hub: Hub) -> list[str]:
    """The states of the matches that are told or to be told."""
    return [json.loads(one["content"])["data"]["state"] for one in await hub.deliveries()]


async def test_a_system_hears_of_a_demand_for_its_offer_and_the_asker_s_of_its_demand(
    database_url: str,
) -> None:
    async with open_hub(database_url) as hub, receiving() as settat, receiving() as oujda:
        await hub.register(settat.url)
        await hub.register(oujda.url, "city:oujda")
        await hub.tell(of_oujda())
        await until(lambda: settat.arrivals and oujda.arrivals)
        ours, theirs = settat.arrivals[0].json["data"], oujda.arrivals[0].json["data"]
        assert (ours["yours"], ours["external_id"]) == (["offer"], None)
        assert (ours["offer_id"], ours["offer_external_id"]) == ("o-1", "SET-O-1")
        assert (ours["asker"], ours["title"]) == (OUJDA, "Trouver les fuites sous la médina")
        assert (theirs["yours"], theirs["external_id"]) == (["demand"], "OUJ-2")
        assert (theirs["offer_id"], theirs["offer_external_id"]) == ("o-1", None)
        same = ("match_id", "demand_id", "state", "score", "supply", "name", "place", "change")
        assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}
        assert settat.arrivals[0].id != oujda.arrivals[0].id


async def test_nothing_is_said_of_a_member_that_has_not_answered_or_waits_in_line(
    database_url: str,
) -> None:
    async with open_hub(database_url, is_sending=False) as hub:
        await hub.register("http://127.0.0.1:9/hook")
        line = {"state": "accepted", "place": "waiting"}
        await hub.tell(of_a_member(), of_a_member(version=2, **line))
        await hub.tell(of_a_member(version=3, waiting=2, **line))
        ended = {"state": "superseded", "closed_because": "withdrawn"}
        await hub.tell(of_a_member(version=4, accepted_at="2026-11-23T09:00Z", **ended))
        await hub.tell(of_a_member(match_id="m-2", state="lapsed", version=2))
        assert await planned(hub) == []


@pytest.mark.parametrize("together", [True, False])
async def test_a_system_hears_of_a_member_when_its_city_is_asked_and_of_all_that_follows(
    database_url: str, together: bool
) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        await hub.register(receiver.url)
        await hub.tell(of_a_member())
        asked = told("answer-asked", SETTAT, accepted())
        if together:
            await hub.tell(accepted(), asked)
        else:
            await hub.tell(accepted())
            assert await planned(hub) == []
            await hub.tell(asked)
        await hub.tell(accepted())
        await hub.tell(accepted(state="superseded", place="none", version=4))
        await until(lambda: len(receiver.arrivals) == 2)
        assert heard(receiver) == [("accepted", 3), ("superseded", 4)]
        [first, _] = sorted(receiver.arrivals, key=lambda one: one.json["data"]["change"])
        data = first.json["data"]
        assert (data["need_kind"], data["place"]) == ("interest", "held")
        assert data["asker"] == {"type": "member", "id": "atlas-data"}
        assert len(await hub.deliveries()) == 2


async def test_what_a_member_answers_to_an_offer_is_told_as_on_the_page(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        await hub.register(receiver.url)
        no = of_a_member(state="declined", version=2, decline_reason="terms")
        await hub.tell(of_a_member())
        await hub.tell(no, told("declined", SETTAT, no))
        await until(lambda: receiver.arrivals)
        [arrival] = receiver.arrivals
        assert arrival.json["data"]["decline_reason"] == "terms"


async def test_a_system_of_both_sides_hears_once(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        await hub.register(receiver.url)
        both = matched(supply=offered(), recipient={"kind": "city", "id": "settat"})
        await hub.tell(both)
        await until(lambda: receiver.arrivals)
        assert len(await hub.deliveries()) == 1
        data = receiver.arrivals[0].json["data"]
        assert data["yours"] == ["demand", "offer"]
        assert (data["external_id"], data["offer_external_id"]) == ("SET-1", "SET-O-1")


async def test_of_an_offer_whose_system_is_not_known_only_the_asker_s_hears(
    database_url: str,
) -> None:
    async with open_hub(database_url, is_sending=False) as hub:
        await hub.register("http://127.0.0.1:9/hook")
        await hub.register("http://127.0.0.1:9/hook", "city:oujda")
        await hub.tell(of_oujda(supply=offered(source=None, external_id=None)))
        assert [one["recipient_id"] for one in await hub.deliveries()] == ["city:oujda"]

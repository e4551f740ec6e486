"""A whole hub: a city's system hears of a member that takes up its offer, once it is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.runtime.settings import Settings
from tests.flow.hook_parts import Receiver, receiving
from tests.flow.intake_door import member, offer
from tests.flow.test_hub_whole import DIRECTORY, MEMBERS, TEXT, TRACES, Whole, running
from tests.waiting import eventually

pytestmark = pytest.mark.kafka


@pytest.fixture
async def hub(settings: Settings, database_url: str) -> AsyncIterator[Whole]:
    wanted = settings.model_copy(update={"webhook_loopback": True})
    async with running(wanted, database_url) as one:
        for entry in DIRECTORY:
            await one.said("PUT", f"/v1/directory/{entry['entry']}/{entry['id']}", entry)
        yield one


async def only_match(hub: Whole) -> dict[str, Any]:
    """The only match there is, once there is one."""

    async def found() -> Any:
        return await hub.admin.fetchrow("SELECT match_id, version FROM matcher.matches")

    return dict(await eventually(found, 60))


def states(receiver: Receiver) -> dict[str, dict[str, Any]]:
    """What was heard, by the state of the match."""
    bodies = [one.json["data"] for one in receiver.arrivals]
    return {one["state"]: one for one in bodies}


async def test_a_city_hears_who_takes_up_its_offer_once_it_is_asked(hub: Whole) -> None:
    async with receiving() as receiver:
        await hub.said("POST", "/v1/webhooks", {"url": receiver.url}, source="city:settat")
        places = offer(description=TEXT, niches=["mobile-payment"], capacity=None)
        made = await hub.said("POST", "/v1/offers", places, source="city:settat")
        looks = member(
            description="Bois peint.", interests=[TEXT], contact=MEMBERS, niches=["mobile-payment"]
        )
        await hub.said("PUT", "/v1/members/khlass", looks, source="cluster:mnc")

        match = await only_match(hub)
        await eventually(hub.quiet, 60)
        assert not receiver.arrivals

        await hub.answer(match, "cluster:mnc", answer="accept")
        accepted = await eventually(lambda: states(receiver).get("accepted"), 60)
        assert (accepted["yours"], accepted["place"]) == (["offer"], "held")
        assert (accepted["offer_id"], accepted["offer_external_id"]) == (made["id"], "SET-O-1")
        assert accepted["asker"] == {"type": "member", "id": "khlass"}
        await hub.answer({**match, "version": accepted["change"]}, "city:settat", answer="accept")
        await eventually(lambda: states(receiver).get("introduced"), 60)
        told = " ".join(one.body.decode() for one in receiver.arrivals)
        assert not [trace for trace in (*TRACES, *MEMBERS.values()) if trace in told]
        assert set(states(receiver)) == {"accepted", "introduced"}

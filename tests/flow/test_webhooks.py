"""A city's system hears of its demands: registered by the API, signed, verified by others' code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from schemas import topics
from schemas.webhook import LARGEST_BODY
from services.runtime.endpoints.book import Book, Owner, Wish
from services.runtime.settings import Settings
from tests.flow.hook_parts import Arrival, changed, matched, need, open_hub, receiving
from tests.flow.notifier_parts import running_desk, until

_VERIFY = """
const { Webhook } = require("standardwebhooks");
const { secret, body, headers } = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(new Webhook(secret).verify(body, headers)));
"""


def verified_by_node(node_modules: Path, secret: str, arrival: Arrival) -> Any:
    """What the official library of another language reads in ``arrival``."""
    given = {"secret": secret, "body": arrival.body.decode(), "headers": arrival.headers}
    done = subprocess.run(
        ["node", "-e", _VERIFY],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=node_modules.parent,
    )
    return json.loads(done.stdout)


async def test_a_city_hears_of_its_demand_by_a_signed_webhook(
    database_url: str, node_modules: Path
) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        made = await hub.register(receiver.url)
        await hub.tell(changed(), matched())
        await until(lambda: len(receiver.arrivals) == 2)
        for arrival in receiver.arrivals:
            told = verified_by_node(node_modules, made["secret"], arrival)
            assert Webhook(made["secret"]).verify(arrival.body, arrival.headers) == told
            assert len(arrival.body) < LARGEST_BODY
        bodies = {one.json["type"]: one.json["data"] for one in receiver.arrivals}
        assert bodies["demand.changed"]["external_id"] == "SET-1"
        assert bodies["demand.changed"]["state"] == "open"
        assert bodies["match.changed"]["name"] == "Atlas Data"
        await until(lambda: _all(hub, "delivered", 2))
        assert {(one["recipient_id"], one["state"]) for one in await hub.results()} == {
            ("city:settat", "delivered")
        }


async def _all(hub: Any, state: str, count: int) -> bool:
    return await hub.states() == [state] * count


async def test_what_was_told_twice_is_sent_once_and_nothing_of_others_is_sent(
    database_url: str,
) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        await hub.register(receiver.url)
        await hub.tell(changed(), changed(need=need(id="d-2", source="city:oujda")))
        await hub.tell(changed())
        await hub.tell(changed(state="proposed", version=2))
        await until(lambda: len(receiver.arrivals) >= 2)
        await until(lambda: _all(hub, "delivered", 2))
        assert [one.json["data"]["change"] for one in receiver.arrivals] == [1, 2]
        assert {one.json["data"]["demand_id"] for one in receiver.arrivals} == {"d-1"}


async def test_an_endpoint_gets_the_types_that_it_wants(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        await hub.register(receiver.url, types=["match.changed"])
        await hub.tell(changed(), matched())
        await until(lambda: _all(hub, "delivered", 1))
        assert [one.json["type"] for one in receiver.arrivals] == ["match.changed"]


async def test_what_comes_by_kafka_goes_out_by_webhook(settings: Settings) -> None:
    wanted = settings.model_copy(update={"webhook_loopback": True})
    async with receiving() as receiver, running_desk(wanted) as desk:
        async with desk.service.database.transaction() as connection:
            host = receiver.url.split("/")[2]
            owner = Owner("source", "city:settat")
            made = await Book(connection).add(owner, Wish(receiver.url, host))
        await desk.publish(topics.MATCHES, "d-1", "jisr.need.changed", changed())
        await until(lambda: receiver.arrivals)
        [arrival] = receiver.arrivals
        Webhook(made.shown_secret).verify(arrival.body, arrival.headers)
        [attempt] = await desk.events(topics.DELIVERIES, 1)
        assert (attempt.channel, attempt.state, attempt.message) == (
            "webhook",
            "delivered",
            "demand-state",
        )
        assert attempt.recipient_id == "city:settat"
        assert attempt.endpoint_id == made.endpoint_id

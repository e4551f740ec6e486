"""An endpoint's life: retries, Retry-After, 410, five days, secrets that change, tests, replays."""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from tests.flow.hook_parts import Hub, changed, open_hub, receiving
from tests.flow.notifier_parts import until


async def _in(hub: Hub, *states: str) -> bool:
    return await hub.states() == list(states)


async def test_a_retry_has_the_same_id_and_body_and_a_new_signature(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        made = await hub.register(receiver.url)
        receiver.answers = [web.Response(status=503), web.Response(status=302)]
        await hub.tell(changed())
        for count in (1, 2):
            await until(partial(_recorded, hub, count))
            await hub.hurry()
        await until(lambda: _in(hub, "delivered"))
        first, second, third = receiver.arrivals
        assert first.id == second.id == third.id
        assert first.body == second.body == third.body
        for one in receiver.arrivals:
            Webhook(made["secret"]).verify(one.body, one.headers)
        told = [(one["state"], one["attempt"]) for one in await hub.results()]
        assert told == [("retrying", 1), ("retrying", 2), ("delivered", 3)]


async def _recorded(hub: Hub, count: int) -> bool:
    return len(await hub.results()) >= count


async def test_what_failed_is_tried_again_after_five_seconds_and_no_sooner(
    database_url: str,
) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        await hub.register(receiver.url)
        receiver.answers = [web.Response(status=500)]
        await hub.tell(changed())
        await until(lambda: _recorded(hub, 1))
        wait = await hub.admin.fetchval(
            "SELECT extract(epoch FROM due_at - clock_timestamp())::float8"
            " FROM notifier.deliveries WHERE state = 'waiting'"
        )
        assert 3 < wait <= 6
        await until(lambda: _in(hub, "delivered"), 20)


async def test_retry_after_is_obeyed(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        await hub.register(receiver.url)
        receiver.answers = [web.Response(status=429, headers={"Retry-After": "3600"})]
        await hub.tell(changed())
        await until(lambda: _recorded(hub, 1))
        wait = await hub.admin.fetchval(
            "SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM notifier.deliveries"
        )
        assert 3_590 < wait <= 3_600 * 1.2


async def test_an_endpoint_that_is_gone_gets_nothing_more_and_is_replayed_when_it_is_back(
    database_url: str,
) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        made = await hub.register(receiver.url, email="systems@settat.example")
        receiver.answers = [web.Response(status=410)]
        await hub.tell(changed())
        await until(lambda: _in(hub, "failed"))
        await until(lambda: _is_off(hub, made["id"], "gone"))
        await hub.tell(changed(state="proposed", version=2))
        assert await hub.states() == ["failed", "failed"]
        assert len(receiver.arrivals) == 1
        path = f"/v1/webhooks/{made['id']}"
        refused = await hub.door.ask("POST", f"{path}/test")
        assert refused.status_code == 409
        assert (await hub.door.ask("POST", f"{path}/on")).json()["state"] == "on"
        since = {"since": "2026-01-01T00:00:00Z"}
        assert (await hub.door.ask("POST", f"{path}/replay", since)).status_code == 202
        await until(lambda: _in(hub, "delivered", "delivered"))
        gone, *again = receiver.arrivals
        assert gone.id in {one.id for one in again}
        assert sorted(one.json["data"]["change"] for one in again) == [1, 2]


async def _is_off(hub: Hub, endpoint_id: str, because: str) -> bool:
    row = await hub.endpoint(endpoint_id)
    return (row["state"], row["off_because"]) == ("off", because)


async def test_five_days_of_failure_switch_an_endpoint_off_and_stop_what_waits(
    database_url: str,
) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        made = await hub.register(receiver.url)

        async def fail(_: Any) -> web.Response:
            return web.Response(status=500)

        receiver.always = fail
        await hub.tell(changed())
        await until(lambda: _recorded(hub, 1))
        row = await hub.endpoint(made["id"])
        assert row["state"] == "on"
        assert row["failing_since"] is not None
        assert row["last_failure"] == "500 Internal Server Error"
        await hub.admin.execute(
            "UPDATE vault.endpoints SET failing_since = failing_since - interval '5 days'"
        )
        await hub.hurry()
        await until(lambda: _is_off(hub, made["id"], "failing"))
        assert await hub.states() == ["failed"]


async def test_a_good_answer_ends_the_count_of_failures(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        made = await hub.register(receiver.url)
        receiver.answers = [web.Response(status=500)]
        await hub.tell(changed())
        await until(lambda: _recorded(hub, 1))
        await hub.hurry()
        await until(lambda: _in(hub, "delivered"))
        await until(lambda: _is_well(hub, made["id"]))


async def _is_well(hub: Hub, endpoint_id: str) -> bool:
    row = await hub.endpoint(endpoint_id)
    return row["failing_since"] is None and row["last_ok_at"] is not None


async def test_during_a_change_of_secret_both_sign_and_then_the_new_one_alone(
    database_url: str,
) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        made = await hub.register(receiver.url)
        fresh = (await hub.door.ask("POST", f"/v1/webhooks/{made['id']}/secret")).json()
        assert fresh["secret"] != made["secret"]
        await hub.tell(changed())
        await until(lambda: _in(hub, "delivered"))
        [arrival] = receiver.arrivals
        assert len(arrival.headers["webhook-signature"].split(" ")) == 2
        for secret in (made["secret"], fresh["secret"]):
            Webhook(secret).verify(arrival.body, arrival.headers)
        await hub.admin.execute("UPDATE vault.endpoints SET old_until = clock_timestamp()")
        await hub.tell(changed(version=2))
        await until(lambda: _in(hub, "delivered", "delivered"))
        last = receiver.arrivals[-1]
        Webhook(fresh["secret"]).verify(last.body, last.headers)
        try:
            Webhook(made["secret"]).verify(last.body, last.headers)
        except WebhookVerificationError:
            return
        raise AssertionError("the old secret still signs")


async def test_a_test_event_comes_at_once(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        made = await hub.register(receiver.url, types=["match.changed"])
        answer = await hub.door.ask("POST", f"/v1/webhooks/{made['id']}/test")
        assert answer.status_code == 202
        await until(lambda: receiver.arrivals)
        [arrival] = receiver.arrivals
        told = Webhook(made["secret"]).verify(arrival.body, arrival.headers)
        assert (told["type"], told["data"]) == ("test", {"endpoint_id": made["id"]})


async def test_an_endpoint_that_was_taken_away_gets_nothing_more(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        made = await hub.register(receiver.url)
        receiver.answers = [web.Response(status=500)]
        await hub.tell(changed())
        await until(lambda: _recorded(hub, 1))
        gone = await hub.door.ask("DELETE", f"/v1/webhooks/{made['id']}")
        assert gone.status_code == 204
        await hub.hurry()
        await until(lambda: _in(hub, "failed"))
        assert len(receiver.arrivals) == 1

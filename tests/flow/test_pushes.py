"""Pushes by apprise (a real one, over json:// to a real receiver), at their reader's own pace."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import apprise
import httpx
import pytest

from schemas.match import Match
from services.notifier import app as notifier_app
from services.notifier.adapters.postgres_store import Store
from services.notifier.adapters.pushes import PushServices, service_of
from services.notifier.domain.directory import Office
from services.notifier.domain.messages import Party
from services.notifier.push_workers import OF_LANE, pushes
from services.notifier.use_cases.preferences import change
from services.notifier.use_cases.retell import hand_over
from services.runtime.egress.targets import ForbiddenTarget
from services.runtime.settings import Settings
from tests.flow.hook_parts import Hub, open_hub, receiving
from tests.flow.notifier_facts import match, need, notice
from tests.flow.notifier_parts import open_pages, until
from tests.flow.test_webhook_faults import drip, raw
from tests.flow.test_webhook_pages import page_of, submit

AT_ONCE: dict[str, Any] = {
    "pace": {"proposals": "instant", "introductions": "instant"},
    "instant_score": 0.0,
    "quiet_hours": "none",
}
SERVICES = "json,xml"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """apprise waits 4 s for a connection and between two bytes. Receivers share this process: on a
    crowded machine they may be late, and none of them is to count as a service that failed.
    """
    for name in ("socket_connect_timeout", "socket_read_timeout"):
        monkeypatch.setattr(apprise.URLBase, name, 3600.0)


@asynccontextmanager
async def pushing(database_url: str, url: str, **others: str) -> AsyncIterator[Hub]:
    """A hub on which Atlas Data is pushed at ``url``, and ``others`` (named without dashes) at
    theirs; pushes are sent until the block ends.
    """
    async with open_hub(database_url, push_services=SERVICES) as hub:
        urls = {"atlas-data": url} | {name.replace("_", "-"): one for name, one in others.items()}
        async with open_pages(database_url, push_services=SERVICES) as desk:
            for name, one in urls.items():
                await desk.know(name)
                made = await submit(desk, page_of(desk, name), do="add", url=one)
                assert made.status_code == 200, re.sub(r"<[^>]+>", " ", made.text)
                assert "whsec_" not in made.text
        service = notifier_app.create_app(hub.settings, hub.directory)
        await service.database.start()
        workers = [
            asyncio.create_task(one.run())
            for one in pushes(hub.settings, Store(service.database), patience_s=3600)
        ]
        try:
            yield hub
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.wait(workers)
            await service.database.stop()


async def prefer(hub: Hub, name: str = "atlas-data", **changes: object) -> None:
    async with hub.store.transaction() as ledger:
        await change(ledger, Party("member", name), changes, datetime.now(UTC))


async def _pushes(hub: Hub) -> list[Any]:
    found: list[Any] = await hub.admin.fetch(
        "SELECT * FROM notifier.deliveries WHERE channel = 'push' ORDER BY created_at"
    )
    return found


async def _states(hub: Hub, *states: str) -> bool:
    return [one["state"] for one in await _pushes(hub)] == list(states)


async def test_a_member_is_pushed_what_is_new_without_contact_data_or_link(
    database_url: str,
) -> None:
    async with receiving() as receiver:
        url = receiver.url.replace("http://", "json://")
        async with pushing(database_url, url) as hub:
            await prefer(hub, **AT_ONCE)
            await hub.tell(match())
            await until(partial(_states, hub, "delivered"))
            [arrival] = receiver.arrivals
            assert "Trouver les fuites sous la médina" in arrival.json["title"]
            assert "http" not in arrival.json["message"]
            assert "@" not in arrival.json["message"]


async def test_who_left_an_office_is_pushed_nothing_more_of_it(database_url: str) -> None:
    async with receiving() as receiver:
        url = receiver.url.replace("http://", "json://")
        async with pushing(database_url, url) as hub:
            hub.directory.appoint("mnc", "marrakech", Office("atlas-data"), 1, active=True)
            await prefer(hub, paused_until="2099-01-01T00:00:00+00:00")
            await hub.tell(notice("asker-silent", "ambassador/marrakech"))
            await until(partial(_states, hub, "waiting"))
            hub.directory.appoint("mnc", "marrakech", Office("basma"), 2, active=True)
            async with hub.store.transaction() as ledger:
                await hand_over(ledger, hub.directory)
            # It is for another reader now, who wants it at once; the endpoint is not.
            await prefer(hub, "basma", pace="instant", quiet_hours="none")
            await until(partial(_states, hub, "undeliverable"))
            assert receiver.arrivals == []


async def test_a_push_keeps_quiet_at_night_and_is_within_the_most_a_day(database_url: str) -> None:
    async with receiving() as receiver:
        url = receiver.url.replace("http://", "json://")
        async with pushing(database_url, url) as hub:
            await prefer(hub, **AT_ONCE | {"quiet_hours": "00:00-23:59"})
            await hub.tell(match())
            [row] = await _pushes(hub)
            assert row["due_at"] > datetime.now(UTC)
            await prefer(hub, **AT_ONCE | {"most_a_day": 1, "channels": {"proposals": ["push"]}})
            await hub.tell(match(match_id="m-2"), match(match_id="m-3"))
            await until(lambda: receiver.arrivals)
            await asyncio.sleep(0.5)
            states = sorted(one["state"] for one in await _pushes(hub))
            assert states.count("delivered") == 1
            assert len(receiver.arrivals) == 1


async def test_a_service_that_is_away_is_tried_again(database_url: str) -> None:
    async with receiving() as receiver:
        url = receiver.url.replace("http://", "json://")
        await receiver.stop()
        async with pushing(database_url, url) as hub:
            await prefer(hub, **AT_ONCE)
            await hub.tell(match())
            await until(lambda: _tried(hub))
            await receiver.start()
            await until(lambda: receiver.arrivals, 30)


async def _tried(hub: Hub) -> bool:
    return any(one["attempt"] and one["detail"] for one in await _pushes(hub))


def to(name: str, number: int) -> Match:
    """A proposal to a member."""
    owner = {"type": "member", "id": name}
    supply = {"kind": "member", "id": name, "owner": owner, "title": name, "version": 1}
    recipient = {"kind": "member", "id": name, "name": name, "locale": "fr"}
    return match(match_id=f"m-{name}-{number}", supply=supply, recipient=recipient)


async def test_a_service_that_hangs_holds_up_the_pushes_of_no_other(database_url: str) -> None:
    # It drips, so that no time between two bytes is ever too long.
    async with raw(drip) as (slow, met), receiving() as quick:
        hangs = slow.replace("http://", "xml://")
        url = quick.url.replace("http://", "json://")
        async with pushing(database_url, url, rif_secure=hangs) as hub:
            for name in ("atlas-data", "rif-secure"):
                await prefer(hub, name, **AT_ONCE | {"most_a_day": 50})
            await hub.tell(*(to("rif-secure", number) for number in range(40)))
            await until(lambda: len(met) == OF_LANE, 60)
            await hub.tell(*(to("atlas-data", number) for number in range(40)))
            await until(lambda: len(quick.arrivals) == 40, 60)
            assert len(met) == OF_LANE


async def _try(database_url: str, hub: Hub) -> tuple[httpx.Response, str]:
    """Press "Send a test" on the page, ask for one by the API; its answer, and the page."""
    async with open_pages(database_url, push_services=SERVICES) as desk:
        endpoint = await hub.admin.fetchval("SELECT endpoint_id FROM vault.endpoints")
        pressed = await submit(desk, page_of(desk), do="test", endpoint=endpoint)
        assert pressed.status_code == 303
        token = urlsplit(desk.link("member", "atlas-data")).path.rpartition("/")[2]
        bearer = {"Authorization": f"Bearer {token}"}
        asked = await desk.http.post(f"/api/webhooks/{endpoint}/test", headers=bearer)
        await until(lambda: _count(hub, 2))
        return asked, (await desk.http.get(page_of(desk))).text


async def _count(hub: Hub, count: int) -> bool:
    return [one["state"] in ("delivered", "failed") for one in await _pushes(hub)] == [True] * count


async def test_an_owner_tries_its_push_by_page_and_by_api_at_any_hour(database_url: str) -> None:
    async with receiving() as receiver:
        url = receiver.url.replace("http://", "json://")
        async with pushing(database_url, url) as hub:
            await prefer(hub, locale="ar", quiet_hours="00:00-23:59")
            asked, shown = await _try(database_url, hub)
            assert asked.status_code == 200, asked.text
            assert [one.json["title"] for one in receiver.arrivals] == ["تجربة"] * 2
            assert "ep-" not in receiver.arrivals[0].json["message"]
            assert await _states(hub, "delivered", "delivered")
            assert "يعمل" in shown
            rows = await hub.admin.fetch("SELECT value FROM notifier.outbox ORDER BY id")
            told = [json.loads(row["value"]) for row in rows]
            assert {(one["channel"], one["message"]) for one in told} == {("push", "test")}


async def test_a_push_that_is_registered_by_api_is_told_no_secret(database_url: str) -> None:
    async with open_pages(database_url, push_services=SERVICES) as desk:
        await desk.know("atlas-data")
        token = urlsplit(desk.link("member", "atlas-data")).path.rpartition("/")[2]
        bearer = {"Authorization": f"Bearer {token}"}
        body = {"url": "json://push.example/atlas"}
        made = await desk.http.post("/api/webhooks", json=body, headers=bearer)
        assert made.status_code == 201, made.text
        assert "secret" not in made.json()


async def test_a_test_that_fails_is_shown_and_not_tried_again(database_url: str) -> None:
    async with receiving() as receiver:
        url = receiver.url.replace("http://", "json://")
        await receiver.stop()
        async with pushing(database_url, url) as hub:
            _, shown = await _try(database_url, hub)
            assert await _states(hub, "failed", "failed")
            assert "the service did not take it" in shown


async def test_what_is_pushed_comes_as_it_was_written(database_url: str) -> None:
    async with receiving() as receiver:
        url = receiver.url.replace("http://", "json://")
        async with pushing(database_url, url) as hub:
            await prefer(hub, **AT_ONCE)
            title = "R&D : *débit* < 3 l/s & <b>fuites</b>"
            await hub.tell(match(need=need(title=title)))
            await until(lambda: receiver.arrivals)
            assert title in receiver.arrivals[0].json["title"]


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1/",
        "slack://a/b/c?template=/etc/passwd",
        "tgram://",
        "tgram:// 1/2",
        "file:///etc/passwd",
        "mailto://a:b@example.org",
        "slack://a/b/c\0",
    ],
)
def test_an_address_that_names_a_host_or_a_file_is_refused(url: str) -> None:
    services = PushServices(Settings(_env_file=None).push_schemes())
    with pytest.raises(ForbiddenTarget):
        services.check(url)


def test_every_service_that_may_be_named_is_one_of_apprise() -> None:
    known = {
        schema for plugin in apprise.Apprise().details()["schemas"] for schema in schemas(plugin)
    }
    assert Settings(_env_file=None).push_schemes() <= known
    assert service_of("tgram://123456789:abcdefg_hijklmnop/12315544/") == "tgram"
    services = PushServices(frozenset({"tgram"}))
    assert services.check("tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/12315544/")


def schemas(plugin: dict[str, Any]) -> set[str]:
    return {*(plugin["protocols"] or ()), *(plugin["secure_protocols"] or ())}

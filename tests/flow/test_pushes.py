"""Pushes by apprise (a real one, over json:// to a real receiver), at their reader's own pace."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import apprise
import pytest

from services.notifier import app as notifier_app
from services.notifier.adapters.pushes import PushServices, service_of
from services.notifier.domain.messages import Party
from services.notifier.use_cases.preferences import change
from services.runtime.egress.targets import ForbiddenTarget
from services.runtime.settings import Settings
from tests.flow.hook_parts import Hub, open_hub, receiving
from tests.flow.notifier_facts import match
from tests.flow.notifier_parts import open_pages, until
from tests.flow.test_webhook_pages import page_of, submit

AT_ONCE = {
    "pace": {"proposals": "instant", "introductions": "instant"},
    "instant_score": 0.0,
    "quiet_hours": "none",
}


@asynccontextmanager
async def pushing(database_url: str, url: str) -> AsyncIterator[Hub]:
    """A hub on which Atlas Data is pushed at ``url``; pushes are sent until the block ends."""
    async with open_hub(database_url, push_services="json") as hub:
        async with open_pages(database_url, push_services="json") as desk:
            await desk.know("atlas-data")
            made = await submit(desk, page_of(desk), do="add", url=url)
            assert made.status_code == 200, re.sub(r"<[^>]+>", " ", made.text)
            assert "whsec_" not in made.text
        service = notifier_app.create_app(hub.settings, hub.directory)
        await service.database.start()
        worker = asyncio.create_task(notifier_app.pushes(hub.settings, service.database).run())
        try:
            yield hub
        finally:
            worker.cancel()
            await asyncio.wait([worker])
            await service.database.stop()


async def prefer(hub: Hub, **changes: object) -> None:
    async with hub.store.transaction() as ledger:
        await change(ledger, Party("member", "atlas-data"), changes, datetime.now(UTC))


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


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1/",
        "slack://a/b/c?template=/etc/passwd",
        "tgram://",
        "tgram:// 1/2",
        "file:///etc/passwd",
        "mailto://a:b@example.org",
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

"""The owner of an endpoint that was switched off is written to, once, in its language."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiohttp import web

from services.notifier import app as notifier_app
from services.notifier.domain.messages import Party
from tests.flow.hook_parts import Hub, changed, open_hub, receiving
from tests.flow.mail_server import MailServer
from tests.flow.notifier_facts import match
from tests.flow.notifier_parts import until
from tests.flow.test_webhook_gate import choose, own

NO_NIGHT = {"quiet_hours": "none"}
NOW = datetime.now(UTC)
NIGHT = {
    "quiet_hours": f"{NOW - timedelta(hours=1):%H:%M}-{NOW + timedelta(hours=12):%H:%M}",
    "time_zone": "UTC",
}
PAUSE = {"paused_until": (NOW + timedelta(days=2)).isoformat()}
ATLAS = Party("member", "atlas-data")


@asynccontextmanager
async def writing(
    hub: Hub, mail: MailServer, defaults: Mapping[str, object] = NO_NIGHT
) -> AsyncIterator[None]:
    """Owners are written to while the block lasts."""
    await mail.start()
    changes = {"smtp_port": mail.port, "default_preferences": defaults}
    settings = hub.settings.model_copy(update=changes)
    worker = notifier_app.owner_mail(settings, hub.store.database, hub.directory)
    worker.poll_s = 0.05
    working = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        working.cancel()
        mail.stop()


def text(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    content: str = part.get_content()
    return content


async def _state(hub: Hub) -> str | None:
    found: str | None = await hub.admin.fetchval(
        "SELECT state FROM notifier.deliveries WHERE message = 'endpoint-off'"
    )
    return found


async def _is(hub: Hub, state: str) -> bool:
    return await _state(hub) == state


@pytest.mark.parametrize("own", [True, False])
async def test_the_owner_of_an_endpoint_that_is_gone_is_written_to(
    database_url: str, own: bool
) -> None:
    mail = MailServer()
    async with open_hub(database_url) as hub, receiving() as receiver, writing(hub, mail):
        if own:
            made = await hub.register(receiver.url, email="systems@settat.example")
        else:
            made = await hub.register(receiver.url)
            await hub.admin.execute("UPDATE vault.endpoints SET told_city = 'settat'")
            await hub.admin.execute(
                "INSERT INTO vault.contacts (kind, id, email)"
                " VALUES ('city', 'settat', 'bureau@settat.example')"
            )
        receiver.answers = [web.Response(status=410)]
        await hub.tell(changed())
        await until(lambda: mail.letters)
        await until(lambda: _is(hub, "delivered"))
        [letter] = mail.letters
        wanted = "systems@settat.example" if own else "bureau@settat.example"
        assert mail.recipients == [wanted]
        assert letter["Subject"] == "Un de vos webhooks a été désactivé"
        assert receiver.url in text(letter)
        assert f"POST /v1/webhooks/{made['id']}/replay" in text(letter)
        assert letter["Auto-Submitted"] == "auto-generated"


async def test_without_an_address_the_notice_is_kept_as_undeliverable(database_url: str) -> None:
    mail = MailServer()
    async with open_hub(database_url) as hub, receiving() as receiver, writing(hub, mail):
        await hub.register(receiver.url)
        receiver.answers = [web.Response(status=410)]
        await hub.tell(changed())
        await until(lambda: _is(hub, "undeliverable"))
        assert not mail.letters


async def test_a_mail_server_that_is_away_delays_it(database_url: str) -> None:
    mail = MailServer()
    mail.replies = ["451 greylisted"]
    async with open_hub(database_url) as hub, receiving() as receiver, writing(hub, mail):
        await hub.register(receiver.url, email="systems@settat.example")
        receiver.answers = [web.Response(status=410)]
        await hub.tell(changed())
        await until(lambda: mail.letters, 30)
        attempts: Any = await hub.admin.fetchval(
            "SELECT attempt FROM notifier.deliveries WHERE message = 'endpoint-off'"
        )
        assert attempts == 2


async def contact(hub: Hub, party: Party, email: str) -> None:
    """Give somebody an address."""
    await hub.admin.execute(
        "INSERT INTO vault.contacts (kind, id, email) VALUES ($1, $2, $3)",
        *(party.kind, party.id, email),
    )


async def _is_held(hub: Hub) -> bool:
    found = await hub.admin.fetchval(
        "SELECT count(*) FROM notifier.deliveries WHERE message = 'endpoint-off'"
        " AND state = 'waiting' AND holds > 0 AND due_at > clock_timestamp()"
    )
    return bool(found)


@pytest.mark.parametrize("chosen", [NIGHT, PAUSE])
async def test_a_member_is_told_neither_at_night_nor_in_a_pause_but_in_its_language(
    database_url: str, chosen: dict[str, Any]
) -> None:
    mail = MailServer()
    async with open_hub(database_url) as hub, receiving() as receiver:
        await own(hub, ATLAS, receiver.url)
        await contact(hub, ATLAS, "nadia@atlas-data.example")
        receiver.answers = [web.Response(status=410)]
        await hub.tell(match())
        await until(lambda: _is(hub, "waiting"))
        await choose(hub, **chosen)
        async with writing(hub, mail):
            await until(lambda: _is_held(hub))
            assert mail.letters == []
            # What it chose about mails is about the hub's messages; this is about its own system.
            open_hours: dict[str, Any] = {"quiet_hours": "none", "paused_until": None}
            await choose(hub, channels=[], locale="ar", **open_hours)
            await until(lambda: mail.letters)
            [letter] = mail.letters
            assert letter["Content-Language"] == "ar"
            await until(lambda: _is(hub, "delivered"))
        [row] = [one for one in await hub.deliveries() if one["message"] == "endpoint-off"]
        assert row["attempt"] - row["holds"] == 1


async def test_a_citys_own_address_is_its_and_an_address_of_a_system_is_the_hubs(
    database_url: str,
) -> None:
    """By night for all but the city of Settat."""
    mail = MailServer()
    settat = Party("city", "settat")
    async with (
        open_hub(database_url) as hub,
        receiving() as receiver,
        receiving() as second,
        writing(hub, mail, NIGHT),
    ):
        await hub.store.link_epoch(settat)
        await choose(hub, settat, quiet_hours="none")
        await contact(hub, settat, "bureau@settat.example")
        await hub.register(receiver.url)
        await hub.register(second.url, email="systems@settat.example")
        await hub.admin.execute("UPDATE vault.endpoints SET told_city = 'settat'")
        receiver.answers = [web.Response(status=410)]
        second.answers = [web.Response(status=410)]
        await hub.tell(changed())
        await until(lambda: _is_held(hub))
        await until(lambda: mail.letters)
        assert mail.recipients == ["bureau@settat.example"]

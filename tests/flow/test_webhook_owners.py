"""The owner of an endpoint that was switched off is written to, once, in its language."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

import pytest
from aiohttp import web

from services.notifier import app as notifier_app
from tests.flow.hook_parts import Hub, changed, open_hub, receiving
from tests.flow.mail_server import MailServer
from tests.flow.notifier_parts import until


@asynccontextmanager
async def writing(hub: Hub, mail: MailServer) -> AsyncIterator[None]:
    """Owners are written to while the block lasts."""
    await mail.start()
    settings = hub.settings.model_copy(update={"smtp_port": mail.port})
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

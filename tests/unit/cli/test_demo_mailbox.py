"""The page of the demo's mails: links lead somewhere, scripts do not run, nothing is too wide."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email.message import EmailMessage

import httpx
import pytest

from services.cli.demo.mailbox import Mailbox, _pages

LINK = "http://127.0.0.1:8082/inbox/" + "a" * 300


@pytest.fixture
async def page() -> AsyncIterator[httpx.AsyncClient]:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "a@b.example", "Bonjour"
    mail.set_content(f"Votre page (\u2068{LINK}\u2069), <b>.\nVoir {LINK}?a=1&b=2.\n")
    button = f'<a href="{LINK}">Ouvrir</a><script>alert(1)</script>'
    mail.add_alternative(
        f"<!doctype html><html><head><meta charset=utf-8></head><body>{button}</body></html>",
        subtype="html",
    )
    transport = httpx.ASGITransport(_pages(Mailbox(0, "", [mail])))
    async with httpx.AsyncClient(transport=transport, base_url="http://mails") as client:
        yield client


async def test_a_link_in_a_mail_opens_in_a_tab_of_its_own(page: httpx.AsyncClient) -> None:
    frame = re.search(r"<iframe[^>]* sandbox='([^']*)'", (await page.get("/0")).text)
    allowed = {"allow-popups", "allow-popups-to-escape-sandbox"}
    assert frame
    assert set(frame.group(1).split()) == allowed
    shown = (await page.get("/0/html")).text
    assert '<head><base target="_blank">' in shown
    assert shown.startswith("<!doctype html>")


async def test_a_script_in_a_mail_runs_nowhere(page: httpx.AsyncClient) -> None:
    policy = (await page.get("/0/html")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy


async def test_addresses_in_the_text_of_a_mail_are_links_without_what_is_around_them(
    page: httpx.AsyncClient,
) -> None:
    shown = (await page.get("/0")).text
    assert re.findall(r"<a href='(http[^']*)' target='_blank'", shown) == [
        LINK,
        f"{LINK}?a=1&amp;b=2",
    ]
    assert "&lt;b&gt;." in shown
    assert re.search(r"pre \{[^}]*overflow-wrap: anywhere", shown)

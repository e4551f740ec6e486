"""One click ends mails of a kind (RFC 8058); looking at the page ends nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.notifier.domain.messages import Party, Scope
from services.notifier.domain.unsubscribing import Mailings, token_of
from services.notifier.use_cases.preferences import present
from services.runtime.settings import Settings
from tests.flow.mail_server import MailServer
from tests.flow.notifier_facts import match, notice
from tests.flow.notifier_parts import PLANTED, Pages, open_pages, running_desk, until

MEMBER = Party("member", "atlas-data")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Pages]:
    async with open_pages(database_url) as pages:
        await pages.tell(match())
        yield pages


def address(desk: Pages, mailings: Mailings) -> str:
    secret = desk.settings.link_secret.get_secret_value().encode()
    return f"/unsubscribe/{token_of(mailings, secret)}"


async def channels(desk: Pages, scope: Scope | None = None) -> dict[str, frozenset[str]]:
    async with desk.service.database.transaction() as connection:
        from services.notifier.adapters.postgres_ledger import PostgresLedger

        chosen = await present(PostgresLedger(connection), MEMBER, scope)
        return dict(chosen.preferences.channels)  # type: ignore[arg-type]


async def test_looking_at_the_page_ends_nothing(desk: Pages) -> None:
    path = address(desk, Mailings(MEMBER, "proposals"))
    before = await channels(desk)
    for lang in ("fr", "ar", "en"):
        page = await desk.http.get(f"{path}?lang={lang}")
        assert page.status_code == 200
        assert '<form method="post"' in page.text
        assert f'<html lang="{lang}"' in page.text
    assert await channels(desk) == before
    assert "mail" in before["proposals"]


@pytest.mark.parametrize("form", [{"data": ONE_CLICK}, {"files": {"x": b""}, "data": ONE_CLICK}])
async def test_one_click_ends_mails_of_its_kind_and_no_other(
    desk: Pages, form: dict[str, Any]
) -> None:
    path = address(desk, Mailings(MEMBER, "proposals"))
    before = await channels(desk)
    for _ in range(2):
        answer = await desk.http.post(path, **form)
        assert answer.status_code == 200, "no redirect, no question"
        assert "set-cookie" not in answer.headers
    after = await channels(desk)
    assert after["proposals"] == before["proposals"] - {"mail"}
    assert after | {"proposals": before["proposals"]} == before


async def test_who_did_not_mean_it_takes_it_back(desk: Pages) -> None:
    path = address(desk, Mailings(MEMBER, "news"))
    before = await channels(desk)
    await desk.http.post(path, data=ONE_CLICK)
    page = await desk.http.post(f"{path}?lang=en", data={"mails": "again"})
    assert "You get these mails again" in page.text
    assert await channels(desk) == before


async def test_a_digest_is_about_everything(desk: Pages) -> None:
    await desk.http.post(address(desk, Mailings(MEMBER)), data=ONE_CLICK)
    assert not any("mail" in one for one in (await channels(desk)).values())


async def test_the_contact_of_one_demand_speaks_for_itself_alone(desk: Pages) -> None:
    scope = Scope("demand", "d-1")
    await desk.http.post(address(desk, Mailings(MEMBER, "news", scope)), data=ONE_CLICK)
    assert "mail" in (await channels(desk))["news"]
    assert "mail" not in (await channels(desk, scope))["news"]


@pytest.mark.parametrize("data", [{}, {"List-Unsubscribe": "Two-Clicks"}, {"mails": "none"}])
async def test_another_form_changes_nothing(desk: Pages, data: dict[str, str]) -> None:
    path, before = address(desk, Mailings(MEMBER, "news")), await channels(desk)
    assert (await desk.http.post(path, data=data)).status_code == 422
    assert await channels(desk) == before


async def test_a_damaged_token_ends_nobodys_mails(desk: Pages) -> None:
    path = address(desk, Mailings(MEMBER, "news"))
    for bad in (path[:-1], path + "x", "/unsubscribe/token"):
        assert (await desk.http.get(bad)).status_code == 404
        assert (await desk.http.post(bad, data=ONE_CLICK)).status_code == 404


async def test_it_opens_no_inbox(desk: Pages) -> None:
    token = address(desk, Mailings(MEMBER, "news")).rpartition("/")[2]
    assert (await desk.http.get(f"/inbox/{token}")).status_code == 404
    page = await desk.http.get(f"/unsubscribe/{token}")
    assert "/inbox/" not in page.text


async def test_the_address_in_a_mail_ends_the_next_one(settings: Settings) -> None:
    settings = settings.model_copy(update={"public_url": "https://hub.example"})
    async with running_desk(settings, MailServer()) as desk:
        await desk.contact("member", "atlas-data", PLANTED)
        await desk.match(match())
        await until(lambda: desk.mail.letters)
        [letter] = desk.mail.letters
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert letter["List-Id"] == "<proposals.jisr.example>"
        found = str(letter["List-Unsubscribe"]).strip("<>")
        assert found.startswith("https://hub.example/unsubscribe/")
        path = found.removeprefix("https://hub.example")
        assert (await desk.http.post(path, data=ONE_CLICK)).status_code == 200
        await desk.match(match(match_id="m-2"))
        # What follows another kind of event is written still.
        met = match(match_id="m-3", state="introduced", version=3)
        await desk.match(met)
        await desk.notice(notice("introduced", "member/atlas-data", match=met))
        await until(lambda: len(desk.mail.letters) == 2)
        assert desk.mail.letters[1]["List-Id"] == "<introductions.jisr.example>"
        page = await desk.http.get(desk.link("member", "atlas-data"))
        assert page.text.count("Trouver les fuites") >= 2, "the page has it all"

"""The inbox page: a link shows, only a form answers, and an answer counts once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from schemas.topics import DELIVERIES, RESPONSES
from services.cli.main import app
from services.notifier.adapters.pages import SCRIPT_PATH
from services.notifier.adapters.postgres_store import Store
from services.notifier.domain.messages import Party, Scope
from services.notifier.inbox_links import (
    WeakSecret,
    create_inbox_link,
    inbox_address,
    link_secret,
)
from services.runtime.settings import Settings
from tests.flow.notifier_facts import match
from tests.flow.notifier_parts import Pages, open_pages, running_desk


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Pages]:
    async with open_pages(database_url) as one:
        await one.tell(match())
        yield one


def form_of(page: str) -> tuple[str, str]:
    """Where the first form of ``page`` posts to, and its token."""
    action = re.search(r'action="([^"]+)"', page)
    token = re.search(r'name="form" value="([^"]+)"', page)
    assert action
    assert token
    return action[1], token[1]


async def answer(
    desk: Pages, headers: dict[str, str] | None = None, **fields: str
) -> httpx.Response:
    page = await desk.http.get(desk.link("member", "atlas-data"))
    action, token = form_of(page.text)
    data = {"form": token, "answer": "accept"} | fields
    return await desk.http.post(action, data=data, headers=headers)


async def test_opening_the_page_answers_nothing(desk: Pages) -> None:
    for _ in range(3):
        page = await desk.http.get(desk.link("member", "atlas-data") + "?answer=accept")
        assert page.status_code == 200
    assert await desk.said() == []
    action, _ = form_of(page.text)
    assert (await desk.http.get(action)).status_code == 405


async def test_an_acceptance_is_recorded_and_published_once(desk: Pages) -> None:
    first = await answer(desk)
    assert first.status_code == 303
    page = await desk.http.get(first.headers["location"])
    assert "Votre accord est enregistré" in page.text
    assert "Vous avez accepté" in page.text
    assert 'value="accept"' not in page.text
    assert 'value="withdraw"' in page.text
    [response] = await desk.responses()
    assert (response.match_id, response.need_id, response.by.id) == ("m-1", "d-1", "atlas-data")
    assert (response.answer, response.via) == ("accept", "inbox")


async def test_an_answer_reaches_the_topic(settings: Settings) -> None:
    async with running_desk(settings) as desk:
        await desk.match(match())
        await desk.events(DELIVERIES, 1)
        page = await desk.http.get(desk.link("member", "atlas-data"))
        action, token = form_of(page.text)
        await desk.http.post(action, data={"form": token, "answer": "accept"})
        [response] = await desk.events(RESPONSES, 1)
        assert response.answer == "accept"


async def test_a_second_answer_gets_a_clear_page_and_changes_nothing(desk: Pages) -> None:
    page = await desk.http.get(desk.link("member", "atlas-data"))
    action, token = form_of(page.text)
    await desk.http.post(action, data={"form": token, "answer": "accept"})
    again = await desk.http.post(
        action, data={"form": token, "answer": "decline", "reason": "terms"}
    )
    assert again.status_code == 409
    assert "déjà répondu" in again.text
    assert [r.answer for r in await desk.responses()] == ["accept"]


async def test_a_decline_carries_its_reason_and_words(desk: Pages) -> None:
    said = await answer(desk, answer="decline", reason="too-busy", text="Pas avant mars.\nMerci")
    assert said.status_code == 303
    [response] = await desk.responses()
    assert (response.answer, response.reason) == ("decline", "too-busy")
    assert response.text == "Pas avant mars.\nMerci"


async def test_a_decline_without_a_reason_is_asked_for_one(desk: Pages) -> None:
    assert (await answer(desk, answer="decline", reason="because")).status_code == 422
    assert await desk.said() == []


async def test_what_was_superseded_cannot_be_answered(desk: Pages) -> None:
    page = await desk.http.get(desk.link("member", "atlas-data"))
    action, token = form_of(page.text)
    await desk.tell(match(state="superseded", version=2))
    late = await desk.http.post(action, data={"form": token, "answer": "accept"})
    assert late.status_code == 409
    assert "n’est plus ouverte" in late.text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
    ],
)
async def test_a_form_of_another_site_is_refused(desk: Pages, headers: dict[str, str]) -> None:
    assert (await answer(desk, headers)).status_code == 403
    assert await desk.said() == []


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": "null"}, {}])
async def test_our_own_form_passes(desk: Pages, headers: dict[str, str]) -> None:
    assert (await answer(desk, headers)).status_code == 303


async def test_a_form_without_this_links_token_is_refused(desk: Pages) -> None:
    await desk.tell(match(match_id="m-2", recipient={"kind": "member", "id": "other"}))
    theirs = await desk.http.get(desk.link("member", "other"))
    _, their_token = form_of(theirs.text)
    for token in ("", "x", their_token):
        assert (await answer(desk, form=token)).status_code == 403


async def test_one_link_does_not_answer_anothers_proposal(desk: Pages) -> None:
    await desk.tell(match(match_id="m-2", recipient={"kind": "member", "id": "other"}))
    mine = await desk.http.get(desk.link("member", "atlas-data"))
    theirs = await desk.http.get(desk.link("member", "other"))
    action, token = form_of(mine.text)
    their_entry = form_of(theirs.text)[0].rsplit("/", 1)[1]
    crossed = action.rsplit("/", 1)[0] + "/" + their_entry
    reply = await desk.http.post(crossed, data={"form": token, "answer": "accept"})
    assert reply.status_code == 404
    assert await desk.said() == []


async def test_forged_expired_and_revoked_links_get_a_friendly_page_in_three_languages(
    desk: Pages,
) -> None:
    good = desk.link("member", "atlas-data")
    old = desk.link("member", "atlas-data", datetime.now(UTC) - timedelta(days=61))
    forged = good[:-3] + "abc"
    revoked = desk.link("member", "atlas-data")
    await Store(desk.service.database).revoke_links(Party("member", "atlas-data"))
    for link, status, words in (
        (forged, 404, ("incomplet", "غير مكتمل", "not complete")),
        ("/inbox/x", 404, ("incomplet", "غير مكتمل", "not complete")),
        (old, 410, ("a expiré", "انتهت صلاحيته", "has expired")),
        (revoked, 410, ("a expiré", "انتهت صلاحيته", "has expired")),
    ):
        page = await desk.http.get(link)
        assert page.status_code == status
        assert all(said in page.text for said in words)
        assert "Trouver les fuites" not in page.text


async def test_who_lost_a_link_takes_all_of_them_back(desk: Pages) -> None:
    path = desk.link("member", "atlas-data")
    page = await desk.http.get(path)
    token = re.findall(r'name="form" value="([^"]+)"', page.text)[0]
    foreign = await desk.http.post(f"{path}/revoke", data={"form": "of another page"})
    assert foreign.status_code == 403
    assert (await desk.http.get(path)).status_code == 200
    done = await desk.http.post(f"{path}/revoke?lang=en", data={"form": token})
    assert "All links are taken back" in done.text
    assert "/inbox/" not in done.text, "who holds the old link gets no new one"
    assert (await desk.http.get(path)).status_code == 410


async def test_the_contact_of_one_demand_takes_no_links_back(desk: Pages) -> None:
    secret = desk.settings.link_secret.get_secret_value().encode()
    scoped = create_inbox_link(
        *(desk.settings, secret, "member", "atlas-data", datetime.now(UTC)),
        scope=Scope("demand", "d-1"),
    ).removeprefix(desk.settings.public_address())
    page = await desk.http.get(scoped)
    assert "/revoke" not in page.text
    token = re.findall(r'name="form" value="([^"]+)"', page.text)[0]
    assert (await desk.http.post(f"{scoped}/revoke", data={"form": token})).status_code == 404
    assert (await desk.http.get(desk.link("member", "atlas-data"))).status_code == 200


async def test_pages_keep_to_themselves(desk: Pages) -> None:
    page = await desk.http.get(desk.link("member", "atlas-data"))
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert re.findall(r"<script[^>]*>[^<]*", page.text) == [
        f'<script src="{SCRIPT_PATH}" defer>'
    ], "one script, from here, and nothing between its tags"
    script = await desk.http.get(SCRIPT_PATH)
    assert script.headers["content-type"].startswith("text/javascript")
    assert "style=" not in page.text
    style = re.search(r'href="(/assets/[^"]+)"', page.text)
    assert style
    assert (await desk.http.get(style[1])).headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("path", ["/", "/inbox/no-link", "/nowhere", "/metrics", "/healthz"])
async def test_no_answer_comes_without_the_guards_headers(desk: Pages, path: str) -> None:
    answer = await desk.http.get(path)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "strict-transport-security" not in answer.headers, "only over https"


@pytest.mark.parametrize(("asked", "direction"), [("fr", "ltr"), ("ar", "rtl"), ("en", "ltr")])
async def test_the_reader_can_switch_the_language(desk: Pages, asked: str, direction: str) -> None:
    page = await desk.http.get(desk.link("member", "atlas-data") + f"?lang={asked}")
    assert f'<html lang="{asked}" dir="{direction}">' in page.text


async def test_an_oversized_form_is_refused(desk: Pages) -> None:
    assert (await answer(desk, text="x" * 80_000)).status_code == 422


async def test_what_others_wrote_is_text_and_never_markup(desk: Pages) -> None:
    evil = match(match_id="m-evil").model_dump(mode="json")
    evil["need"]["title"] = '<script>alert(1)</script>"><img src=x>'
    evil["need"]["description"] = "</div><form action=https://evil.example>"
    evil["reasons"][0]["terms"] = ["<b>bold</b>", "%(niche)s", "{{ 7*7 }}"]
    await desk.tell(match(**evil))
    page = (await desk.http.get(desk.link("member", "atlas-data"))).text
    assert page.count("<script") == 1, "our own"
    assert "<img" not in page
    assert "evil.example&gt;" in page
    assert "&lt;b&gt;bold" in page
    assert "{{ 7*7 }}" in page


async def test_who_comes_without_a_link_is_told_where_it_is(desk: Pages) -> None:
    page = await desk.http.get("/")
    assert page.status_code == 200
    assert "votre lien personnel" in page.text


async def test_while_the_database_is_away_the_page_asks_to_come_back(desk: Pages) -> None:
    link = desk.link("member", "atlas-data")
    await desk.service.database.stop()
    page = await desk.http.get(link + "?lang=en")
    assert page.status_code == 503
    assert page.headers["retry-after"] == "60"
    assert "Nothing is lost" in page.text


async def test_a_secret_of_its_own_is_made_once_and_one_too_short_is_refused(
    desk: Pages,
) -> None:
    store = Store(desk.service.database)
    without = desk.settings.model_copy(update={"link_secret": SecretStr("")})
    made = await link_secret(without, store)
    assert len(made) >= 32
    assert made == await link_secret(without, store)
    weak = desk.settings.model_copy(update={"link_secret": SecretStr("short")})
    with pytest.raises(WeakSecret):
        await link_secret(weak, store)


async def test_a_command_prints_a_link_and_takes_all_others_back(
    desk: Pages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", desk.settings.dsn())
    monkeypatch.setenv("JISR_LINK_SECRET", desk.settings.link_secret.get_secret_value())
    monkeypatch.chdir(tmp_path)

    async def printed(*words: str) -> Result:
        # The command has an event loop of its own.
        return await asyncio.to_thread(CliRunner().invoke, app, ["inbox", *words])

    first = await printed("member", "atlas-data")
    assert first.stderr == ""
    assert "Trouver les fuites" in (await desk.http.get(first.stdout.strip())).text
    second = await printed("member", "atlas-data", "--take-back")
    assert (await desk.http.get(first.stdout.strip())).status_code == 410
    assert (await desk.http.get(second.stdout.strip())).status_code == 200
    assert "told nothing yet" in (await printed("city", "nowhere")).stderr
    assert "knows no member 'nobody'" in str((await printed("member", "nobody")).exception)
    monkeypatch.setenv("JISR_LINK_SECRET", "another secret than that of the hub itself")
    refused = await printed("member", "atlas-data")
    assert refused.stdout == ""
    assert "JISR_LINK_SECRET" in str(refused.exception)


async def test_an_address_printed_for_somebody_opens_its_inbox(desk: Pages) -> None:
    where = ("committee", "mnc/mobile")
    for _ in range(2):
        address = await inbox_address(
            desk.settings,
            desk.service.database,
            *where,  # type: ignore[arg-type]
            datetime.now(UTC),
        )
        page = await desk.http.get(address)
        assert page.status_code == 200
        assert "mnc/mobile" in page.text
        await Store(desk.service.database).revoke_links(Party("committee", "mnc/mobile"))
        assert (await desk.http.get(address)).status_code == 410

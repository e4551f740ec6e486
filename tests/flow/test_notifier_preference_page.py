"""Choosing how one is told: by the form of the page, and by JSON."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.notifier.adapters.postgres_store import Store
from services.notifier.domain.choices import shown
from services.notifier.domain.concerns import CONCERNS
from services.notifier.domain.directory import Office
from services.notifier.domain.links import Link, sign
from services.notifier.domain.messages import Party, Scope
from services.notifier.domain.preferences import Preferences
from services.runtime.endpoints.book import Book, Owner, Wish
from tests.flow.notifier_facts import decision, match, need, notice
from tests.flow.notifier_parts import Pages, open_pages

API = "/api/preferences"
_INPUT = re.compile(r"<input ([^>]*)>")
_SELECT = re.compile(r'<select id="[^"]*" name="([^"]*)".*?</select>', re.DOTALL)


@pytest.fixture
async def pages(database_url: str) -> AsyncIterator[Pages]:
    async with open_pages(database_url) as opened:
        opened.directory.call("city", "marrakech", {"fr": "Marrakech"}, 1, active=True)
        await opened.know("atlas-data")
        await opened.tell(match(), decision())
        yield opened


def form_of(html: str) -> dict[str, list[str]]:
    """The fields of the form as a browser would send them."""
    fields: dict[str, list[str]] = {}
    for attributes in _INPUT.findall(html):
        told = dict(re.findall(r'(\w+)="([^"]*)"', attributes))
        if (
            told["type"] != "checkbox"
            or attributes.rstrip().endswith("checked")
            or " checked " in (f" {attributes} ")
        ):
            fields.setdefault(unescape(told["name"]), []).append(unescape(told["value"]))
    for found in _SELECT.finditer(html):
        chosen = re.search(r'<option value="([^"]*)" selected>', found[0])
        first = re.search(r'<option value="([^"]*)"', found[0])
        assert first
        fields[found[1]] = [(chosen or first)[1]]
    return fields


async def opened(pages: Pages) -> tuple[str, dict[str, list[str]]]:
    """The address of the form of Atlas Data, and its fields."""
    path = pages.link("member", "atlas-data") + "/preferences"
    answer = await pages.http.get(path)
    assert answer.status_code == 200
    return path, form_of(answer.text)


def bearer(pages: Pages) -> dict[str, str]:
    token = pages.link("member", "atlas-data").removeprefix("/inbox/")
    return {"Authorization": f"Bearer {token}"}


async def ask(pages: Pages, method: str = "GET", **given: Any) -> httpx.Response:
    return await pages.http.request(method, API, headers=bearer(pages), **given)


async def chosen(pages: Pages) -> Any:
    return (await ask(pages)).json()["chosen"]


async def test_a_form_that_is_sent_as_it_came_chooses_nothing(pages: Pages) -> None:
    path, fields = await opened(pages)
    answer = await pages.http.post(path, data=fields)
    assert answer.status_code == 303
    assert await chosen(pages) == {}


async def test_only_what_was_changed_on_the_form_is_chosen(pages: Pages) -> None:
    path, fields = await opened(pages)
    fields |= {"pace:news": ["weekly"], "most_a_day": ["1"], "quiet_until": ["09:15"]}
    fields |= {"quiet_days": ["saturday", "sunday"], "muted_cities": ["marrakech"]}
    fields |= {"paused_until": ["2026-12-24"], "locale": ["ar"], "mail:proposals": ["on"]}
    answer = await pages.http.post(path, data=fields)
    shown_after = await pages.http.get(answer.headers["location"].replace("lang=fr", "lang=en"))
    assert "Saved. It holds from the next message on." in shown_after.text
    assert await chosen(pages) == {
        "channels": {"proposals": ["mail", "webhook", "push"]},
        "locale": "ar",
        "muted_cities": ["marrakech"],
        "most_a_day": 1,
        "pace": {"news": "weekly"},
        "paused_until": "2026-12-23T23:00:00+00:00",
        "quiet_days": ["saturday", "sunday"],
        "quiet_hours": "20:00-09:15",
    }
    _, again = await opened(pages)
    assert again["paused_until"] == ["2026-12-24"]
    assert again["pace:news"] == ["weekly"]


async def test_as_many_are_muted_on_the_form_as_may_be_and_more_are_refused_by_their_number(
    pages: Pages,
) -> None:
    path, fields = await opened(pages)
    for of in ("city", "niche"):
        for number in range(201):
            name = f"n-{number}"
            pages.directory.call(of, name, {"fr": name}, 1, active=True)
    names = [f"n-{number}" for number in range(201)]
    most = fields | {"muted_niches": names[:200], "muted_cities": names[:200]}
    assert (await pages.http.post(path, data=most)).status_code == 303
    refused = await pages.http.post(path, data=fields | {"muted_niches": names})
    assert refused.status_code == 422
    assert "200" in refused.text[refused.text.index('id="wrong"') :][:600]


async def test_what_was_chosen_can_be_given_back_to_the_hub(pages: Pages) -> None:
    await ask(pages, "PUT", json={"most_a_day": 1, "locale": "en"})
    path, fields = await opened(pages)
    await pages.http.post(path, data={**fields, "act": ["reset"]})
    assert await chosen(pages) == {}


async def test_what_cannot_be_taken_is_said_and_nothing_is_lost(pages: Pages) -> None:
    path, fields = await opened(pages)
    fields |= {"most_a_day": ["0"], "quiet_until": ["20:00"], "time_zone": ["Moon/Base"]}
    answer = await pages.http.post(f"{path}?lang=en", data=fields)
    assert answer.status_code == 422
    for words in ("write a whole number from 1", "choose two different times", "time zone as"):
        assert words in answer.text
    assert form_of(answer.text)["time_zone"] == ["Moon/Base"]
    assert await chosen(pages) == {}


async def test_a_form_that_is_none_of_ours_changes_nothing(pages: Pages) -> None:
    path, fields = await opened(pages)
    for sent, headers in (
        ({**fields, "form": ["other"]}, {}),
        (fields, {"Sec-Fetch-Site": "cross-site"}),
        (fields, {"Origin": "https://elsewhere.example"}),
    ):
        answer = await pages.http.post(path, data={**sent, "most_a_day": "9"}, headers=headers)
        assert answer.status_code == 403
    assert (await pages.http.post(path, data={})).status_code == 403
    assert await chosen(pages) == {}


async def test_an_empty_form_of_ours_is_refused_with_what_is_missing(pages: Pages) -> None:
    path, fields = await opened(pages)
    answer = await pages.http.post(path, data={"form": fields["form"]})
    assert answer.status_code == 422


async def test_a_dead_link_opens_no_preferences(pages: Pages) -> None:
    old = pages.link("member", "atlas-data", datetime.now(UTC) - timedelta(days=400))
    assert (await pages.http.get(f"{old}/preferences")).status_code == 410
    assert (await pages.http.get("/inbox/made.up/preferences")).status_code == 404


async def test_json_shows_all_and_what_was_chosen(pages: Pages) -> None:
    answer = await ask(pages)
    assert answer.status_code == 200
    told = answer.json()
    # The member's own system said: no mail.
    assert told["preferences"]["channels"]["news"] == ["webhook", "push"]
    ours = {**shown(Preferences()), "channels": told["preferences"]["channels"]}
    assert told["preferences"] == ours
    assert told["chosen"] == {}


async def test_json_changes_and_replaces(pages: Pages) -> None:
    await ask(pages, "PATCH", json={"pace": {"news": "weekly"}, "least_score": 0.5})
    await ask(pages, "PATCH", json={"pace": {"office": "instant"}, "least_score": None})
    assert await chosen(pages) == {"pace": {"news": "weekly", "office": "instant"}}
    answer = await ask(pages, "PUT", json={"channels": []})
    assert answer.json()["chosen"] == {"channels": {concern: [] for concern in CONCERNS}}
    assert answer.json()["preferences"]["pace"]["news"] == "daily"


async def test_what_json_cannot_take_is_named_field_by_field(pages: Pages) -> None:
    answer = await ask(pages, "PATCH", json={"most_a_day": 0, "tempo": 1, "locale": "ar"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/most_a_day", "/tempo"]
    assert await chosen(pages) == {}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nul", b'"x"', b"\xff", b"[" * 16_000, b" " * 16_000]
)
async def test_what_is_no_json_object_is_refused(pages: Pages, body: bytes) -> None:
    assert (await ask(pages, "PUT", content=body)).status_code == 400


async def test_a_body_that_is_too_large_is_told_so(pages: Pages) -> None:
    answer = await ask(pages, "PUT", content=b" " * 16_385)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:jisr:problem:too-large"


async def test_json_needs_the_token_of_a_good_link(pages: Pages) -> None:
    for headers in ({}, {"Authorization": "Bearer made.up"}, {"Authorization": "Basic eDp5"}):
        answer = await pages.http.get(API, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_the_contact_of_one_demand_chooses_for_itself_alone(pages: Pages) -> None:
    await pages.tell(notice("declined", "city/marrakech"))
    secret = pages.settings.link_secret.get_secret_value().encode()
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)

    async def send(method: str, scope: Scope | None, **given: Any) -> Any:
        token = sign(Link(Party("city", "marrakech"), 1, until, scope), secret)
        headers = {"Authorization": f"Bearer {token}"}
        return (await pages.http.request(method, API, headers=headers, **given)).json()["chosen"]

    await send("PATCH", Scope("demand", "d-1"), json={"most_a_day": 1})
    assert await send("GET", Scope("demand", "d-1")) == {"most_a_day": 1}
    assert await send("GET", Scope("demand", "d-2")) == {}
    assert await send("GET", None) == {}


async def test_the_page_tells_days_by_the_clock_of_whoever_opened_it(pages: Pages) -> None:
    night = "2026-12-24T02:00:00Z"
    await pages.tell(match(match_id="m-2", need=need(id="d-2"), answer_by=night))
    path = pages.link("member", "atlas-data")
    assert "24 décembre 2026" in (await pages.http.get(path)).text
    await ask(pages, "PATCH", json={"time_zone": "America/Montreal"})
    after = (await pages.http.get(path)).text
    assert "23 décembre 2026" in after
    assert "24 décembre 2026" not in after


async def test_the_contact_of_one_demand_reads_by_its_own_clock_and_language(
    pages: Pages,
) -> None:
    await pages.tell(notice("expiry-near", "city/marrakech", until="2026-12-24T02:00:00Z"))
    secret = pages.settings.link_secret.get_secret_value().encode()
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
    token = sign(Link(Party("city", "marrakech"), 1, until, Scope("demand", "d-1")), secret)
    await pages.http.patch(
        API,
        headers={"Authorization": f"Bearer {token}"},
        json={"time_zone": "America/Montreal", "locale": "en"},
    )
    assert "23 December 2026" in (await pages.http.get(f"/inbox/{token}")).text
    assert "24 décembre 2026" in (await pages.http.get(pages.link("city", "marrakech"))).text


async def test_the_form_asks_an_ambassador_alone_about_its_office_and_keeps_what_it_hides(
    pages: Pages,
) -> None:
    await ask(pages, "PUT", json={"pace": {"office": "weekly"}, "channels": {"office": []}})
    path, fields = await opened(pages)
    assert "pace:office" not in fields
    await pages.http.post(path, data={**fields, "most_a_day": ["2"]})
    kept = {"pace": {"office": "weekly"}, "channels": {"office": []}, "most_a_day": 2}
    assert await chosen(pages) == kept
    pages.directory.appoint("mnc", "marrakech", Office("atlas-data"), 1, active=True)
    path, fields = await opened(pages)
    assert fields["pace:office"] == ["weekly"]
    await pages.http.post(path, data={**fields, "pace:office": ["instant"]})
    assert (await chosen(pages))["pace"] == {"office": "instant"}


async def test_a_form_from_before_an_endpoint_was_registered_switches_nothing_off(
    pages: Pages,
) -> None:
    path, fields = await opened(pages)
    assert "channel" not in fields
    async with pages.service.database.transaction() as connection:
        wish = Wish("https://crm.atlas-data.example/jisr", "crm.atlas-data.example:443")
        await Book(connection).add(Owner("member", "atlas-data"), wish)
    await pages.http.post(path, data=fields)
    assert await chosen(pages) == {}
    path, fields = await opened(pages)
    assert fields["channel"] == ["webhook"]
    del fields["webhook:proposals"]
    await pages.http.post(path, data=fields)
    assert await chosen(pages) == {"channels": {"proposals": ["push"]}}


@pytest.mark.parametrize("day", ["2020-01-01", "today"])
async def test_a_pause_that_is_over_is_refused_with_what_to_choose(pages: Pages, day: str) -> None:
    path, fields = await opened(pages)
    chosen_day = datetime.now(ZoneInfo("Africa/Casablanca")).date().isoformat()
    fields |= {"paused_until": [chosen_day if day == "today" else day]}
    refused = await pages.http.post(f"{path}?lang=en", data=fields)
    assert refused.status_code == 422
    assert "choose a day that is still to come" in refused.text
    over = await ask(pages, "PATCH", json={"paused_until": "2020-01-01T00:00:00Z"})
    assert over.status_code == 422
    assert over.json()["errors"][0]["pointer"] == "/paused_until"
    assert await chosen(pages) == {}


async def test_a_pause_is_told_on_the_inbox_and_ends_there(pages: Pages) -> None:
    path, fields = await opened(pages)
    until = (datetime.now(UTC) + timedelta(days=40)).date()
    await pages.http.post(path, data=fields | {"paused_until": [until.isoformat()]})
    inbox = pages.link("member", "atlas-data")
    told = (await pages.http.get(f"{inbox}?lang=en")).text
    assert "You have a pause" in told
    assert str(until.year) in told
    sent = await pages.http.post(path, data={"form": fields["form"], "act": ["resume"]})
    assert sent.status_code == 303
    assert await chosen(pages) == {}
    assert "You have a pause" not in (await pages.http.get(f"{inbox}?lang=en")).text


async def test_a_pause_that_the_own_system_chose_is_ended_by_its_reader_and_stays_ended(
    pages: Pages,
) -> None:
    later = (datetime.now(UTC) + timedelta(days=40)).isoformat()
    async with Store(pages.service.database).transaction() as ledger:
        await ledger.put_members(
            [
                {"id": "atlas-data", "name": "Atlas Data", "locale": "fr", "version": 9}
                | {"channels": ["mail", "inbox"], "consents_abroad": False, "active": True}
                | {"published": {"paused_until": later}}
            ]
        )
    path, fields = await opened(pages)
    inbox = pages.link("member", "atlas-data")
    assert "You have a pause" in (await pages.http.get(f"{inbox}?lang=en")).text
    await pages.http.post(path, data={"form": fields["form"], "act": ["resume"]})
    _, again = await opened(pages)
    assert again["paused_until"] == [""]
    await pages.http.post(path, data=again | {"most_a_day": ["1"]})
    assert "You have a pause" not in (await pages.http.get(f"{inbox}?lang=en")).text

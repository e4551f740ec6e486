"""A city sees its open demands, where each stands and what waits for its word; nobody else does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.directory import City
from schemas.life import NeedChanged
from services.notifier.adapters.events import learn
from services.notifier.domain.messages import Scope
from services.notifier.inbox_links import create_inbox_link
from tests.flow.notifier_facts import match, need, notice
from tests.flow.notifier_parts import Pages, open_pages

SOON = datetime.now(UTC) + timedelta(days=3)
LEAKS, HIVES = "Trouver les fuites", "مراقبة الخلايا"


def changed(demand_id: str, state: str, /, **changes: Any) -> NeedChanged:
    of_need = {name: changes.pop(name) for name in ("title", "city", "owner") if name in changes}
    values = {
        "need": need(id=demand_id, **of_need),
        "state": state,
        "waves": 3,
        "reach": "own",
        "policy_version": "p1",
        "version": 1,
        "changed_at": "2026-11-23T09:00:00Z",
    }
    return NeedChanged.model_validate(values | changes)


def asked(demand_id: str, name: str, **changes: Any) -> Any:
    owner = {"type": "member", "id": name.lower()}
    return match(
        match_id=f"{demand_id}-{name}",
        need=need(id=demand_id, title=LEAKS),
        supply={"kind": "member", "id": name, "owner": owner, "title": name, "version": 1},
        recipient={"kind": "member", "id": name.lower(), "name": name, "locale": "fr"},
        **changes,
    )


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Pages]:
    """Marrakesh with two open demands, one that is over, and one that waits for its answer."""
    async with open_pages(database_url) as pages:
        names = {"fr": "Cité de Marrakech", "ar": "مراكش", "en": "Marrakesh"}
        learn(pages.directory, City(id="marrakech", names=names, university="Cadi Ayyad"))
        settat = {"owner": {"type": "city", "id": "settat"}, "city": "settat"}
        accepted = asked("d-1", "Atlas", state="accepted", version=2, answer_by=SOON)
        await pages.tell(
            changed(
                "d-1", "introduced", title=LEAKS, wave=2, reach="national", introduced=1, wanted=2
            ),
            changed("d-2", "unmatched", title=HIVES, changed_at="2026-11-23T10:00:00Z"),
            changed("d-3", "withdrawn", title="Ce qui est fini"),
            changed("d-4", "open", title="Ce qui est ailleurs", **settat),
            accepted,
            asked("d-1", "Brise", state="introduced", version=3),
            asked("d-1", "Cedre", state="declined", decline_reason="too-busy", version=2),
            notice("answer-asked", "city/marrakech", match=accepted, need=need(id="d-1")),
        )
        yield pages


async def shown(desk: Pages, path: str = "", lang: str = "en", city: str = "marrakech") -> Any:
    return await desk.http.get(f"{desk.link('city', city)}/demands{path}?lang={lang}")


async def test_the_open_demands_with_what_waits_for_the_city_in_front(desk: Pages) -> None:
    page = await shown(desk)
    assert page.status_code == 200
    for words in (
        *("2 requests are open.", "Partners are in touch", "Nobody found yet"),
        *(
            "<bdi>2</bdi> of <bdi>3</bdi>: our partner clusters in the country too",
            "3 members were asked",
        ),
        *("2 have accepted", "in touch with 1 of 2", "1 thing waits for your word"),
        "Nobody has been asked yet.",
    ):
        assert words in page.text
    assert page.text.index(LEAKS) < page.text.index(HIVES)
    for title in ("Ce qui est fini", "Ce qui est ailleurs"):
        assert title not in page.text
    assert "/demands?" in (await desk.http.get(desk.link("city", "marrakech"))).text


async def test_each_leads_to_its_page_on_which_the_city_answers(desk: Pages) -> None:
    listed = await shown(desk)
    [path] = re.findall(r'<h3[^>]*><a href="([^"]+)"><bdi[^>]*>Trouver', listed.text)
    page = await desk.http.get(path)
    assert page.status_code == 200
    assert HIVES not in page.text
    for words in ("your answer is awaited", "In touch with you", "We have no time for it now"):
        assert words in page.text
    # What is asked stands there once; what waits bears the name of whom it is about.
    assert page.text.count("localise les fuites sans creuser") == 1
    assert re.findall(r'<article.*?<h3 id="[^"]+">(.*?)</h3>', page.text, re.S) == [
        "<bdi>Atlas</bdi>"
    ]
    assert re.search(r'/demands\?lang=en" aria-current="true"', page.text)
    [form] = [
        one for one in re.findall(r"<form.*?</form>", page.text, re.S) if 'value="accept"' in one
    ]
    action, token = re.search(r'action="([^"]+)"', form), re.search(r'value="([^"]+)"', form)
    assert action
    assert token
    demand = re.search(r'name="demand" value="([^"]+)"', form)
    assert demand
    fields = {"form": token[1], "demand": demand[1]}
    said = await desk.http.post(action[1], data=fields | {"answer": "accept"})
    assert said.status_code == 303
    # Back to where it was said, which says so; also when it was said before.
    assert said.headers["location"] == f"{path}&done=accept"
    assert (
        "Thank you. Your acceptance is recorded"
        in (await desk.http.get(said.headers["location"])).text
    )
    again = await desk.http.post(action[1], data=fields | {"answer": "accept"})
    assert again.status_code == 409
    assert f'href="{path}"' in again.text
    assert [one.match_id for one in await desk.responses()] == ["d-1-Atlas"]
    assert "Nothing waits for your word." in (await desk.http.get(path)).text
    assert "waits for your word" not in (await shown(desk)).text


@pytest.mark.parametrize(
    ("demand", "leads_to"),
    [
        ("", ""),
        ("..", ""),
        ("d-1", "/demands/d-1"),
        ("a/b:c", "/demands/a%2Fb%3Ac"),
        ("//evil.example/", "/demands/%2F%2Fevil.example%2F"),
        ("https://evil.example", "/demands/https%3A%2F%2Fevil.example"),
        ("../../x?y#z", "/demands/..%2F..%2Fx%3Fy%23z"),
        ("\\evil\r\nSet-Cookie: a=b", "/demands/%5Cevil%0D%0ASet-Cookie%3A%20a%3Db"),
        ("d-1 é", "/demands/d-1%20%C3%A9"),
    ],
)
async def test_a_form_leads_nowhere_outside_of_its_own_link(
    desk: Pages, demand: str, leads_to: str
) -> None:
    link = desk.link("city", "marrakech")
    page = (await desk.http.get(f"{link}/demands/d-1?lang=en")).text
    [form] = [one for one in re.findall(r"<form.*?</form>", page, re.S) if 'value="accept"' in one]
    action, token = re.search(r'action="([^"]+)"', form), re.search(r'value="([^"]+)"', form)
    assert action
    assert token
    fields = {"form": token[1], "demand": demand, "answer": "accept"}
    said = await desk.http.post(action[1], data=fields)
    assert said.status_code == 303
    assert said.headers["location"] == f"{link}{leads_to}?lang=en&done=accept"
    assert "set-cookie" not in said.headers


async def test_one_that_is_over_keeps_its_page(desk: Pages) -> None:
    page = await shown(desk, "/d-3")
    assert page.status_code == 200
    assert "Withdrawn" in page.text
    assert "Round" not in page.text


async def test_nobody_sees_the_demands_of_others(desk: Pages) -> None:
    for path in ("/d-4", "/nothing"):
        page = await shown(desk, path)
        assert page.status_code == 404
        assert "ailleurs" not in page.text
    await desk.know("atlas")
    for path in ("/demands", "/demands/d-1"):
        page = await desk.http.get(desk.link("member", "atlas") + path)
        assert page.status_code == 404
        assert LEAKS not in page.text
    assert "/demands?" not in (await desk.http.get(desk.link("member", "atlas"))).text


@pytest.mark.parametrize(
    ("scope", "sees"), [(Scope("demand", "d-1"), True), (Scope("offer", "d-1"), False)]
)
async def test_the_contact_of_one_demand_sees_that_one(
    desk: Pages, scope: Scope, sees: bool
) -> None:
    secret = desk.settings.link_secret.get_secret_value().encode()
    link = create_inbox_link(
        *(desk.settings, secret, "city", "marrakech", datetime.now(UTC)), scope=scope
    ).removeprefix(desk.settings.public_address())
    listed = await desk.http.get(f"{link}/demands?lang=en")
    assert listed.status_code == (200 if sees else 404)
    assert (LEAKS in listed.text) == sees
    assert HIVES not in listed.text
    assert ((await desk.http.get(f"{link}/demands/d-1")).status_code == 200) == sees
    assert (await desk.http.get(f"{link}/demands/d-2")).status_code == 404


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("fr", ("Vos demandes", "1 réponse attendue de vous", "2 ont accepté")),
        ("ar", ("طلباتكم", "أمر واحد ينتظر جوابكم", "قبل اثنان")),
    ],
)
async def test_it_is_in_the_readers_language(
    desk: Pages, lang: str, words: tuple[str, ...]
) -> None:
    page = await shown(desk, "", lang)
    assert f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">' in page.text
    for one in words:
        assert one in page.text

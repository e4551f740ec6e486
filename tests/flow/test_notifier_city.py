"""An ambassador sees its city's open demands, and who keeps silent; nobody else does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.directory import Ambassador, City
from schemas.life import NeedChanged
from services.notifier.adapters.events import learn
from services.notifier.domain.messages import Scope
from services.notifier.inbox_links import create_inbox_link
from tests.flow.notifier_facts import decision, match, need, notice
from tests.flow.notifier_parts import Pages, open_pages

AGO, SOON = datetime.now(UTC) - timedelta(days=9), datetime.now(UTC) + timedelta(days=3)


def changed(demand_id: str, title: str, state: str, **of_need: Any) -> NeedChanged:
    return NeedChanged.model_validate(
        {
            "need": need(id=demand_id, title=title, **of_need),
            "state": state,
            "reach": "own",
            "policy_version": "p1",
            "version": 1,
            "changed_at": "2026-11-23T09:00:00Z",
        }
    )


def asked(demand_id: str, name: str, **changes: Any) -> Any:
    owner = {"type": "member", "id": name.lower()}
    supply = {"kind": "member", "id": name.lower(), "owner": owner, "title": name, "version": 1}
    recipient = {"kind": "member", "id": name.lower(), "name": name, "locale": "fr"}
    return match(
        match_id=f"{demand_id}-{name}",
        need=need(id=demand_id),
        supply=supply,
        recipient=recipient,
        **changes,
    )


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Pages]:
    """Marrakesh with two open demands and one that is over; Settat with one of its own."""
    async with open_pages(database_url) as pages:
        names = {"fr": "Cité de Marrakech", "ar": "مراكش", "en": "Marrakesh"}
        learn(pages.directory, City(id="marrakech", names=names, university="Cadi Ayyad"))
        await appoint(pages)
        for member in ("ambre", "bahia"):
            await pages.know(member)
        await pages.tell(
            changed("d-1", "Trouver les fuites", "proposed"),
            changed("d-2", "مراقبة الخلايا", "unmatched", language="ar"),
            changed("d-3", "Ce qui est fini", "withdrawn"),
            changed("d-4", "Ce qui est ailleurs", "open", city="settat"),
            asked("d-1", "Silencieux", proposed_at=AGO, answer_by=SOON),
            asked("d-1", "Vif", proposed_at=SOON - timedelta(days=4), answer_by=SOON),
            asked("d-1", "Charge", state="declined", decline_reason="too-busy", version=2),
        )
        yield pages


async def appoint(desk: Pages, **changes: object) -> None:
    values = {"id": "mnc/marrakech", "cluster": "mnc", "city": "marrakech", "member_id": "ambre"}
    office = {**values, "deputy_id": "bahia", "version": 1, **changes}
    learn(desk.directory, Ambassador.model_validate(office))


async def city_page(desk: Pages, member: str, lang: str = "fr") -> Any:
    return await desk.http.get(f"{desk.link('member', member)}/city?lang={lang}")


async def test_the_open_demands_of_the_city_and_who_was_asked(desk: Pages) -> None:
    page = await city_page(desk, "ambre")
    assert page.status_code == 200
    for words in ("Cité de Marrakech", "2 demandes sont ouvertes", "Trouver les fuites", "Charge"):
        assert words in page.text
    assert "A décliné" in page.text
    assert "Ce qui est fini" not in page.text
    assert "Ce qui est ailleurs" not in page.text
    silent = page.text[page.text.index('id="silent"') : page.text.index('id="open"')]
    assert "Silencieux" in silent
    assert "Vif" not in silent


async def test_who_answers_on_its_page_is_silent_no_more(desk: Pages) -> None:
    inbox = await desk.http.get(desk.link("member", "silencieux"))
    action = re.findall(r'action="([^"]+)"', inbox.text)[0]
    token = re.findall(r'name="form" value="([^"]+)"', inbox.text)[0]
    await desk.http.post(action, data={"form": token, "answer": "accept"})
    page = await city_page(desk, "ambre")
    assert 'id="silent"' not in page.text
    assert "Vient de répondre" in page.text


async def test_candidates_and_leads_lead_to_where_something_can_be_said(desk: Pages) -> None:
    candidates = decision().model_dump(mode="json")["proposed"]
    await desk.tell(
        notice("confirmation-asked", "ambassador/marrakech", match=None, candidates=candidates),
        notice("lead", "ambassador/marrakech", match=match(match_id="m-lead")),
    )
    page = await city_page(desk, "ambre", "en")
    assert "Candidates to confirm" in page.text
    assert "Initiatives for your city" in page.text
    inbox = await desk.http.get(desk.link("member", "ambre"))
    pointed = re.findall(r'href="[^"]+#(e-[0-9a-f-]+)"', page.text)
    assert len(pointed) == 2
    assert all(f'id="{one}"' in inbox.text for one in pointed)


async def test_nobody_else_sees_it_and_no_link_leads_there(desk: Pages) -> None:
    for member in ("bahia", "silencieux"):
        page = await city_page(desk, member)
        assert page.status_code == 404
        assert "Trouver les fuites" not in page.text
        inbox = await desk.http.get(desk.link("member", member))
        assert "/city?" not in inbox.text
    assert "/city?" in (await desk.http.get(desk.link("member", "ambre"))).text
    await desk.tell(notice("expired", "city/marrakech", match=None))
    city = await desk.http.get(f"{desk.link('city', 'marrakech')}/city")
    assert city.status_code == 404


async def test_the_deputy_sees_it_while_the_ambassador_is_inactive(desk: Pages) -> None:
    await desk.service.database.pool.execute(
        "UPDATE recipients SET active = false WHERE id = 'ambre'"
    )
    assert (await city_page(desk, "bahia")).status_code == 200
    assert (await city_page(desk, "ambre")).status_code == 404


async def test_who_is_appointed_by_another_cluster_does_not_see_it(desk: Pages) -> None:
    await appoint(desk, id="abroad/marrakech", cluster="abroad", member_id="carla")
    await desk.know("carla")
    assert (await city_page(desk, "carla")).status_code == 404


async def test_a_link_about_one_demand_does_not_open_it(desk: Pages) -> None:
    secret = desk.settings.link_secret.get_secret_value().encode()
    link = create_inbox_link(
        *(desk.settings, secret, "member", "ambre", datetime.now(UTC)),
        scope=Scope("demand", "d-1"),
    )
    page = await desk.http.get(f"{link.removeprefix(desk.settings.public_address())}/city")
    assert page.status_code == 404


@pytest.mark.parametrize("lang", ["fr", "ar", "en"])
async def test_it_is_in_the_readers_language(desk: Pages, lang: str) -> None:
    page = await city_page(desk, "ambre", lang)
    assert f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">' in page.text
    words = {"fr": "Demandes ouvertes", "ar": "الطلبات المفتوحة", "en": "Open requests"}
    assert words[lang] in page.text

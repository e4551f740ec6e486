"""Each form of an inbox page: what it says becomes one event, and the page says where it stands."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from schemas import response
from schemas.directory import Ambassador
from schemas.life import NeedChanged
from services.notifier.adapters.events import learn
from tests.flow.notifier_facts import decision, match, need, notice
from tests.flow.notifier_parts import Pages, open_pages

MEMBER, CITY, AMBASSADOR = ("member", "atlas-data"), ("city", "marrakech"), ("member", "ambre")
NEAREST = [
    {
        "supply_kind": "member",
        "supply_id": name,
        "owner": {"type": "member", "id": name},
        "name": name.title(),
        "rank": rank,
        "score": 0.9 - rank / 10,
    }
    for rank, name in enumerate(("atlas-data", "brise", "cedre"), 1)
]


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Pages]:
    async with open_pages(database_url) as one:
        entry = {"id": "mnc/marrakech", "cluster": "mnc", "city": "marrakech", "member_id": "ambre"}
        learn(one.directory, Ambassador.model_validate(entry))
        yield one


async def page_of(desk: Pages, whose: tuple[str, str], locale: str = "en") -> str:
    return (await desk.http.get(f"{desk.link(*whose)}?lang={locale}")).text


async def submit(
    desk: Pages, whose: tuple[str, str], answer: str, **fields: str | list[str]
) -> httpx.Response:
    """Send the form of the page of ``whose`` whose button says ``answer``."""
    page = await page_of(desk, whose)
    forms = re.findall(r"<form.*?</form>", page, re.S)
    [form, *_] = [one for one in forms if f'value="{answer}"' in one]
    action = re.search(r'action="([^"]+)"', form)
    token = re.search(r'name="form" value="([^"]+)"', form)
    assert action
    assert token
    return await desk.http.post(action[1], data={"form": token[1], "answer": answer} | fields)


async def test_a_question_goes_to_the_ambassador_without_contacts(desk: Pages) -> None:
    await desk.tell(match())
    said = await submit(desk, MEMBER, "question", text="Combien ? a@b.example 0661234567")
    assert "Your question is passed on" in (await desk.http.get(said.headers["location"])).text
    [asked] = await desk.published()
    assert isinstance(asked, response.Question)
    assert asked.text.startswith("Combien ?")
    assert "example" not in asked.text
    assert "66" not in asked.text
    await submit(desk, MEMBER, "question", text="Combien ? a@b.example 0661234567")
    assert len(await desk.published()) == 1
    assert 'value="accept"' in await page_of(desk, MEMBER)


async def test_who_accepted_can_withdraw_until_both_have(desk: Pages) -> None:
    await desk.tell(match(state="accepted", version=2))
    assert (await submit(desk, MEMBER, "withdraw", text="Sorry")).status_code == 303
    [withdrawn] = await desk.responses()
    assert (withdrawn.answer, withdrawn.text, withdrawn.match_version) == ("withdraw", "Sorry", 2)
    assert "You withdrew" in await page_of(desk, MEMBER)


async def test_the_city_answers_on_its_page_what_a_member_accepted(desk: Pages) -> None:
    await desk.tell(match(state="accepted", version=2), notice("answer-asked", "city/marrakech"))
    page = await page_of(desk, CITY)
    assert "Atlas Data</bdi> is ready to answer your request" in page
    assert "What speaks for it" in page
    await submit(desk, CITY, "decline", reason="terms")
    [declined] = await desk.responses()
    assert (declined.by.type, declined.answer, declined.reason) == ("city", "decline", "terms")
    assert 'value="accept"' not in await page_of(desk, CITY)


async def test_what_came_of_it_is_told_with_a_rating(desk: Pages) -> None:
    met = match(state="introduced", version=3)
    await desk.tell(met, notice("outcome-asked", "city/marrakech", match=met))
    assert (await submit(desk, CITY, "outcome")).status_code == 422
    assert (await submit(desk, CITY, "outcome", outcome="met", rating="4")).status_code == 303
    [told] = await desk.responses()
    assert (told.answer, told.outcome, told.rating) == ("outcome", "met", 4)
    assert "You told us what came of it" in await page_of(desk, CITY)


async def test_an_ambassador_says_what_came_of_a_lead_once(desk: Pages) -> None:
    asks = {"kind": "interest", "id": "city:marrakech", "need_kind": "interest"}
    lead = match(need=need(**asks), recipient={"kind": "city", "id": "marrakech"})
    await desk.tell(notice("lead", "ambassador/marrakech", match=lead, need=need(**asks)))
    assert 'value="accept"' not in await page_of(desk, AMBASSADOR)
    said = await submit(desk, AMBASSADOR, "outcome", outcome="contract", rating="5")
    assert said.status_code == 303
    [told] = await desk.responses()
    assert (told.need_id, told.match_id) == ("city:marrakech", lead.match_id)
    assert (told.by.id, told.outcome, told.rating) == ("ambre", "contract", 5)
    assert 'value="outcome"' not in await page_of(desk, AMBASSADOR)


async def test_a_demand_is_kept_open_longer_once(desk: Pages) -> None:
    await desk.tell(notice("expiry-near", "city/marrakech", match=None))
    assert (await submit(desk, CITY, "extend")).status_code == 303
    [extended] = await desk.published()
    assert isinstance(extended, response.Extension)
    assert extended.by.id == "marrakech"
    assert 'value="extend"' not in await page_of(desk, CITY)


def confirmation(**changes: object) -> object:
    asked = {"match": None, "candidates": NEAREST, "wave": 2}
    return notice("confirmation-asked", "ambassador/marrakech", **(asked | changes))


async def test_an_ambassador_strikes_adds_and_reorders_once(desk: Pages) -> None:
    await desk.tell(confirmation())  # type: ignore[arg-type]
    await desk.know("dune")
    assert '<option value="dune">Maison dune</option>' in await page_of(desk, AMBASSADOR)
    fields = {"strike": ["brise"], "add": "dune", "place:atlas-data": "2", "place:cedre": "1"}
    said = await submit(desk, AMBASSADOR, "confirm", **fields)  # type: ignore[arg-type]
    assert said.status_code == 303
    [confirmed] = await desk.published()
    assert isinstance(confirmed, response.Confirmation)
    assert (confirmed.wave, confirmed.by.id) == (2, "ambre")
    assert confirmed.struck == ("brise",)
    assert confirmed.added == ("dune",)
    assert confirmed.order == ("cedre", "atlas-data")
    assert 'value="confirm"' not in await page_of(desk, AMBASSADOR)


async def test_a_member_that_nobody_knows_is_not_added_in_silence(desk: Pages) -> None:
    await desk.tell(confirmation())  # type: ignore[arg-type]
    await desk.know("gone", active=False)
    for added in ("Maison dune", "gone"):
        refused = await submit(desk, AMBASSADOR, "confirm", add=added)
        assert refused.status_code == 422
        assert "not in the directory" in refused.text or "annuaire" in refused.text
    assert await desk.published() == []


async def test_a_confirmation_for_a_wave_that_is_over_is_closed(desk: Pages) -> None:
    await desk.tell(confirmation())  # type: ignore[arg-type]
    page = await page_of(desk, AMBASSADOR)
    action = re.search(r'action="([^"]+)"', page)
    token = re.search(r'name="form" value="([^"]+)"', page)
    assert action
    assert token
    changed = {
        "need": need(),
        "state": "proposed",
        "wave": 3,
        "reach": "own",
        "policy_version": "p1",
        "version": 4,
        "changed_at": "2026-11-23T09:00:00Z",
    }
    await desk.tell(NeedChanged.model_validate(changed))
    late = await desk.http.post(action[1], data={"form": token[1], "answer": "confirm"})
    assert late.status_code == 409
    assert await desk.published() == []


@pytest.mark.parametrize("locale", ["fr", "ar", "en"])
async def test_an_incomplete_form_gets_a_clear_page(desk: Pages, locale: str) -> None:
    await desk.tell(match())
    page = await page_of(desk, MEMBER, locale)
    action = re.search(r'action="([^"]+)"', page)
    token = re.search(r'name="form" value="([^"]+)"', page)
    assert action
    assert token
    reply = await desk.http.post(action[1], data={"form": token[1], "answer": "question"})
    assert reply.status_code == 422
    words = {"fr": "pas complet", "ar": "غير مكتملة", "en": "not complete"}
    assert words[locale] in reply.text
    assert 'class="back"' in reply.text
    assert await desk.published() == []


async def test_a_match_is_one_card_however_often_it_is_written_about(desk: Pages) -> None:
    await desk.tell(match(), notice("reminder", "member/atlas-data", match=match()))
    page = await page_of(desk, MEMBER)
    assert page.count("<article") == 1
    assert page.count('value="accept"') == 1
    assert "still waiting for your answer" in page
    assert "What we told you before" in page
    await submit(desk, MEMBER, "accept")
    assert "still waiting for your answer" not in await page_of(desk, MEMBER)
    ended = match(state="superseded", version=2, closed_because="enough")
    told = notice("closed", "member/atlas-data", match=ended, because="enough")
    await desk.tell(ended, told)
    page = await page_of(desk, MEMBER)
    assert "<article" not in page
    assert "has found its partners" in page


async def test_an_ambassador_reads_the_title_of_the_demand_that_says_the_same(
    desk: Pages,
) -> None:
    told = notice("duplicate", "ambassador/marrakech", match=None, text="d-9")
    await desk.tell(told)
    assert "d-9" in await page_of(desk, AMBASSADOR)
    other = {
        "need": need(id="d-9", title="Chercher l'eau perdue"),
        "state": "open",
        "reach": "own",
        "policy_version": "p1",
        "version": 1,
        "changed_at": "2026-11-23T09:00:00Z",
    }
    await desk.tell(NeedChanged.model_validate(other))
    assert "Chercher l&#39;eau perdue" in await page_of(desk, AMBASSADOR)


async def test_an_office_that_changes_hands_takes_its_open_matters_along(desk: Pages) -> None:
    await desk.tell(decision(), confirmation())  # type: ignore[arg-type]
    assert (await page_of(desk, AMBASSADOR)).count("<article") == 2
    entry = {"id": "mnc/marrakech", "cluster": "mnc", "city": "marrakech", "member_id": "basma"}
    learn(desk.directory, Ambassador.model_validate(entry | {"version": 2}))
    await desk.hand_over()
    assert (await page_of(desk, ("member", "basma"))).count("<article") == 2
    assert (await page_of(desk, AMBASSADOR)).count("<article") == 0

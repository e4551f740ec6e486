"""A question is answered on the page of the ambassador or of the city, once, without contacts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from schemas import response
from schemas.directory import Ambassador
from schemas.life import Notice
from services.notifier.adapters.events import learn
from services.notifier.adapters.live import CHANNEL, mark_of
from services.notifier.domain.messages import Party
from tests.flow.notifier_facts import match, notice
from tests.flow.notifier_parts import Pages, open_pages

MEMBER, CITY, AMBASSADOR = ("member", "atlas-data"), ("city", "marrakech"), ("member", "ambre")
ASKER = {"type": "member", "id": "atlas-data"}
ASKED: dict[str, Any] = {"question_id": "q-1", "by": ASKER, "text": "Combien de kilomètres ?"}
WORDS = "Douze. Écrivez à eau@cite.example ou au 0661234567."


def question(to: str, asked: dict[str, Any] | None = None, **more: Any) -> Notice:
    about = asked or ASKED
    told = {"match": match(), "text": about["text"], "question": about}
    name = f"n-{about['question_id']}-{to.replace('/', '-')}"
    return notice("question", to, **({"notice_id": name} | told | more))


def answered(by: dict[str, str], text: str = "Douze.") -> Notice:
    """The answer, as the matcher tells it to who asked."""
    reply = {"by": by, "text": text}
    return question("member/atlas-data", reply=reply, notice_id="n-replied")


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Pages]:
    """Atlas Data asks something about its proposal; the city and its ambassador are told."""
    async with open_pages(database_url) as one:
        entry = {"id": "mnc/marrakech", "cluster": "mnc", "city": "marrakech", "member_id": "ambre"}
        learn(one.directory, Ambassador.model_validate(entry))
        both = (question("ambassador/marrakech"), question("city/marrakech"))
        await one.tell(match(), *both)
        yield one


async def page_of(desk: Pages, whose: tuple[str, str], locale: str = "en") -> str:
    return (await desk.http.get(f"{desk.link(*whose)}?lang={locale}")).text


def form_in(page: str, asked: str = "") -> tuple[str, str]:
    """Address and token of the form that answers the question ``asked``."""
    rest = page[page.index(asked) :]
    forms = re.findall(r"<form.*?</form>", rest, re.S)
    form = next(one for one in forms if 'value="reply"' in one)
    action, token = re.search(r'action="([^"]+)"', form), re.search(r'value="([^"]+)"', form)
    assert action
    assert token
    return action[1], token[1]


async def reply(desk: Pages, form: tuple[str, str], text: str = WORDS) -> httpx.Response:
    data = {"form": form[1], "answer": "reply", "text": text}
    return await desk.http.post(form[0], data=data)


@pytest.mark.parametrize(
    ("whose", "by"),
    [
        (CITY, {"type": "city", "id": "marrakech"}),
        (AMBASSADOR, {"type": "member", "id": "ambre"}),
    ],
)
async def test_either_answers_and_the_answer_travels_without_contacts(
    desk: Pages, whose: tuple[str, str], by: dict[str, str]
) -> None:
    page = await page_of(desk, whose)
    assert ASKED["text"] in page
    assert "question is waiting for your answer" in page
    assert "Waiting for your answer" not in page
    form = form_in(page)
    said = await reply(desk, form)
    assert said.status_code == 303
    shown = (await desk.http.get(said.headers["location"])).text
    assert "Your answer goes to whoever asked" in shown
    assert "Douze. Écrivez à" in shown
    [sent] = await desk.published()
    assert isinstance(sent, response.Reply)
    assert sent.by.model_dump() == by
    assert (sent.question.question_id, sent.question.by.model_dump()) == ("q-1", ASKER)
    assert (sent.match_id, sent.need_id, sent.via) == ("m-1", "d-1", "inbox")
    kept = [row["words"] for row in await desk.said()]
    for text in (sent.text, shown, *kept):
        assert "cite.example" not in text
        assert "0661" not in text


async def test_the_first_answer_counts_whoever_gives_it_and_however_often(desk: Pages) -> None:
    forms = [form_in(await page_of(desk, whose)) for whose in (CITY, AMBASSADOR)]
    assert (await reply(desk, forms[0])).status_code == 303
    for form in forms:
        late = await reply(desk, form, "Vingt.")
        assert late.status_code == 409
    assert len(await desk.published()) == 1
    for whose in (CITY, AMBASSADOR):
        page = await page_of(desk, whose)
        assert 'value="reply"' not in page
        assert "Douze." in page


async def test_of_two_answers_at_the_same_moment_one_counts(desk: Pages) -> None:
    forms = [form_in(await page_of(desk, whose)) for whose in (CITY, AMBASSADOR)]
    said = await asyncio.gather(*(reply(desk, form) for form in forms))
    assert sorted(one.status_code for one in said) == [303, 409]
    assert len(await desk.published()) == 1


async def test_the_ambassadors_page_about_its_city_leads_to_the_question(desk: Pages) -> None:
    link = desk.link(*AMBASSADOR)
    page = (await desk.http.get(f"{link}/city?lang=en")).text
    assert "Questions to answer" in page
    assert ASKED["text"] in page
    [pointed] = re.findall(r'href="[^"]+#(e-[0-9a-f-]+)"', page)
    assert f'id="{pointed}"' in (await desk.http.get(link)).text
    await reply(desk, form_in(await page_of(desk, AMBASSADOR)))
    assert "Questions to answer" not in (await desk.http.get(f"{link}/city?lang=en")).text


async def test_who_asked_reads_the_answer_and_who_gave_it(desk: Pages) -> None:
    await desk.tell(answered({"type": "city", "id": "marrakech"}))
    page = await page_of(desk, MEMBER)
    for words in ("You asked", ASKED["text"], "médina</bdi> answered", "Douze."):
        assert words in page
    assert 'value="accept"' in page
    assert 'value="reply"' not in page
    for whose in (CITY, AMBASSADOR):
        seen = await page_of(desk, whose)
        assert "Douze." in seen
        assert 'value="reply"' not in seen


async def test_an_answer_stays_on_the_card_when_more_is_told(desk: Pages) -> None:
    await desk.tell(
        answered({"type": "member", "id": "ambre"}),
        notice("reminder", "member/atlas-data", match=match()),
    )
    page = await page_of(desk, MEMBER)
    assert "The ambassador of the city answered" in page
    assert "Douze." in page


async def test_several_questions_have_a_form_each(desk: Pages) -> None:
    more = ASKED | {"question_id": "q-2", "text": "De quel âge ?"}
    await desk.tell(question("city/marrakech", more))
    page = await page_of(desk, CITY)
    assert page.count('value="reply"') == 2
    await reply(desk, form_in(page, "De quel âge ?"), "De 1958.")
    [sent] = await desk.published()
    assert isinstance(sent, response.Reply)
    assert sent.question.question_id == "q-2"
    left = await page_of(desk, CITY)
    assert left.count('value="reply"') == 1


async def test_a_question_from_before_questions_had_names_is_answered_too(desk: Pages) -> None:
    old = notice("question", "ambassador/marrakech", match=match(match_id="m-2"), text="Où ?")
    await desk.tell(match(match_id="m-2"), old)
    assert (await reply(desk, form_in(await page_of(desk, AMBASSADOR), "Où ?"))).status_code == 303
    [sent] = await desk.published()
    assert isinstance(sent, response.Reply)
    assert (sent.question.question_id, sent.question.by.id) == (old.notice_id, "atlas-data")
    assert "Où ?" in await page_of(desk, AMBASSADOR)
    assert (await page_of(desk, AMBASSADOR)).count('value="reply"') == 1


async def test_nobody_is_answered_who_waits_no_more(desk: Pages) -> None:
    form = form_in(await page_of(desk, CITY))
    await desk.tell(match(state="declined", version=2))
    assert 'value="reply"' not in await page_of(desk, CITY)
    refused = await reply(desk, form)
    assert refused.status_code == 409
    assert await desk.published() == []


async def test_an_empty_answer_and_somebody_elses_question_are_refused(desk: Pages) -> None:
    action, token = form_in(await page_of(desk, CITY))
    assert (await reply(desk, (action, token), "  ")).status_code == 422
    link = desk.link(*MEMBER)
    member = await desk.http.get(link)
    own = re.search(r'name="form" value="([^"]+)"', member.text)
    assert own
    entry = action.rpartition("/")[2]
    assert (await reply(desk, (f"{link}/{entry}", own[1]))).status_code == 404
    assert await desk.published() == []


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("fr", ("1 question attend votre réponse.", "Envoyer la réponse", "demande</p>")),
        ("ar", ("سؤال واحد ينتظر جوابكم.", "إرسال الجواب", "سؤال من")),
    ],
)
async def test_it_is_in_the_readers_language(
    desk: Pages, locale: str, words: tuple[str, ...]
) -> None:
    for whose in (CITY, AMBASSADOR):
        page = await page_of(desk, whose, locale)
        for one in words:
            assert one in page


@pytest.mark.parametrize("here", [True, False])
async def test_an_open_page_hears_that_somebody_else_has_answered(desk: Pages, here: bool) -> None:
    party = Party("member", "ambre")
    before = await mark_of(desk.service.database, party)
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await desk.service.database.dedicated()
    try:
        await listener.add_listener(CHANNEL, lambda *told: heard.put_nowait(str(told[3])))
        if here:
            await reply(desk, form_in(await page_of(desk, CITY)))
        else:
            await desk.tell(answered({"type": "city", "id": "marrakech"}))
        async with asyncio.timeout(10):
            while "member:ambre" not in await heard.get():
                pass
    finally:
        await listener.close()
    assert await mark_of(desk.service.database, party) != before

"""From a notice on Kafka to what its reader gets: once, and contact data not before its time."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable
from email.message import EmailMessage
from typing import get_args

import pytest

from schemas.directory import Ambassador
from schemas.life import NoticeKind
from schemas.topics import DELIVERIES, MATCHES, RESPONSES, Topic
from services.runtime.settings import Settings
from tests.flow.notifier_facts import decision, match, need, notice
from tests.flow.notifier_parts import PLANTED, Desk, running_desk, until

CITYS = "rachid.planted@medina.example"
PHONES = {"member": "+212 600 11 22 33", "city": "+212 600 44 55 66"}
MINE = ("Samira Plantée", PLANTED, PHONES["member"])
THEIRS = ("Rachid Planté", CITYS, PHONES["city"])
OF_INTRODUCED = ("introduced", "outcome-asked", "outcome-reminder")
TO_OFFICE = ("question", "confirmation-asked", "asker-silent", "lead", "duplicate")


@pytest.fixture
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    async with running_desk(settings) as one:
        entry = {"id": "mnc/marrakech", "cluster": "mnc", "city": "marrakech", "member_id": "ambre"}
        await one.entry(Ambassador.model_validate(entry))
        await until(lambda: one.directory.office("mnc", "marrakech"))
        await one.contact("member", "ambre", "ambre@example.org")
        await one.contact("member", "atlas-data", MINE[1], MINE[0], MINE[2])
        await one.contact("demand", "d-1", THEIRS[1], THEIRS[0], THEIRS[2])
        yield one


def whole(letter: EmailMessage) -> str:
    """Headers and both forms of a mail, as text."""
    parts = [letter.get_body((kind,)) for kind in ("plain", "html")]
    return f"{letter.items()}" + "".join(str(one.get_content()) for one in parts if one)


def link_in(letter: EmailMessage) -> str:
    """The path of the page that a mail leads to."""
    found = re.search(r"https?://[^/]+(/inbox/\S+)", whole(letter))
    assert found
    return found[1].partition('"')[0]


async def mails(desk: Desk, count: int) -> list[EmailMessage]:
    await until(lambda: len(desk.mail.letters) >= count)
    return desk.mail.letters


async def mail_to(desk: Desk, address: str, count: int = 1) -> EmailMessage:
    """The newest mail to ``address``, once there are ``count``."""
    await until(lambda: desk.mail.recipients.count(address) >= count)
    found = [one for one in desk.mail.letters if one["To"].addresses[0].addr_spec == address]
    return found[-1]


async def test_every_kind_of_notice_is_told_once_by_page_and_mail(desk: Desk) -> None:
    accepted = match(state="accepted", version=2)
    introduced = match(match_id="m-2", state="introduced", version=3)
    for kind in get_args(NoticeKind):
        to = "ambassador/marrakech" if kind in TO_OFFICE else "city/marrakech"
        about = introduced if kind in OF_INTRODUCED else accepted
        for _ in range(2):
            await desk.notice(notice(kind, to, text="d-2", match=about))
    total = len(get_args(NoticeKind))
    await until(lambda: _finished(desk, total))
    assert {row["message"] for row in await desk.rows("deliveries")} == set(get_args(NoticeKind))
    assert len(desk.mail.letters) == len(await desk.rows("entries")) == total
    for kind, owner in (("city", "marrakech"), ("member", "ambre")):
        for locale in ("fr", "ar", "en"):
            page = await desk.http.get(f"{desk.link(kind, owner)}?lang={locale}")
            assert page.status_code == 200
            assert "%(" not in page.text


async def _finished(desk: Desk, count: int) -> bool:
    rows = await desk.rows("deliveries")
    return len(rows) == count and all(row["state"] != "waiting" for row in rows)


async def test_two_sides_accept_and_are_introduced_at_the_same_moment(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await desk.decision(decision())
    await desk.match(match())
    proposal = await mail_to(desk, PLANTED)
    await _post(desk, link_in(proposal), "accept")
    accepted = match(state="accepted", version=2)
    await desk.match(accepted)
    await desk.notice(notice("answer-asked", "city/marrakech", match=accepted))
    asked = await mail_to(desk, CITYS)
    assert "Atlas Data" in asked["Subject"]
    await _post(desk, link_in(asked), "accept")
    said = await desk.events(RESPONSES, 2)
    assert [(one.by.type, one.answer) for one in said] == [("member", "accept"), ("city", "accept")]
    note = await mail_to(desk, "ambre@example.org")
    pages = [(await desk.http.get(link_in(one))).text for one in (proposal, asked, note)]
    before = ((MATCHES, 4), (DELIVERIES, 6), (RESPONSES, 2))
    await _nowhere(desk, [whole(note), *pages], before)
    for letter, others in ((proposal, THEIRS), (asked, MINE)):
        assert not [detail for detail in others if detail in whole(letter)]
    introduced = match(state="introduced", version=3)
    await desk.match(introduced)
    for to in ("member/atlas-data", "city/marrakech"):
        await desk.notice(notice("introduced", to, match=introduced))
    for reader, other in ((PLANTED, THEIRS), (CITYS, MINE)):
        letter = await mail_to(desk, reader, 2)
        page = (await desk.http.get(link_in(letter))).text
        for text in (whole(letter), page):
            assert all(detail in text for detail in other), text
    await until(lambda: _finished(desk, 5))
    ambassadors = (await desk.http.get(link_in(note))).text
    logged = [one.getMessage() for one in caplog.records if one.name != "mail.log"]
    after = ((MATCHES, 7), (DELIVERIES, 10), (RESPONSES, 2))
    await _nowhere(desk, [ambassadors, *logged], after)


async def test_what_was_introduced_is_erased_with_its_row_in_the_vault(desk: Desk) -> None:
    introduced = match(state="introduced", version=3)
    await desk.notice(notice("introduced", "city/marrakech", match=introduced))
    page = desk.link("city", "marrakech")
    await mails(desk, 1)
    assert PLANTED in (await desk.http.get(page)).text
    await desk.admin.execute("DELETE FROM vault.contacts WHERE kind = 'member'")
    shown = (await desk.http.get(page + "?lang=en")).text
    assert PLANTED not in shown
    assert "no address that we may pass on" in shown


async def test_the_contact_of_one_demand_does_not_see_what_else_the_city_is_told(
    desk: Desk,
) -> None:
    other = match(match_id="m-2", need=need(id="d-2", title="Autre demande"), state="accepted")
    await desk.notice(notice("answer-asked", "city/marrakech"))
    [letter] = await mails(desk, 1)
    await desk.contact("city", "marrakech", "bureau@medina.example")
    for told in (
        notice("answer-asked", "city/marrakech", match=other, need=other.need, notice_id="n-2"),
        notice("declined", "city/marrakech", match=other, need=other.need, notice_id="n-3"),
    ):
        await desk.notice(told)
    office = (await mails(desk, 3))[1]
    assert office["To"].addresses[0].addr_spec == "bureau@medina.example"
    whole_city = (await desk.http.get(link_in(office))).text
    assert "Autre demande" in whole_city
    assert "Trouver les fuites" in whole_city
    scoped = (await desk.http.get(link_in(letter))).text
    assert "Trouver les fuites" in scoped
    assert "Autre demande" not in scoped
    entries = await desk.rows("entries")
    foreign = next(row["entry_id"] for row in entries if row["need_id"] == "d-2")
    token = re.search(r'name="form" value="([^"]+)"', scoped)
    assert token
    where = link_in(letter).partition("?")[0]
    reply = await desk.http.post(f"{where}/{foreign}", data={"form": token[1], "answer": "accept"})
    assert reply.status_code == 404
    assert await desk.rows("said") == []


async def test_where_a_demands_contact_is_the_citys_own_the_link_opens_all(desk: Desk) -> None:
    await desk.contact("city", "marrakech", CITYS.upper())
    other = match(match_id="m-2", need=need(id="d-2", title="Autre demande"), state="accepted")
    for told in (
        notice("answer-asked", "city/marrakech"),
        notice("answer-asked", "city/marrakech", match=other, need=other.need, notice_id="n-2"),
    ):
        await desk.notice(told)
    for letter in await mails(desk, 2):
        page = (await desk.http.get(link_in(letter))).text
        assert "Autre demande" in page
        assert "Trouver les fuites" in page


async def _post(desk: Desk, link: str, answer: str) -> None:
    page = await desk.http.get(link)
    button = page.text.index(f'value="{answer}"')
    [*_, (action, token)] = re.findall(
        r'action="([^"]+)">\s*<input type="hidden" name="form" value="([^"]+)"', page.text[:button]
    )
    reply = await desk.http.post(action, data={"form": token, "answer": answer})
    assert reply.status_code == 303


async def _nowhere(desk: Desk, texts: list[str], counts: Iterable[tuple[Topic, int]]) -> None:
    """Nothing planted is in ``texts``, in the topics (each with so many events), or in a table of
    the notifier.
    """
    kept = list(texts)
    for topic, count in counts:
        events = await desk.events(topic, count)
        assert len(events) == count
        kept += [event.model_dump_json() for event in events]
    tables = await desk.admin.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'notifier'"
    )
    for table in tables:
        kept += [json.dumps(dict(row), default=str) for row in await desk.rows(table[0])]
    planted = (*MINE, *THEIRS)
    assert not [(one, text[:200]) for text in kept for one in planted if one in text]

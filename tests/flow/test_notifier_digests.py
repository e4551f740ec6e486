"""A digest tells what is new, once, together, and under the ids that its parts have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from html import escape

import pytest

from schemas.life import Notice
from tests.flow.notifier_clock import Office, text_of
from tests.flow.notifier_facts import notice
from tests.flow.notifier_reader import ATLAS, WEDNESDAY, office_of_atlas, proposal


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with office_of_atlas(database_url) as running:
        yield running


def html_of(letter: EmailMessage) -> str:
    body = letter.get_body(("html",))
    assert body is not None
    return str(body.get_content())


async def test_each_thing_of_a_digest_has_its_own_result_under_its_own_id(office: Office) -> None:
    await office.tell(proposal(1), proposal(2))
    await office.pass_until(WEDNESDAY)
    rows = await office.store.database.pool.fetch(
        "SELECT convert_from(value, 'UTF8')::jsonb AS event FROM outbox"
        " WHERE topic = 'jisr.deliveries.v1' ORDER BY id"
    )
    mails = [row["event"] for row in rows if row["event"]["channel"] == "mail"]
    assert {one["match_id"] for one in mails} == {"m-1", "m-2"}
    assert len({one["delivery_id"] for one in mails}) == 2
    assert {(one["state"], one["attempt"]) for one in mails} == {("delivered", 1)}


async def test_what_was_answered_meanwhile_is_not_in_the_digest(office: Office) -> None:
    await office.tell(proposal(1), proposal(2), proposal(3))
    await office.tell(proposal(1, state="declined", version=2))
    await office.pass_until(WEDNESDAY)
    [digest] = office.letters()
    assert "numéro 1" not in text_of(digest)
    assert sorted(await office.states()) == ["delivered", "delivered", "failed"]


async def test_a_digest_with_nothing_new_is_not_sent(office: Office) -> None:
    await office.tell(proposal(1), proposal(2))
    for number in (1, 2):
        await office.tell(proposal(number, state="declined", version=2))
    await office.pass_until(WEDNESDAY)
    assert office.letters() == []
    assert await office.states() == ["failed", "failed"]


async def test_one_thing_alone_needs_no_digest_around_it(office: Office) -> None:
    await office.tell(proposal(1))
    await office.pass_until(WEDNESDAY)
    [letter] = office.letters()
    assert letter["Subject"].endswith(": Demande numéro 1")


async def test_a_demand_that_much_is_said_about_stands_there_once(office: Office) -> None:
    asked = proposal(1)
    await office.tell(asked, proposal(2))
    await office.tell(
        notice("reminder", "member/atlas-data", need=asked.need, match=asked, notice_id="n-1")
    )
    await office.pass_until(WEDNESDAY)
    [digest] = office.letters()
    assert text_of(digest).count("Demande numéro 1") == 1


def answered(number: int, words: str) -> Notice:
    """The city has answered what Atlas Data asked about a proposal."""
    asked = proposal(number)
    return notice(
        *("question", "member/atlas-data"),
        need=asked.need,
        match=asked,
        notice_id=f"n-{number}",
        text="Combien ?",
        question={
            "question_id": f"q-{number}",
            "by": {"type": "member", "id": "atlas-data"},
            "text": "Combien ?",
        },
        reply={"by": {"type": "city", "id": "marrakech"}, "text": words},
    )


@pytest.mark.parametrize(
    ("locale", "lead"),
    [("fr", "répond à votre question"), ("ar", "سؤالكم"), ("en", "your question")],
)
async def test_an_answer_to_a_question_is_quoted_as_it_was_written(
    office: Office, locale: str, lead: str
) -> None:
    await office.choose(ATLAS, locale=locale)
    long = "Douze kilomètres,\n\nposés <b>entre</b> 1958 & 1975. " + "Et encore davantage. " * 40
    arabic = "اثنا عشر كيلومترًا من Dn 300"
    await office.tell(answered(1, long), answered(2, arabic), proposal(3))
    await office.run()
    await office.pass_until(WEDNESDAY)
    [digest] = office.letters()
    plain, html = text_of(digest), html_of(digest)
    lines = [line.strip() for line in plain.splitlines()]
    [first] = [line for line in lines if "Douze" in line]
    [second] = [line for line in lines if "كيلومتر" in line]
    assert lead in lines[lines.index(first) - 1]
    apart = "\u2068{}\u2069".format
    quoted = first.removeprefix("> ").strip("\u2068\u2069")
    assert quoted.startswith("Douze kilomètres, posés <b>entre</b> 1958 & 1975. Et encore")
    assert quoted.endswith("Et encore…")
    assert len(quoted) <= 280
    # What runs the other way than the mail is apart from it, in both forms.
    assert first == "> " + (apart(quoted) if locale == "ar" else quoted)
    assert second == "> " + apart(arabic)
    assert f'dir="auto">{escape(quoted, quote=False)}</blockquote>' in html
    assert f'dir="auto">{arabic}</blockquote>' in html


async def test_more_than_ten_matters_are_counted(office: Office) -> None:
    await office.tell(*(proposal(number) for number in range(13)))
    await office.pass_until(WEDNESDAY)
    [digest] = office.letters()
    assert "Et 3 autres sujets sur votre page." in text_of(digest)
    assert set(await office.states()) == {"delivered"}


async def test_a_digest_that_failed_tells_the_same_under_the_same_id(office: Office) -> None:
    await office.tell(proposal(1), proposal(2))
    office.mail.replies = ["451 later"]
    await office.pass_until(WEDNESDAY)
    await office.tell(proposal(3))
    await office.pass_by(minutes=5)
    [digest] = office.letters()
    assert "numéro 3" not in text_of(digest)
    await office.pass_by(days=1)
    [next_day] = office.letters()
    assert "numéro 3" in next_day["Subject"]


async def test_a_digest_whose_worker_died_is_sent_by_another_with_the_same_id(
    office: Office,
) -> None:
    await office.tell(proposal(1), proposal(2))
    office.now = WEDNESDAY
    await office.store.database.pool.execute("UPDATE deliveries SET due_at = clock_timestamp()")
    with pytest.raises(ConnectionError):
        await office.send_and_die((await office.claim())[0])
    [first] = office.letters()
    await office.pass_by(minutes=5)
    [second] = office.letters()
    assert second["Message-ID"] == first["Message-ID"]
    assert text_of(second) == text_of(first)
    assert set(await office.states()) == {"delivered"}


async def test_what_a_digest_took_along_is_not_lost_when_its_address_is_gone(
    office: Office,
) -> None:
    await office.tell(proposal(1), proposal(2), proposal(3))
    office.mail.replies = ["451 later"]
    await office.pass_until(WEDNESDAY)
    assert await office.states() == ["gathered", "gathered", "waiting"]
    await office.erase("member", "atlas-data")
    await office.pass_by(minutes=5)
    assert await office.states() == ["undeliverable"] * 3


async def test_days_in_a_digest_are_those_of_its_readers_clock(office: Office) -> None:
    await office.choose(ATLAS, time_zone="America/Montreal", instant_score="never")
    night = "2026-12-24T02:00:00Z"
    await office.tell(proposal(1, answer_by=night), proposal(2, answer_by=night))
    await office.pass_until(WEDNESDAY + timedelta(hours=6))
    [digest] = office.letters()
    assert text_of(digest).count("23 décembre 2026") == 2
    assert "24 décembre" not in text_of(digest)

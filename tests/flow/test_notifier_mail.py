"""From a match on Kafka to a mail in a mail server: once, in the reader's language."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest

from schemas.directory import City, Niche
from schemas.topics import DELIVERIES, MATCHES
from services.runtime.settings import Settings
from tests.flow.mail_server import MailServer
from tests.flow.notifier_facts import match, need
from tests.flow.notifier_parts import PLANTED, Desk, running_desk, until

ARABIC_TITLE = "مسح ثلاثي الأبعاد لقصر قديم"
SAID = {
    "fr": ("Pourquoi vous", "Réseaux d'eau", "31 mars 2027", "Cité de l'innovation de Marrakech"),
    "ar": ("لماذا أنتم", "شبكات الماء", "31 مارس 2027", "مدينة الابتكار بمراكش"),
    "en": ("Why you", "Water networks", "31 March 2027", "Marrakesh Innovation City"),
}


@pytest.fixture
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    async with running_desk(settings) as one:
        yield one


def part(letter: EmailMessage, kind: str) -> str:
    """The text of the part ``kind`` of a mail as the standard library reads it."""
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def of_locale(locale: str, **changes: object) -> object:
    recipient = {"kind": "member", "id": "atlas-data", "name": "Atlas Data", "locale": locale}
    return match(recipient=recipient, **changes)


async def test_a_proposal_becomes_one_entry_and_one_mail_and_says_so(desk: Desk) -> None:
    await desk.contact("member", "atlas-data", PLANTED, "Samira Bennis")
    await desk.match(match())
    events = await desk.events(DELIVERIES, 2)
    assert sorted((e.channel, e.state) for e in events) == [
        ("inbox", "delivered"),
        ("mail", "delivered"),
    ]
    assert len(desk.mail.letters) == len(await desk.rows("entries")) == 1
    assert await desk.state() == "delivered"
    assert desk.mail.recipients == [PLANTED]


@pytest.mark.parametrize("locale", ["fr", "ar", "en"])
async def test_the_mail_is_in_the_readers_language_and_complete(desk: Desk, locale: str) -> None:
    names = {
        "fr": "Cité de l'innovation de Marrakech",
        "ar": "مدينة الابتكار بمراكش",
        "en": "Marrakesh Innovation City",
    }
    labels = {"fr": "Réseaux d'eau", "ar": "شبكات الماء", "en": "Water networks"}
    await desk.entry(City(id="marrakech", names=names, university="Cadi Ayyad"))
    await desk.entry(Niche(id="water-networks", labels=labels))
    await desk.contact("member", "atlas-data", PLANTED, "Samira Bennis")
    await until(lambda: desk.knows("niche", "water-networks"))
    await desk.match(of_locale(locale))  # type: ignore[arg-type]
    await until(lambda: desk.mail.letters)
    [letter] = desk.mail.letters
    plain, html = part(letter, "plain"), part(letter, "html")
    for words in (
        *SAID[locale],
        "Trouver les fuites sous la médina",
        "Écoute des conduites",
        "2023",
    ):
        assert words in plain
        assert words.replace("'", "&#39;") in html or words in html
    assert f'lang="{locale}" dir="{"rtl" if locale == "ar" else "ltr"}"' in html
    assert f"{desk.settings.public_address()}/inbox/" in plain
    assert f"{desk.settings.public_address()}/inbox/" in html
    assert "<img" not in html
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Content-Language"] == locale
    assert letter.get_content_type() == "multipart/alternative"
    assert letter["To"].addresses[0].addr_spec == PLANTED
    assert not letter.defects


async def test_text_of_another_script_is_isolated_from_the_sentence_around_it(desk: Desk) -> None:
    await desk.contact("member", "atlas-data", PLANTED)
    await desk.match(match(need=need(title=ARABIC_TITLE, language="ar")))
    await until(lambda: desk.mail.letters)
    [letter] = desk.mail.letters
    assert f"\u2068{ARABIC_TITLE}\u2069" in part(letter, "plain")
    assert f'<bdi lang="ar">{ARABIC_TITLE}</bdi>' in part(letter, "html")
    assert letter["Subject"].endswith(f"\u2068{ARABIC_TITLE}\u2069")


async def test_a_repeated_event_and_a_repeated_match_change_nothing(desk: Desk) -> None:
    await desk.contact("member", "atlas-data", PLANTED)
    for event_id in ("same", "same", "other"):
        await desk.match(match(), event_id)
    await desk.contact("member", "last", "last@example.org")
    last = {"kind": "member", "id": "last", "locale": "fr"}
    await desk.match(match(match_id="m-last", recipient=last))
    await until(lambda: {"last@example.org", PLANTED} <= set(desk.mail.recipients))
    assert sorted(desk.mail.recipients) == ["last@example.org", PLANTED]
    assert len(await desk.rows("entries")) == 2


async def test_all_mails_about_one_demand_are_one_thread(desk: Desk) -> None:
    for member in ("a", "b"):
        await desk.contact("member", member, f"{member}@example.org")
        recipient = {"kind": "member", "id": member}
        await desk.match(match(match_id=f"m-{member}", recipient=recipient))
    await until(lambda: len(desk.mail.letters) == 2)
    first, second = desk.mail.letters
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == second["References"] == first["In-Reply-To"]


async def test_nobody_is_alerted_about_its_own_item(desk: Desk) -> None:
    city = {"kind": "city", "id": "marrakech"}
    await desk.contact("city", "marrakech", "own@example.org")
    await desk.contact("member", "atlas-data", PLANTED)
    await desk.match(match(match_id="m-own", recipient=city))
    await desk.match(match())
    await until(lambda: desk.mail.letters)
    assert [row["recipient_id"] for row in await desk.rows("entries")] == ["atlas-data"]


async def test_without_an_address_the_inbox_has_it_and_the_delivery_says_why(desk: Desk) -> None:
    await desk.match(match())
    await until(lambda: _is(desk, "undeliverable"))
    [delivery] = await desk.rows("deliveries")
    assert "no e-mail address" in delivery["detail"]
    page = await desk.http.get(desk.link("member", "atlas-data"))
    assert "Trouver les fuites" in page.text


async def _is(desk: Desk, state: str) -> bool:
    return await desk.state() == state


async def test_a_mail_is_not_sent_about_what_is_no_longer_open(settings: Settings) -> None:
    mail = MailServer()
    mail.replies = ["451 later"] * 3
    async with running_desk(settings, mail) as desk:
        await desk.contact("member", "atlas-data", PLANTED)
        await desk.match(match())
        await until(lambda: len(mail.replies) < 3)
        await desk.match(match(state="superseded", version=2))
        await until(lambda: _is(desk, "failed"))
        [delivery] = await desk.rows("deliveries")
        assert "closed before" in delivery["detail"]
        assert not mail.letters


async def test_an_older_state_never_replaces_a_newer_one(desk: Desk) -> None:
    await desk.contact("member", "atlas-data", PLANTED)
    await desk.match(match(state="superseded", version=3))
    await desk.match(match(state="proposed", version=1))
    other = {"kind": "member", "id": "other"}
    await desk.match(match(match_id="m-2", recipient=other))
    await until(lambda: _entries(desk, 2))
    states = {row["match_id"]: (row["state"], row["version"]) for row in await desk.rows("entries")}
    assert states["m-1"] == ("superseded", 3)
    assert [row["match_id"] for row in await desk.rows("deliveries")] == ["m-2"]


async def _entries(desk: Desk, count: int) -> bool:
    return len(await desk.rows("entries")) == count


async def test_addresses_are_in_the_vault_and_nowhere_else(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    mail = MailServer()
    mail.rcpt_reply = "450 <{address}> is busy"
    async with running_desk(settings, mail) as desk:
        await desk.contact("member", "atlas-data", PLANTED, "Samira Bennis")
        await desk.match(match())
        await desk.events(DELIVERIES, 2)
        mail.rcpt_reply = "550 <{address}> unknown here"
        await until(lambda: _is(desk, "failed"))
        events = [*await desk.events(DELIVERIES, 3), *await desk.events(MATCHES, 1)]
        assert len(events) >= 4
        kept = [event.model_dump_json() for event in events]
        tables = await desk.admin.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'notifier'"
        )
        for table in tables:
            kept += [json.dumps(dict(row), default=str) for row in await desk.rows(table[0])]
    # "mail.log" is the test's own mail server.
    kept += [r.getMessage() for r in caplog.records if r.name != "mail.log"]
    assert not [text for text in kept if PLANTED in text or "planted" in text]

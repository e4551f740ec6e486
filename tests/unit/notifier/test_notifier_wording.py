"""What is said, in three languages, and what other people's texts cannot do to it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.adapters.letters import LetterWriter
from services.notifier.adapters.voice import HUB_ZONE, voices
from services.notifier.domain import wording
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import (
    LOCALES,
    Locale,
    Reason,
    ReasonKind,
    Recipient,
    Tried,
)
from services.notifier.domain.phrases import Phrase
from services.notifier.domain.text import FSI, PDI, direction, excerpt, isolate, one_line
from services.notifier.use_cases.ports import Claimed
from tests.unit.notifier.messages import NEED, NOTE, NOW, note, proposal

VOICES = voices()
MONTREAL = ZoneInfo("America/Montreal")
DIRECTORY = Directory()
DIRECTORY.call(
    "niche", "e-payment", {"fr": "Paiement", "ar": "الأداء", "en": "Payment"}, 1, active=True
)
LINK = "https://hub.example/inbox/token"
any_locale = pytest.mark.parametrize("locale", LOCALES)


def write(message: object, locale: Locale = "fr", name: str = "Samira") -> EmailMessage:
    """The mail about ``message`` as a reader's program parses it."""
    writer = LetterWriter(
        VOICES,
        DIRECTORY,
        "mnc",
        "Jisr <hub@jisr.example>",
        lambda *_: (LINK, NOW + timedelta(days=60)),
        lambda _: "https://hub.example/unsubscribe/token",
    )
    recipient = Recipient("member", "khlasspay", "KhlassPay", locale)
    claimed = Claimed(
        *(UUID(int=1), recipient, message, 1, NOW, 1),  # type: ignore[arg-type]
        contact_name=name,
        address="s@k.example",
    )
    letter = message_from_bytes(writer.write(claimed, NOW).as_bytes(), policy=default)
    assert isinstance(letter, EmailMessage)
    return letter


def body(letter: EmailMessage, kind: str) -> str:
    found = letter.get_body((kind,))
    assert found is not None
    return str(found.get_content())


@any_locale
def test_every_kind_of_reason_is_said(locale: Locale) -> None:
    given_reasons = {
        "terms": Reason("terms", terms=("TPE", "أداء")),
        "meaning": Reason("meaning"),
        "niche": Reason("niche", id="e-payment"),
        "portfolio": Reason("portfolio", text="Marché", year=2022),
        "city": Reason("city", id="settat"),
        "certification": Reason("certification", terms=("PCI DSS",)),
    }
    assert set(given_reasons) == set(get_args(ReasonKind))
    for kind, reason in given_reasons.items():
        [phrase] = wording.reasons([reason], DIRECTORY, locale)
        said = VOICES[locale].phrase(phrase)
        assert said
        for named in (*reason.terms, reason.text, str(reason.year or "")):
            assert (named or "") in said, kind
    [niche] = wording.reasons([given_reasons["niche"]], DIRECTORY, locale)
    assert VOICES[locale].phrase(niche).endswith(DIRECTORY.label("niche", "e-payment", locale))


@any_locale
def test_a_niche_that_the_need_does_not_name_is_said_to_be_a_guess(locale: Locale) -> None:
    named, inferred = (
        VOICES[locale].phrase(wording.reasons([reason], DIRECTORY, locale)[0])
        for reason in (
            Reason("niche", id="e-payment"),
            Reason("niche", id="e-payment", inferred=True),
        )
    )
    label = DIRECTORY.label("niche", "e-payment", locale)
    assert label in named
    assert label in inferred
    assert named != inferred
    hedge = {"fr": "Sans doute", "ar": "على الأرجح", "en": "Probably"}[locale]
    assert hedge in inferred


FIELDS = Directory()
for _niche, _parent in (("a", "b"), ("b", "c"), ("d", "b"), ("b", "c"), ("c", None)):
    _labels: dict[str, str] = {locale: f"{_niche}-{locale}" for locale in LOCALES}
    FIELDS.call("niche", _niche, _labels, 1, active=True, parent=_parent)


@any_locale
@pytest.mark.parametrize("inferred", [False, True])
@pytest.mark.parametrize(
    ("path", "common", "named"),
    [
        (("a",), "a", "a"),
        (("a", "b"), "b", "ab"),
        (("b", "a"), "b", "ab"),
        (("a", "b", "d"), "b", "abd"),
        (("a", "b", "c", "d"), "c", "acd"),
        ((), "b", "b"),
    ],
)
def test_fields_are_said_to_be_as_near_as_they_are(
    locale: Locale, inferred: bool, path: tuple[str, ...], common: str, named: str
) -> None:
    reason = Reason("niche", id=common, path=path, inferred=inferred)
    said = VOICES[locale].phrase(wording.reasons([reason], FIELDS, locale)[0])
    assert set(re.findall(r"([a-d])-..\b", said)) == set(named)
    same = {"fr": "même domaine", "ar": "المجال نفسه", "en": "same field"}[locale]
    assert (same in said) == (path == ("a",)), "no field is the same as another"
    hedge = {"fr": "Sans doute", "ar": "على الأرجح", "en": "Probably"}[locale]
    assert (hedge in said) == inferred


def test_reasons_come_weightiest_first_and_empty_ones_not_at_all() -> None:
    given_reasons = [
        Reason("meaning", weight=0.1),
        Reason("terms", weight=0.9),
        Reason("portfolio", text="Marché", weight=0.5),
        Reason("niche", weight=0.8),
        Reason("meaning", weight=0.05),
    ]
    said = wording.reasons(given_reasons, DIRECTORY, "fr")
    assert [phrase.message[:7] for phrase in said] == ["Similar", "Close i"]


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (1.0, "very strong fit"),
        (0.8, "very strong fit"),
        (0.79, "strong fit"),
        (0.0, "possible fit"),
    ],
)
def test_a_score_is_said_in_words(score: float, words: str) -> None:
    assert wording.strength(score) == Phrase(words)


@any_locale
@pytest.mark.parametrize("outcome", ["proposed", "unmatched"])
def test_a_note_says_who_how_well_and_what_to_do(locale: Locale, outcome: str) -> None:
    told = note(outcome=outcome, nearest=NOTE.proposed)
    text = body(write(told, locale), "plain")
    assert "KhlassPay" in text
    assert "70" in text
    assert text.count("•") >= 2
    assert LINK in text


@any_locale
def test_a_note_says_who_was_asked_before_and_what_became_of_it(locale: Locale) -> None:
    states = ("declined", "lapsed", "superseded", "introduced")
    who = tuple(Tried(f"Membre {state}", state) for state in states)
    refused = Tried("KhlassPay", "declined", "too-busy")
    told = note(outcome="unmatched", proposed=(), tried=(*who, refused))
    for kind in ("plain", "html"):
        text = body(write(told, locale), kind)
        assert all(one.name in text for one in (*who, refused))
    assert VOICES[locale].phrase(wording.decline_reason("too-busy")) in body(
        write(told, locale), "plain"
    )


@any_locale
def test_an_offer_that_meets_an_interest_is_told_as_one(locale: Locale) -> None:
    member = proposal().recipient.inbox
    interest = replace(NEED, kind="interest", owner=member, title="Associations de commerçants")
    supply = replace(proposal().supply, kind="offer", owner=NEED.owner, title="Huit places")
    letter = write(proposal(need=interest, supply=supply), locale)
    assert "Huit places" in letter["Subject"]
    assert "Associations de commerçants" in body(letter, "plain")


@any_locale
def test_the_html_says_its_language_and_direction(locale: Locale) -> None:
    html = body(write(proposal(), locale), "html")
    assert f'<html lang="{locale}" dir="{direction(locale)}">' in html
    assert '<bdi lang="fr">Paiement mobile</bdi>' in html


def test_dates_are_those_of_the_country() -> None:
    # Ramadan 2027: Morocco is at UTC+0, so that 23:30 UTC is still the same day.
    in_ramadan = datetime(2027, 2, 28, 23, 30, tzinfo=UTC)
    outside = datetime(2027, 7, 31, 23, 30, tzinfo=UTC)
    assert [VOICES[one].day(in_ramadan) for one in LOCALES] == [
        "28 février 2027",
        "28 فبراير 2027",
        "28 February 2027",
    ]
    assert [VOICES[one].day(outside) for one in LOCALES] == [
        "1er août 2027",
        "1 غشت 2027",
        "1 August 2027",
    ]


def test_days_are_those_of_the_readers_own_clock() -> None:
    late = datetime(2027, 7, 31, 23, 30, tzinfo=UTC)
    assert VOICES["en"].day(late, MONTREAL) == "31 July 2027"
    said = Phrase("We wait for your answer until %(day)s.", {"day": late})
    assert VOICES["en"].phrase(said, MONTREAL) == "We wait for your answer until 31 July 2027."
    assert VOICES["en"].phrase_html(said, MONTREAL) == VOICES["en"].phrase(said, MONTREAL)
    rendered = VOICES["fr"].html.from_string("{{ late|day }} / {{ said|say }}")
    assert rendered.render(late=late, said=said, zone=MONTREAL).count("31 juillet 2027") == 2
    assert rendered.render(late=late, said=said).count("1er août 2027") == 2


@pytest.mark.parametrize("written", ["2027-03-31T22:59:00+00:00", "2027-03-31T00:00:00+00:00"])
def test_a_deadline_that_is_a_day_is_that_day_for_everybody(written: str) -> None:
    deadline = datetime.fromisoformat(written)
    for zone in (MONTREAL, ZoneInfo("Asia/Tokyo"), ZoneInfo("Africa/Casablanca")):
        assert VOICES["fr"].deadline(deadline, zone) == "31 mars 2027"


def test_a_deadline_at_an_hour_says_whose_clock_it_is() -> None:
    deadline = datetime(2027, 4, 30, 16, 0, tzinfo=UTC)
    said = {one: VOICES[one].deadline(deadline, MONTREAL) for one in LOCALES}
    # CLDR names a zone by the city that stands for it today.
    assert said == {
        "fr": "30 avril 2027, 12:00 (Toronto)",
        "ar": "30 أبريل 2027، 12:00 (تورونتو)",
        "en": "30 April 2027, 12:00 (Toronto)",
    }
    assert VOICES["en"].deadline(deadline) == "30 April 2027, 17:00 (Casablanca)"


def test_a_deadline_of_a_day_in_ramadan_is_never_the_day_before() -> None:
    """Systems write +01:00 all year; in 2027 the clock is at UTC from 7 February to 14 March."""
    first = datetime.fromisoformat("2027-02-20T00:00:00+01:00").astimezone(UTC)
    last = datetime.fromisoformat("2027-02-20T23:59:00+01:00").astimezone(UTC)
    for zone in (HUB_ZONE, MONTREAL):
        assert VOICES["fr"].deadline(first, zone) == "20 février 2027"
    assert VOICES["fr"].deadline(last) == "20 février 2027, 22:59 (Casablanca)"
    assert VOICES["en"].deadline(last) == "20 February 2027, 22:59 (Casablanca)"
    assert VOICES["fr"].deadline(last, MONTREAL) == "20 février 2027, 17:59 (Toronto)"


def test_only_what_runs_the_other_way_is_isolated() -> None:
    assert isolate("Atlas Data", "fr") == "Atlas Data"
    assert isolate("أطلس", "ar") == "أطلس"
    assert isolate("أطلس", "fr") == f"{FSI}أطلس{PDI}"
    assert isolate("Atlas", "ar") == f"{FSI}Atlas{PDI}"
    assert isolate("2027", "ar") == "2027"
    assert isolate("+212 5 24 44", "ar") == f"{FSI}+212 5 24 44{PDI}", "else 44 24 5 212+"
    assert isolate("+212 5 24 44", "fr") == "+212 5 24 44"


@given(st.text(max_size=400), st.integers(10, 200))
def test_an_excerpt_is_one_short_line(text: str, limit: int) -> None:
    cut = excerpt(text, limit)
    assert len(cut) <= limit
    assert len(cut.splitlines()) <= 1


@given(st.text())
def test_one_line_leaves_nothing_that_ends_a_line_or_turns_the_text(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x1f\x7f]", line)
    assert one_line(line) == line


evil = st.text() | st.sampled_from(
    [
        "Titre\r\nBcc: everybody@example.org",
        "Titre\nContent-Type: text/html\n\n<b>x</b>",
        "a\u2028X-Evil: 1",
        "a\x85X-Evil: 1",
        "a\x0bX-Evil: 1\x1cY: 2",
        '"><script>',
        "%(name)s %s %d {{ 7*7 }}",
        "\u202egnp.exe",
        "=?utf-8?q?=0ABcc:_x@y.example?=",
        "=\u202e?utf-8?q?=0ABcc:_x@y.example?=",
        "=??Q?=0A0",
        "x" * 300,
        "a <b@c.example>, d@e.example",
    ]
)


@settings(max_examples=60, deadline=None)
@given(evil.filter(lambda text: text.strip() != ""), evil)
def test_no_title_and_no_name_can_add_a_header_or_an_addressee(title: str, name: str) -> None:
    plain_headers = write(proposal()).keys()
    letter = write(proposal(need=replace(NEED, title=title, structure=title)), "ar", name)
    assert letter.keys() == plain_headers
    assert [one.addr_spec for one in letter["To"].addresses] == ["s@k.example"]
    assert letter.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in letter.iter_parts()] == ["text/plain", "text/html"]
    assert "<script" not in body(letter, "html")
    assert "49" not in letter["Subject"] or "49" in title


def test_the_first_of_a_month_is_said_as_french_says_it() -> None:
    first, eleventh = (datetime(2026, 12, day, 12, tzinfo=UTC) for day in (1, 11))
    assert VOICES["fr"].day(first) == "1er décembre 2026"
    assert VOICES["fr"].day(eleventh) == "11 décembre 2026"
    assert VOICES["en"].day(first) == "1 December 2026"
    assert VOICES["ar"].day(first) == "1 دجنبر 2026"
    assert VOICES["fr"].deadline(first).startswith("1er décembre 2026, 13:00")

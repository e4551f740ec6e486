"""What each kind of notice says, to each of its readers, in three languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest

from services.notifier.adapters.views import NoticeView, Reading, view
from services.notifier.adapters.voice import voices
from services.notifier.domain.close_wording import CLOSE_REASONS
from services.notifier.domain.directory import Directory
from services.notifier.domain.introductions import VaultCard
from services.notifier.domain.messages import (
    LOCALES,
    Addressee,
    Candidate,
    CloseReason,
    Locale,
    Notice,
    NoticeKind,
    Party,
    Reason,
    Recipient,
    Side,
    Supply,
)
from services.notifier.domain.notice_wording import words_of
from services.notifier.domain.standing import NeedState, Standing
from tests.unit.notifier.messages import (
    ADDRESSED,
    CITY,
    MEMBER,
    NEED,
    PROPOSAL,
    TO_CITY,
    TO_MEMBER,
    notice,
    proposal,
)

VOICES = voices()
DIRECTORY = Directory()
DIRECTORY.call("city", "settat", {"fr": "Cité de Settat", "ar": "مدينة سطات"}, 1, active=True)
DAY = datetime(2027, 3, 12, 12, tzinfo=UTC)
SAID_DAY = {"fr": "12 mars 2027", "ar": "12 مارس 2027", "en": "12 March 2027"}
any_locale = pytest.mark.parametrize("locale", LOCALES)
told_to = [(kind, to) for kind, all_of in ADDRESSED.items() for to in all_of]
any_notice = pytest.mark.parametrize(("kind", "to"), told_to)


def shown(
    told: Notice, locale: Locale = "en", standing: Standing | None = None, **cards: VaultCard
) -> NoticeView:
    reader = Recipient(told.to.kind, told.to.id).inbox
    if told.to.kind == "ambassador":
        reader = Party("member", "chaouia-conseil")
    given = {tuple(place.split("_", 1)): card for place, card in cards.items()}
    reading = Reading(told, standing or Standing(told.match), reader, given)  # type: ignore[arg-type]
    seen = view(reading, DIRECTORY, locale)
    assert isinstance(seen, NoticeView)
    return seen


def said(told: Notice, locale: Locale = "en") -> str:
    """Subject, lead and all sentences of ``told`` as a mail says them."""
    seen, voice = shown(told, locale), VOICES[locale]
    return "\n".join(map(voice.phrase, (seen.subject, seen.lead, *seen.further)))


def test_every_kind_has_its_readers() -> None:
    assert set(ADDRESSED) == set(get_args(NoticeKind))


@any_locale
@any_notice
def test_every_notice_says_what_it_is_about_and_leaves_nothing_open(
    kind: NoticeKind, to: Addressee, locale: Locale
) -> None:
    told = notice(kind, to, until=DAY, because="enough", reason="terms", text="d-2")
    text = said(told, locale)
    subject = text.partition("\n")[0]
    assert NEED.title in subject or PROPOSAL.supply.title in subject
    assert "%(" not in text
    assert len(text.splitlines()) >= 2
    html = VOICES[locale].phrase_html(shown(told, locale).lead)
    assert "%(" not in html


@any_locale
def test_each_side_is_told_the_name_of_the_other(locale: Locale) -> None:
    to_city = said(notice("answer-asked", TO_CITY), locale)
    to_member = said(notice("outcome-asked", TO_MEMBER), locale)
    assert "KhlassPay" in to_city
    assert DIRECTORY.label("city", "settat", locale) in to_member
    structure = proposal(need=replace(NEED, structure="Régie de la médina"))
    assert "Régie de la médina" in said(notice("outcome-asked", TO_MEMBER, match=structure), locale)


@any_locale
@pytest.mark.parametrize("kind", ["answer-asked", "reminder", "expiry-near", "confirmation-asked"])
def test_what_has_an_end_names_its_day(kind: NoticeKind, locale: Locale) -> None:
    assert SAID_DAY[locale] in said(notice(kind, until=DAY), locale)
    assert SAID_DAY[locale] not in said(notice(kind), locale)


@any_locale
def test_a_decline_carries_its_reason_in_general_form(locale: Locale) -> None:
    words = {"fr": "pas le temps", "ar": "وقتنا", "en": "no time"}[locale]
    assert words in said(notice("declined", reason="too-busy"), locale)
    assert words not in said(notice("declined"), locale)


@any_locale
@pytest.mark.parametrize("side", get_args(Side))
@pytest.mark.parametrize("because", [*get_args(CloseReason), None])
def test_every_reason_to_close_is_said_to_either_side(
    because: CloseReason | None, side: Side, locale: Locale
) -> None:
    told = notice("closed", because=because)
    lead = words_of(told, side).lead
    assert (VOICES[locale].translations.ugettext(lead) == lead) == (locale == "en")
    assert set(CLOSE_REASONS) == set(get_args(CloseReason))


def test_who_accepted_and_was_left_waiting_is_never_told_that_it_was_silent() -> None:
    member = replace(NEED, kind="interest", owner=MEMBER, city=None)
    offer = Supply("offer", "o-1", CITY, "Huit places")
    interest = proposal(need=member, supply=offer)
    for match in (PROPOSAL, interest):
        text = said(notice("closed", TO_MEMBER, because="asker-silent", match=match))
        assert "You did not answer" not in text
        assert "did not answer in time" in text


def test_an_ambassador_reads_who_accepted_and_was_left_waiting() -> None:
    assert "KhlassPay had accepted" in said(notice("asker-silent"))
    member = replace(NEED, kind="interest", owner=MEMBER, city=None)
    interest = proposal(need=member, supply=Supply("offer", "o-1", CITY, "Huit places"))
    waiting = notice("asker-silent", match=interest, need=member)
    assert "KhlassPay had accepted" in said(waiting)
    assert shown(waiting).about.title == "Huit places"


def test_a_second_reminder_says_that_the_other_side_waits() -> None:
    assert "KhlassPay has accepted" in said(
        notice("reminder", TO_CITY, match=proposal(state="accepted"))
    )
    assert "KhlassPay has accepted" not in said(notice("reminder"))


def test_an_ambassador_reads_who_asks_and_what() -> None:
    seen = shown(notice("question", text="Combien de coopératives ?"))
    assert seen.quote == "Combien de coopératives ?"
    assert "KhlassPay asks" in VOICES["en"].phrase(seen.lead)


def test_an_offer_is_shown_to_the_member_that_waits_for_it() -> None:
    member = replace(NEED, kind="interest", owner=MEMBER, city=None)
    offer = Supply("offer", "o-1", CITY, "Huit places")
    match = proposal(need=member, supply=offer, waiting=3)
    seen = shown(notice("waiting", TO_MEMBER, match=match, need=member))
    assert seen.about.title == "Huit places"
    assert any("3" in VOICES["en"].phrase(sentence) for sentence in seen.further)


def test_who_must_say_yes_or_no_reads_what_speaks_for_it() -> None:
    reasoned = proposal(reasons=(Reason("terms", terms=("paiement",), weight=0.5),))
    assert shown(notice("answer-asked", match=reasoned)).reasons
    assert not shown(notice("declined", match=reasoned)).reasons


def test_the_candidates_to_confirm_are_all_shown() -> None:
    candidates = (Candidate("A", 1, 0.9, (), "a"), Candidate("B", 2, 0.4, (), "b"))
    seen = shown(notice("confirmation-asked", candidates=candidates))
    assert [(one.id, one.rank) for one in seen.candidates] == [("a", 1), ("b", 2)]


CARD = VaultCard("Samira Bennis", "samira@k.example", "+212600000000", "office@k.example")


@pytest.mark.parametrize("kind", get_args(NoticeKind))
@pytest.mark.parametrize("state", ["proposed", "accepted", "declined", "superseded", "introduced"])
def test_contact_data_is_shown_by_an_introduction_alone(kind: NoticeKind, state: str) -> None:
    match = proposal(state=state)
    seen = shown(notice(kind, match=match), member_khlasspay=CARD, city_settat=CARD)
    is_introduction = kind == "introduced" and state == "introduced"
    assert (seen.contact is not None) == is_introduction
    assert "samira" not in repr(seen)


@pytest.mark.parametrize(
    ("crosses", "consents", "across", "email", "name"),
    [
        (False, False, "contact", "samira@k.example", "Samira Bennis"),
        (False, True, "organisation", "samira@k.example", "Samira Bennis"),
        (True, True, "contact", "samira@k.example", "Samira Bennis"),
        (True, False, "contact", "office@k.example", ""),
        (True, True, "organisation", "office@k.example", ""),
    ],
)
def test_abroad_a_member_that_did_not_consent_or_may_not_is_named_as_an_organisation(
    crosses: bool, consents: bool, across: str, email: str, name: str
) -> None:
    match = proposal(state="introduced", crosses_border=crosses, across_border=across)
    standing = Standing(match, consents=frozenset({"khlasspay"}) if consents else frozenset())
    seen = shown(notice("introduced", match=match), "en", standing, member_khlasspay=CARD)
    assert seen.contact
    assert (seen.contact.email, seen.contact.name) == (email, name)
    assert (seen.contact.phone == "") == (name == "")


def test_a_demands_own_contact_goes_before_the_citys() -> None:
    match = proposal(state="introduced")
    told = notice("introduced", TO_MEMBER, match=match)
    own = VaultCard("Rachid", "rachid@settat.example")
    of_city = VaultCard("Bureau", "bureau@settat.example")
    seen = shown(told, "en", None, **{"demand_d-1": own, "city_settat": of_city})
    assert seen.contact
    assert seen.contact.email == "rachid@settat.example"
    without = shown(told, "en", None, city_settat=of_city)
    assert without.contact
    assert without.contact.email == "bureau@settat.example"
    nobody = shown(told)
    assert nobody.contact
    assert nobody.contact.kind == "none"


@any_locale
def test_an_introduction_without_an_address_promises_none(locale: Locale) -> None:
    met = replace(PROPOSAL, state="introduced")
    told = notice("introduced", TO_CITY, match=met)
    seen = shown(told, locale)
    assert seen.contact is not None
    assert seen.contact.kind == "none"
    assert seen.lead.message == "Both sides have accepted."
    assert seen.further == []
    reached = shown(told, locale, member_khlasspay=VaultCard("A. B.", "a@member.example"))
    assert "whom to talk to" in reached.lead.message
    assert len(reached.further) == 2


@any_locale
def test_a_lead_names_the_initiative_and_what_speaks_for_it(locale: Locale) -> None:
    DIRECTORY.call("committee", "eau", {"fr": "Commission Eau"}, 1, active=True)
    DIRECTORY.call("niche", "water", {"fr": "Eau", "ar": "الماء", "en": "Water"}, 1, active=True)
    workshop = Supply(
        *("offer", "o-1", Party("committee", "eau"), "Atelier ouvert"),
        summary="Deux jours de mesures.",
        description="On apporte ses relevés.",
        language="fr",
        niches=("water",),
    )
    reasons = (Reason("terms", ("paiement",), weight=1.0),)
    match = replace(PROPOSAL, supply=workshop, reasons=reasons)
    seen = shown(notice("lead", match=match), locale)
    assert (seen.about.title, seen.about.city) == ("Atelier ouvert", "Commission Eau")
    assert [one.message for one in seen.reasons] == ["Words in common: %(terms)s"]
    assert seen.further[0].message == "It may answer this: %(title)s"
    about = seen.about
    assert (about.language, about.summary) == ("fr", "Deux jours de mesures.")
    assert about.description == "On apporte ses relevés."
    water = {"fr": "Eau", "ar": "الماء", "en": "Water"}[locale]
    assert about.topics is not None
    assert about.topics.values["niches"] == (water,)
    axes = replace(NEED, kind="interest", need_kind="interest", id="city:settat", title="Eau, x")
    both = replace(axes, need_kind="technology", niches=("water",))
    of_both = shown(notice("lead", need=both, match=replace(match, need=both)), locale)
    assert [one.message for one in of_both.further[:2]] == [
        "It may answer this: %(title)s",
        "It matches the city's priorities: %(axes)s",
    ]
    assert of_both.further[1].values["axes"] == (water,)
    told = notice("lead", need=axes, match=replace(match, need=axes))
    assert "Eau, x" in said(told, locale)  # as a lead was told before it named its axes
    axes = replace(axes, niches=("water",))
    told = notice("lead", need=axes, match=replace(match, need=axes))
    voice = VOICES[locale]
    assert shown(told, locale).about.title == "Atelier ouvert"
    assert voice.phrase(shown(told, locale).further[0]).startswith(
        {
            "fr": "Elle correspond aux axes de la cité\u00a0: ",
            "ar": "تتوافق مع محاور المدينة: ",
            "en": "It matches the city's priorities: ",
        }[locale]
        + water
    )


def test_nobody_is_said_to_be_looked_for_once_the_need_is_settled() -> None:
    told = notice("declined", TO_CITY, match=replace(PROPOSAL, state="declined"))
    go_on = "You need do nothing: we go on looking while your request is open."
    for state, is_said in (("proposed", True), ("introduced", False), ("fulfilled", False)):
        standing = Standing(told.match, NeedState(state))
        messages = [one.message for one in shown(told, standing=standing).further]
        assert (go_on in messages) is is_said


def test_a_page_does_not_speak_of_itself() -> None:
    told = notice("confirmation-asked", until=DAY)
    reader = Party("member", "chaouia-conseil")
    [only] = view(Reading(told, Standing(), reader, {}, on_page=True), DIRECTORY, "en").further  # type: ignore[union-attr]
    assert only.message.startswith("Without a word from you")
    assert len(shown(told).further) == 2


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (datetime(2027, 10, 15, tzinfo=UTC), "in 11 months"),
        (datetime(2028, 4, 23, tzinfo=UTC), "in 17 months"),
        (datetime(2028, 11, 23, tzinfo=UTC), "in 2 years"),
        (datetime(2026, 12, 14, tzinfo=UTC), "in 3 weeks"),
        (datetime(2026, 12, 2, tzinfo=UTC), "in 9 days"),
    ],
)
def test_how_far_a_day_is_away_is_not_rounded_up_to_a_unit(until: datetime, words: str) -> None:
    assert VOICES["en"].remaining(until, datetime(2026, 11, 23, tzinfo=UTC)) == words

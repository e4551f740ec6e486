"""Who is told what, by which channel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.notifier.domain.choices import preferences_of, read
from services.notifier.domain.directory import Directory, Office
from services.notifier.domain.messages import (
    Addressee,
    AskedQuestion,
    Message,
    Party,
    Recipient,
    Reply,
    Supply,
)
from services.notifier.domain.preferences import SILENT, Preferences
from services.notifier.domain.routing import NO_AMBASSADOR, in_office, route
from services.notifier.use_cases.addressing import Addressing
from services.notifier.use_cases.ports import Known
from tests.unit.notifier.messages import (
    ADDRESSED,
    AT_ONCE,
    CITY,
    MEMBER,
    NEED,
    NOTE,
    NOW,
    PROPOSAL,
    note,
    notice,
    proposal,
)

BOTH = preferences_of(read(AT_ONCE))
INBOX_ONLY = preferences_of(read(SILENT))
AMBASSADOR = Recipient("ambassador", "khlasspay")


def channels(message: Message, recipient: Recipient, chosen: Preferences) -> list[str]:
    return [planned.channel for planned in route(message, recipient, chosen, NOW)]


def test_a_proposal_goes_to_the_inbox_and_by_mail() -> None:
    assert channels(PROPOSAL, PROPOSAL.recipient, BOTH) == ["inbox", "mail"]


def test_who_wants_no_mail_still_has_the_inbox() -> None:
    assert channels(PROPOSAL, PROPOSAL.recipient, INBOX_ONLY) == ["inbox"]


@pytest.mark.parametrize("state", ["accepted", "declined", "lapsed", "superseded", "introduced"])
def test_later_states_change_the_entry_without_a_mail(state: str) -> None:
    later = proposal(state=state)
    assert channels(later, later.recipient, BOTH) == ["inbox"]


def test_an_asker_is_not_alerted_about_its_own_demand() -> None:
    own = proposal(recipient=Recipient("city", "settat"))
    assert channels(own, own.recipient, BOTH) == []


def test_a_member_hears_of_an_offer_that_meets_its_interest_but_not_of_its_own() -> None:
    interest = replace(NEED, kind="interest", owner=MEMBER)
    offer = Supply("offer", "o-1", Party("city", "oujda"), "Huit places")
    theirs = proposal(need=interest, supply=offer)
    assert theirs.is_offer
    assert channels(theirs, theirs.recipient, BOTH) == ["inbox", "mail"]
    own = proposal(need=interest, supply=replace(offer, owner=MEMBER))
    assert channels(own, own.recipient, BOTH) == []


def test_the_same_thing_has_the_same_ids_whatever_its_state_and_version() -> None:
    first = route(PROPOSAL, PROPOSAL.recipient, BOTH, NOW)
    again = proposal(version=7, score=0.9)
    assert first == route(again, again.recipient, BOTH, NOW)
    assert len({planned.delivery_id for planned in first}) == 2
    assert len({planned.entry_id for planned in first}) == 1


def test_another_recipient_wave_or_version_is_another_thing() -> None:
    told: list[tuple[Message, Recipient]] = [
        (PROPOSAL, PROPOSAL.recipient),
        (PROPOSAL, Recipient("member", "other")),
        (NOTE, AMBASSADOR),
        (note(wave=2), AMBASSADOR),
        (note(need=replace(NEED, version=2)), AMBASSADOR),
        (note(outcome="unmatched"), AMBASSADOR),
    ]
    ids = [p.delivery_id for m, r in told for p in route(m, r, BOTH, NOW)]
    assert len(set(ids)) == len(ids) == 12


def test_a_note_stands_in_the_inbox_of_the_member_who_is_ambassador() -> None:
    inbox, mail = route(NOTE, AMBASSADOR, BOTH, NOW)
    assert inbox.recipient.inbox == MEMBER
    assert mail.recipient.kind == "ambassador"


def test_a_note_for_a_vacant_office_is_undeliverable_and_says_why() -> None:
    [planned] = route(NOTE, None, BOTH, NOW)
    assert planned.undeliverable == NO_AMBASSADOR
    assert planned.entry_id is None


def test_a_decision_that_proposed_nobody_new_is_no_news() -> None:
    assert route(note(proposed=()), AMBASSADOR, BOTH, NOW) == []
    assert len(route(note(proposed=(), outcome="unmatched"), AMBASSADOR, BOTH, NOW)) == 2


def test_the_deputy_stands_in_for_an_inactive_ambassador() -> None:
    office = Office("first", "second")
    assert in_office(office, set()) == "first"
    assert in_office(office, {"first"}) == "second"
    assert in_office(office, {"first", "second"}) is None
    assert in_office(None, set()) is None


def test_the_directory_keeps_the_newest_version_and_falls_back_to_what_it_has() -> None:
    directory = Directory()
    directory.call("city", "fes", {"fr": "Fès", "ar": "فاس"}, 2, active=True)
    directory.call("city", "fes", {"fr": "Vieux Fès"}, 1, active=True)
    assert directory.label("city", "fes", "ar") == "فاس"
    assert directory.label("city", "fes", "en") == "Fès"
    assert directory.label("city", "unknown", "fr") == "unknown"
    directory.appoint("mnc", "fes", Office("a"), 1, active=True)
    directory.appoint("mnc", "fes", Office("a"), 2, active=False)
    directory.appoint("mnc", "fes", Office("b"), 1, active=True)
    assert directory.office("mnc", "fes") is None


def test_a_notice_is_told_by_both_channels_unless_mail_is_not_wanted() -> None:
    told = notice("declined")
    city = Recipient("city", "settat")
    assert channels(told, city, BOTH) == ["inbox", "mail"]
    assert channels(told, city, INBOX_ONLY) == ["inbox"]
    vacant = notice("question")
    [planned] = route(vacant, None, BOTH, NOW)
    assert (planned.undeliverable, planned.recipient.id) == (NO_AMBASSADOR, "settat")


def test_what_is_for_an_office_is_one_entry_whoever_holds_it() -> None:
    for told in (NOTE, notice("question")):
        first, second = (
            route(told, Recipient("ambassador", member), BOTH, NOW, "mnc/settat")
            for member in ("first", "second")
        )
        assert first[0].entry_id == second[0].entry_id
        assert {one.office for one in (*first, *second)} == {"mnc/settat"}
        assert first[1].delivery_id != second[1].delivery_id


def test_every_notice_of_every_kind_is_a_thing_of_its_own() -> None:
    told = [notice(kind, to) for kind, readers in ADDRESSED.items() for to in readers]
    ids = {
        planned.entry_id
        for one in told
        for planned in route(one, Recipient(one.to.kind, one.to.id), BOTH, NOW)
    }
    assert len(ids) == len(told)


def known(name: str, locale: str = "fr", *, active: bool = True) -> Known:
    return Known(name, locale, BOTH, active, 1)  # type: ignore[arg-type]


def test_a_city_is_written_to_in_the_language_of_its_own_demand() -> None:
    addressing = Addressing(Directory(), "mnc")
    arabic = replace(NEED, language="ar-MA")
    told = notice("expired", need=arabic)
    assert addressing.concerned([told]) == {CITY}
    assert addressing.recipient(told, {CITY: known("Settat")}) == Recipient(
        "city", "settat", "Settat", "ar"
    )
    elsewhere = replace(arabic, owner=Party("city", "oujda"), language="de")
    about_it = notice("declined", need=elsewhere)
    city = addressing.recipient(about_it, {CITY: known("Settat", "en")})
    assert city == Recipient("city", "settat", "Settat", "en")


def test_a_member_is_written_to_as_it_is_known() -> None:
    addressing = Addressing(Directory(), "mnc")
    told = notice("closed", match=None)
    member = addressing.recipient(told, {MEMBER: known("KhlassPay", "ar")})
    assert member == Recipient("member", "khlasspay", "KhlassPay", "ar")
    assert addressing.recipient(told, {}) == Recipient("member", "khlasspay")


def test_an_ambassador_is_found_by_the_cluster_that_the_notice_names() -> None:
    directory = Directory()
    directory.appoint("mnc", "settat", Office("ours"), 1, active=True)
    directory.appoint("agritech", "settat", Office("theirs", "deputy"), 1, active=True)
    addressing = Addressing(directory, "mnc")
    to = {cluster: Addressee("ambassador", "settat", cluster) for cluster in ("agritech", "bio")}
    asked = notice("question", to["agritech"])
    gone = {Party("member", "theirs"): known("Theirs", active=False)}
    found = addressing.recipient(asked, gone)
    assert found
    assert (found.kind, found.id) == ("ambassador", "deputy")
    assert addressing.recipient(notice("question", to["bio"]), {}) is None
    hubs = addressing.recipient(notice("question", Addressee("ambassador", "settat")), {})
    assert hubs
    assert hubs.id == "ours"


def test_a_niche_is_found_below_its_root_whatever_the_order_and_however_it_was_told() -> None:
    directory = Directory()

    def niche(name: str, parent: str | None = None, version: int = 1) -> None:
        directory.call("niche", name, {"fr": name}, version, active=True, parent=parent)

    niche("sensors", "networks")
    assert directory.root("sensors") == "sensors", "what it stands below was never told"
    niche("networks", "water")
    niche("water")
    assert [directory.root(one) for one in ("sensors", "networks", "water")] == ["water"] * 3
    niche("sensors", version=2)
    assert directory.root("sensors") == "sensors"
    niche("water", "networks", version=2)
    assert directory.root("networks") in ("networks", "water"), "a circle has an end"


def test_an_ambassador_is_not_told_of_the_question_that_it_asked_itself() -> None:
    to = Addressee("ambassador", "settat", "mnc")
    own = AskedQuestion("q-1", Party("member", "khlasspay"), "Combien ?")
    asked = replace(notice("question"), to=to, question=own)
    assert channels(asked, AMBASSADOR, BOTH) == []
    of_another = replace(asked, question=replace(own, by=CITY))
    assert channels(of_another, AMBASSADOR, BOTH) == ["inbox", "mail"]
    # Its answer is for whoever asked, the ambassador too.
    answered = replace(asked, to=Addressee("member", "khlasspay"), reply=Reply(CITY, "Douze."))
    assert channels(answered, Recipient("member", "khlasspay"), BOTH) == ["inbox", "mail"]

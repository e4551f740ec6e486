"""Who is told what, by which channel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.notifier.domain.directory import Directory, Office
from services.notifier.domain.messages import Party, Preferences, Recipient, Supply
from services.notifier.domain.routing import NO_AMBASSADOR, in_office, route
from tests.unit.notifier.messages import MEMBER, NEED, NOTE, NOW, PROPOSAL, note, proposal

BOTH = Preferences()
INBOX_ONLY = Preferences(frozenset({"inbox"}))
AMBASSADOR = Recipient("ambassador", "khlasspay")


def channels(*given: object) -> list[str]:
    return [planned.channel for planned in route(*given, NOW)]  # type: ignore[arg-type]


def test_a_proposal_goes_to_the_inbox_and_by_mail() -> None:
    assert channels(PROPOSAL, PROPOSAL.recipient, BOTH) == ["inbox", "mail"]


def test_who_wants_no_mail_still_has_the_inbox() -> None:
    assert channels(PROPOSAL, PROPOSAL.recipient, INBOX_ONLY) == ["inbox"]
    assert channels(PROPOSAL, PROPOSAL.recipient, Preferences(frozenset())) == ["inbox"]


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
    told = [
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

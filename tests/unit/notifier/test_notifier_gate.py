"""What may go when: never at night, never more than wanted, together where that is wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.concerns import CONCERNS
from services.notifier.domain.gate import (
    LEFT_TO_ANSWER,
    MUTED,
    SWITCHED_OFF,
    TOO_LOW,
    Drop,
    Gather,
    Go,
    Passage,
    Push,
    Today,
    Wait,
    digest_may_go,
    may_go,
    notice_may_go,
    push_of,
)
from services.notifier.domain.local_time import is_quiet, next_slot
from services.notifier.domain.messages import Reason, Recipient, Said
from services.notifier.domain.muting import FLAT
from services.notifier.domain.preferences import PUSHED, Preferences
from services.notifier.domain.routing import route
from tests.unit.notifier.choosing import any_preferences, moments, preferences, scores
from tests.unit.notifier.messages import CITY, MEMBER, NOTE, PROPOSAL, TO_CITY, notice, proposal

ZONE = ZoneInfo("Africa/Casablanca")
NOON = datetime(2026, 11, 24, 12, tzinfo=ZONE)  # a Tuesday
NIGHT = datetime(2026, 11, 24, 23, tzinfo=ZONE)
TOMORROW = datetime(2026, 11, 25, 8, 30, tzinfo=ZONE)
MONDAY = datetime(2026, 11, 30, 8, 30, tzinfo=ZONE)
HUB = Preferences()
ORDINARY = Push("mail", "proposals", 0.6, "settat", unasked=True)
STRONG = replace(ORDINARY, score=0.8)


def ask(
    push: Push, chosen: Preferences = HUB, begun: int = 0, now: datetime = NOON, **around: datetime
) -> Passage:
    today = Today(begun, around.get("digest_at"))
    return may_go(push, chosen, today, now, around.get("slot"))


def test_by_default_a_strong_proposal_goes_at_once_and_any_other_with_the_next_digest() -> None:
    assert ask(STRONG) == Go()
    assert ask(ORDINARY) == Gather(TOMORROW)
    assert ask(Push("mail", "news")) == Gather(TOMORROW)
    assert ask(Push("mail", "introductions")) == Go()


def test_nothing_goes_at_night_however_good_it_is() -> None:
    morning = datetime(2026, 11, 25, 8, tzinfo=ZONE)
    assert ask(STRONG, now=NIGHT) == Wait(morning)
    assert ask(ORDINARY, now=NIGHT, slot=NIGHT - timedelta(hours=1)) == Wait(morning)


def test_never_more_than_three_a_day() -> None:
    assert ask(STRONG, begun=2) == Go()
    assert ask(STRONG, begun=3) == Gather(TOMORROW)


def test_a_digest_of_today_has_its_place_kept() -> None:
    slot = NOON + timedelta(hours=1)
    assert ask(STRONG, begun=1, digest_at=slot) == Go()
    assert ask(STRONG, begun=2, digest_at=slot) == Gather(slot)
    late = NOON - timedelta(hours=1)
    assert ask(STRONG, begun=2, digest_at=late) == Gather(NOON)


def test_who_wants_one_message_a_day_gets_the_digest() -> None:
    once = preferences(most_a_day=1)
    assert ask(STRONG, once) == Go()
    assert ask(STRONG, once, begun=1) == Gather(TOMORROW)
    assert ask(STRONG, once, digest_at=NOON + timedelta(hours=1)) == Gather(
        NOON + timedelta(hours=1)
    )
    assert ask(ORDINARY, once, begun=1, slot=NOON) == Wait(datetime(2026, 11, 25, 8, tzinfo=ZONE))


def test_a_digest_goes_when_its_slot_has_come_and_not_before() -> None:
    assert ask(ORDINARY, slot=NOON) == Go(digest=True)
    assert ask(ORDINARY, slot=NOON + timedelta(minutes=1)) == Gather(TOMORROW)


def test_the_weekly_digest_comes_on_its_day() -> None:
    assert ask(ORDINARY, preferences(pace="weekly")) == Gather(MONDAY)


def test_what_asks_for_a_word_does_not_wait_for_a_digest_that_comes_too_late() -> None:
    weekly = preferences(pace="weekly")
    for until, passage in (
        (MONDAY + LEFT_TO_ANSWER, Gather(MONDAY)),
        (MONDAY + LEFT_TO_ANSWER - timedelta(hours=1), Gather(TOMORROW)),
        (TOMORROW + LEFT_TO_ANSWER - timedelta(hours=1), Go()),
    ):
        assert ask(replace(ORDINARY, until=until), weekly) == passage
    urgent = replace(ORDINARY, until=NOON + timedelta(hours=3))
    assert isinstance(ask(urgent, now=NIGHT), Wait)
    assert ask(urgent, begun=3) == Gather(TOMORROW)


def test_what_is_muted_or_below_the_least_score_is_not_told_unless_it_was_accepted() -> None:
    chosen = preferences(
        muted_cities=["settat"], muted_niches=["drones"], least_score=0.5, pace="instant"
    )
    elsewhere = replace(ORDINARY, city="fes")
    assert ask(ORDINARY, chosen) == Drop(MUTED)
    assert ask(replace(elsewhere, niches=frozenset({("drones", "mobility")})), chosen) == Drop(
        MUTED
    )
    assert ask(replace(elsewhere, score=0.4), chosen) == Drop(TOO_LOW)
    assert ask(elsewhere, chosen) == Go()
    assert ask(replace(ORDINARY, unasked=False, score=0.1), chosen) == Go()


def test_a_pause_lets_all_come_together_after_it() -> None:
    until = datetime(2026, 12, 5, 17, tzinfo=ZONE)
    paused = preferences(paused_until=until.isoformat(), pace="instant")
    assert ask(STRONG, paused) == Gather(datetime(2026, 12, 6, 8, 30, tzinfo=ZONE))
    assert ask(STRONG, paused, now=until) == Go()


def test_a_channel_that_is_switched_off_tells_nothing() -> None:
    chosen = preferences(channels={"news": ["push"]}, pace="instant")
    assert ask(Push("mail", "news"), chosen) == Drop(SWITCHED_OFF)
    assert ask(Push("push", "news"), chosen) == Go()
    assert ask(Push("mail", "office"), chosen) == Go()


def test_a_webhook_knows_no_night_and_no_digest_but_a_pause_and_a_muted_city() -> None:
    hook = replace(ORDINARY, channel="webhook")
    assert ask(hook, now=NIGHT, begun=9) == Go()
    until = NOON + timedelta(days=3)
    assert ask(hook, preferences(paused_until=until.isoformat())) == Wait(until)
    assert ask(hook, preferences(muted_cities=["settat"])) == Drop(MUTED)


def test_the_gate_sees_of_a_message_what_it_needs() -> None:
    reasons = (Reason("niche", id="drones"), Reason("terms", ("eau",)))
    until = NOON + timedelta(days=5)
    seen = push_of(proposal(reasons=reasons, answer_by=until), MEMBER, "mail", FLAT)
    assert seen == Push(
        "mail", "proposals", 0.7, "settat", frozenset({("drones",)}), unasked=True, until=until
    )
    assert push_of(NOTE, MEMBER, "mail", FLAT) == Push("mail", "office", None, "settat")


@pytest.mark.parametrize(
    ("changes", "unasked"),
    [
        ({"state": "proposed"}, True),
        ({"state": "declined"}, True),
        ({"state": "superseded"}, True),
        ({"state": "accepted"}, False),
        ({"state": "introduced"}, False),
        ({"state": "lapsed", "supply_said": Said("accept")}, False),
    ],
)
def test_what_its_reader_accepted_is_no_longer_unasked(
    changes: dict[str, object], unasked: bool
) -> None:
    told = notice("closed", match=proposal(**changes))
    assert push_of(told, MEMBER, "mail", FLAT).unasked is unasked
    told = notice("closed", TO_CITY, match=proposal(**changes))
    assert not push_of(told, CITY, "mail", FLAT).unasked


def test_what_is_planned_says_when_it_goes_and_what_is_not_wanted_is_not_planned() -> None:
    inbox, mail = route(PROPOSAL, PROPOSAL.recipient, HUB, NOON)
    assert (inbox.due_at, inbox.slot) == (NOON, None)
    assert (mail.due_at, mail.slot) == (TOMORROW, TOMORROW)
    _, mail = route(proposal(score=0.9), PROPOSAL.recipient, HUB, NIGHT)
    assert (mail.due_at.astimezone(ZONE).hour, mail.slot) == (8, None)
    muted = preferences(muted_cities=["settat"])
    assert [one.channel for one in route(PROPOSAL, PROPOSAL.recipient, muted, NOON)] == ["inbox"]


def test_who_reads_for_a_city_is_known_when_it_goes() -> None:
    city = Recipient("city", "settat")
    _, mail = route(notice("declined"), city, None, NIGHT)
    assert (mail.due_at, mail.slot) == (NIGHT, None)


pushes = st.builds(
    Push,
    st.sampled_from(PUSHED),
    st.sampled_from(CONCERNS),
    st.one_of(st.none(), scores),
    st.sampled_from([None, "settat", "oujda"]),
    st.sets(st.sampled_from([("mobile-payment", "payment"), ("drones",)])).map(frozenset),
    st.booleans(),
    st.one_of(st.none(), moments),
)
todays = st.builds(Today, st.integers(0, 6), st.one_of(st.none(), moments))


@given(pushes, any_preferences, todays, moments, st.one_of(st.none(), moments))
def test_what_goes_is_wanted_now_whatever_it_is(
    push: Push, chosen: Preferences, today: Today, now: datetime, slot: datetime | None
) -> None:
    passage = may_go(push, chosen, today, now, slot)
    if isinstance(passage, Go):
        assert chosen.wants(push.channel, push.concern)
        assert not (push.unasked and push.city in chosen.muted_cities)
        for niche, *above in push.niches:
            named = {niche, *above} & chosen.muted_niches
            assert not (push.unasked and named and niche not in chosen.kept_niches)
        assert chosen.paused_until is None or chosen.paused_until <= now
        if push.channel != "webhook":
            assert not is_quiet(chosen, now)
            assert today.begun < chosen.most_a_day


@given(pushes, any_preferences, todays, moments, st.one_of(st.none(), moments))
def test_what_does_not_go_now_is_asked_again_later_and_goes_in_the_end(
    push: Push, chosen: Preferences, today: Today, now: datetime, slot: datetime | None
) -> None:
    for _ in range(6):
        passage = may_go(push, chosen, today, now, slot)
        match passage:
            case Go() | Drop():
                return
            case Wait(until):
                assert until > now
                now = until
            case Gather(until):
                assert until >= now
                now = slot = until
        # Nothing else goes meanwhile: as a day without other messages, and without its digest.
        today = Today()
    pytest.fail(f"it never goes: {passage}")


@given(any_preferences, moments, st.data())
def test_a_digest_is_never_kept_from_its_day_by_what_goes_by_itself(
    chosen: Preferences, now: datetime, data: st.DataObject
) -> None:
    # A day as it goes: as many pushes as there may come, in any order, before the digest does.
    slot, begun = next_slot(chosen, "daily", now), 0
    for _ in range(data.draw(st.integers(0, 12))):
        passage = may_go(Push("mail", "introductions"), chosen, Today(begun, slot), max(now, slot))
        begun += isinstance(passage, Go)
    found = digest_may_go(chosen, Today(begun), slot)
    paused = chosen.paused_until is not None and chosen.paused_until > slot
    assert isinstance(found, Go) is not paused


@given(any_preferences, moments)
def test_what_is_told_about_its_own_system_comes_neither_at_night_nor_in_a_pause(
    chosen: Preferences, now: datetime
) -> None:
    passage = notice_may_go(chosen, now)
    at = passage.until if isinstance(passage, Wait) else now
    assert not is_quiet(chosen, at)
    assert chosen.paused_until is None or chosen.paused_until <= at
    assert notice_may_go(chosen, at) == Go()
    assert isinstance(passage, Go) == (at == now)

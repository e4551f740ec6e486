"""The ambassador of a city hears what was decided about its demands."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from schemas.directory import Ambassador
from schemas.member import Member
from schemas.topics import DELIVERIES, MEMBERS
from schemas.values import Preferences
from services.runtime.settings import Settings
from tests.flow.notifier_facts import decision, need, notice
from tests.flow.notifier_parts import PLANTED, Desk, running_desk, until


@pytest.fixture
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    async with running_desk(settings) as one:
        yield one


async def appoint(desk: Desk, **changes: object) -> None:
    values = {"id": "mnc/marrakech", "cluster": "mnc", "city": "marrakech", "member_id": "ambre"}
    await desk.entry(Ambassador.model_validate(values | changes))
    await until(lambda: desk.directory.office("mnc", "marrakech"))


async def make_known(desk: Desk, member_id: str, locale: str, *, active: bool = True) -> None:
    member = Member(
        member_id=member_id,
        cluster="mnc",
        name=f"Maison {member_id}",
        kind="company",
        preferences=Preferences(locale=locale),
        active=active,
        version=1,
    )
    await desk.publish(MEMBERS, member_id, "jisr.member.changed", member)
    await until(lambda: _is_known(desk, member_id))


async def _is_known(desk: Desk, member_id: str) -> bool:
    return any(row["id"] == member_id for row in await desk.rows("recipients"))


async def test_the_ambassador_is_told_in_its_language_who_was_proposed(desk: Desk) -> None:
    await appoint(desk)
    await make_known(desk, "ambre", "ar")
    await desk.contact("member", "ambre", PLANTED)
    await desk.decision(decision())
    await desk.decision(decision())
    await until(lambda: desk.mail.letters)
    [letter] = desk.mail.letters
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Atlas Data" in text
    assert "83%" in text.replace("\u200e", "")
    assert "fuites" in text
    assert letter["Content-Language"] == "ar"
    events = await desk.events(DELIVERIES, 2)
    assert {e.recipient_kind for e in events} == {"ambassador"}
    assert len(await desk.rows("entries")) == len(await desk.rows("deliveries")) == 1
    page = await desk.http.get(desk.link("member", "ambre"))
    assert "Atlas Data" in page.text


async def test_each_wave_and_outcome_is_told_once(desk: Desk) -> None:
    await appoint(desk)
    await desk.contact("member", "ambre", PLANTED)
    nearest = decision().proposed
    await desk.decision(decision())
    await desk.decision(decision(wave=2))
    await desk.decision(decision(wave=2, outcome="unmatched", proposed=(), nearest=nearest))
    await desk.decision(decision(wave=2, outcome="unmatched", proposed=(), nearest=nearest))
    await desk.decision(decision(outcome="withdrawn", proposed=()))
    await desk.decision(decision(need=need(version=2)))
    await until(lambda: len(desk.mail.letters) == 4)
    assert len(await desk.rows("entries")) == 4


async def test_without_an_ambassador_the_note_is_kept_as_undeliverable(desk: Desk) -> None:
    await desk.decision(decision())
    [event] = await desk.events(DELIVERIES, 1)
    assert event.state == "failed"
    assert "nobody represents" in event.detail
    [delivery] = await desk.rows("deliveries")
    assert delivery["state"] == "undeliverable"
    metrics = (await desk.http.get("/metrics")).text
    told = 'jisr_notifier_planned_total{message="ambassador-note",outcome="undeliverable"}'
    assert told in metrics


async def test_the_deputy_stands_in_for_an_inactive_ambassador(desk: Desk) -> None:
    await appoint(desk, deputy_id="dalil")
    await make_known(desk, "ambre", "fr", active=False)
    await desk.contact("member", "dalil", PLANTED)
    await desk.decision(decision())
    await until(lambda: desk.mail.letters)
    [entry] = await desk.rows("entries")
    assert entry["recipient_id"] == "dalil"


async def _is(desk: Desk, state: str, count: int = 1) -> bool:
    states = [row["state"] for row in await desk.rows("deliveries")]
    return states.count(state) == count


async def _was_decided(desk: Desk, need_id: str, hour: int) -> bool:
    decided = await desk.rows("decided")
    return any(row["need_id"] == need_id and row["decided_at"].hour == hour for row in decided)


async def _passed(desk: Desk) -> None:
    """Return when a decision published now has been told, so that all before it have been."""
    await appoint(desk, id="mnc/oujda", city="oujda", member_id="last")
    await desk.contact("member", "last", "last@example.org")
    await desk.decision(decision(need=need(id="d-last", city="oujda")))
    await until(lambda: "last@example.org" in desk.mail.recipients)


async def test_a_note_without_an_address_is_sent_once_when_the_address_comes(desk: Desk) -> None:
    await appoint(desk)
    await desk.decision(decision())
    await until(lambda: _is(desk, "undeliverable"))
    await desk.contact("member", "ambre", PLANTED)
    await until(lambda: _is(desk, "delivered"))
    await desk.contact("member", "another", "another@example.org")
    await _passed(desk)
    assert desk.mail.recipients.count(PLANTED) == 1
    [first, second] = [e for e in await desk.events(DELIVERIES, 5) if e.channel == "mail"][:2]
    assert (first.state, second.state) == ("failed", "delivered")
    assert first.delivery_id == second.delivery_id


async def test_a_note_for_a_vacant_office_is_told_to_whoever_is_named_later(desk: Desk) -> None:
    await desk.contact("member", "ambre", PLANTED)
    await desk.decision(decision())
    await until(lambda: _is(desk, "undeliverable"))
    await appoint(desk)
    await until(lambda: desk.mail.letters)
    assert (await desk.rows("entries"))[0]["recipient_id"] == "ambre"
    await appoint(desk, version=2)
    await _passed(desk)
    assert desk.mail.recipients.count(PLANTED) == 1


async def test_a_note_that_is_no_longer_true_is_not_sent_later(desk: Desk) -> None:
    await appoint(desk)
    withdrawn = {"outcome": "withdrawn", "proposed": (), "decided_at": "2026-11-23T10:00:00Z"}
    over = need(id="d-2", deadline="2020-01-01T00:00:00Z")
    await desk.decision(decision())
    await desk.decision(decision(need=over))
    await until(lambda: _is(desk, "undeliverable", 2))
    await desk.decision(decision(**withdrawn))
    await until(lambda: _was_decided(desk, "d-1", 10))
    await desk.decision(decision(need=need(id="d-3")))
    await until(lambda: _is(desk, "undeliverable", 3))
    await desk.contact("member", "ambre", PLANTED)
    await _passed(desk)
    await until(lambda: _is(desk, "delivered", 2))
    assert desk.mail.recipients.count(PLANTED) == 1
    told = {row["need_id"] for row in await desk.rows("deliveries") if row["state"] == "delivered"}
    assert told == {"d-3", "d-last"}


async def test_who_has_left_the_office_is_not_written_to_later(desk: Desk) -> None:
    await appoint(desk)
    await desk.decision(decision())
    await until(lambda: _is(desk, "undeliverable"))
    await appoint(desk, member_id="successor", version=2)
    await until(lambda: desk.directory.offices["mnc", "marrakech"].member_id == "successor")
    await desk.contact("member", "ambre", PLANTED)
    await _passed(desk)
    assert PLANTED not in desk.mail.recipients


async def test_a_question_for_a_vacant_office_of_another_cluster_waits_for_its_ambassador(
    desk: Desk,
) -> None:
    await desk.contact("member", "ambre", "ambre@example.org")
    await desk.contact("member", "partner", PLANTED)
    to_partner = {"kind": "ambassador", "id": "marrakech", "cluster": "agritech"}
    over = {"notice_id": "n-over", "until": "2020-01-01T00:00:00Z"}
    for more in ({}, over):
        told = {"to": to_partner, "text": "Combien ?"} | more
        await desk.notice(notice("question", "ambassador/marrakech", **told))
    await until(lambda: _is(desk, "undeliverable", 2))
    await appoint(desk)
    await _passed(desk)
    assert await _is(desk, "undeliverable", 2)
    office = {"id": "agritech/marrakech", "cluster": "agritech", "member_id": "partner"}
    await desk.entry(Ambassador.model_validate(office | {"city": "marrakech"}))
    await until(lambda: PLANTED in desk.mail.recipients)
    page = await desk.http.get(desk.link("member", "partner"))
    assert "Combien ?" in page.text
    assert "ambre@example.org" not in desk.mail.recipients
    assert (desk.mail.recipients.count(PLANTED), len(await desk.rows("entries"))) == (1, 2)

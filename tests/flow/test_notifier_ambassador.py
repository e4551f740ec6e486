"""The ambassador of a city hears what was decided about its demands."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from schemas.directory import Ambassador
from schemas.member import Member
from schemas.topics import DELIVERIES, MEMBERS
from schemas.values import Preferences
from services.runtime.settings import Settings
from tests.flow.notifier_parts import PLANTED, Desk, decision, need, running_desk, until


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
        kind="company",  # type: ignore[arg-type]
        preferences=Preferences(locale=locale),  # type: ignore[arg-type]
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

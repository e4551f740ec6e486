"""Mail servers that are away, slow or refuse, and a notifier that dies at the worst moment."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from schemas.topics import DELIVERIES
from services.notifier.adapters.postgres_ledger import PostgresLedger
from services.runtime.settings import Settings
from tests.flow.mail_server import MailServer
from tests.flow.notifier_facts import match
from tests.flow.notifier_parts import PLANTED, Desk, running_desk, until


async def _is(desk: Desk, state: str) -> bool:
    return await desk.state() == state


async def _has_entries(desk: Desk, count: int) -> bool:
    return len(await desk.rows("entries")) == count


async def test_a_mail_server_that_is_away_delays_the_mail_and_nothing_else(
    settings: Settings,
) -> None:
    async with running_desk(settings) as desk:
        desk.mail.stop()
        await desk.contact("member", "atlas-data", PLANTED)
        await desk.match(match())
        [_, attempt] = await desk.events(DELIVERIES, 2)
        assert attempt.state == "retrying"
        for number in range(20):
            recipient = {"kind": "member", "id": f"member-{number}"}
            await desk.match(match(match_id=f"m-{number + 2}", recipient=recipient))
        await until(lambda: _has_entries(desk, 21))
        await desk.mail.start()
        await until(lambda: desk.mail.letters, 30)
        [letter] = desk.mail.letters
        [delivery] = [r for r in await desk.rows("deliveries") if r["match_id"] == "m-1"]
        assert letter["Message-ID"] == f"<{delivery['delivery_id']}@jisr.example>"


async def test_a_mail_server_away_for_an_hour_gets_every_mail_once_when_it_is_back(
    settings: Settings,
) -> None:
    async with running_desk(settings) as desk:
        desk.mail.stop()
        for number in range(5):
            member = f"member-{number}"
            await desk.contact("member", member, f"{member}@example.org")
            recipient = {"kind": "member", "id": member}
            await desk.match(match(match_id=f"m-{number}", recipient=recipient))
        await until(lambda: _tried(desk, 1, of=5))
        # The hour: each wait but the last is taken away, and the planning put an hour back.
        for attempt in range(2, 13):
            await _five_minutes_later(desk)
            await until(partial(_tried, desk, attempt, of=5))
        assert {row["state"] for row in await desk.rows("deliveries")} == {"waiting"}
        await desk.mail.start()
        await _five_minutes_later(desk)
        await until(lambda: _all_are(desk, "delivered"))
        assert sorted(desk.mail.recipients) == [f"member-{n}@example.org" for n in range(5)]


async def _five_minutes_later(desk: Desk) -> None:
    """Let every mail be due; its ``detail`` comes back with the result of the next attempt."""
    await desk.admin.execute(
        "UPDATE notifier.deliveries SET due_at = clock_timestamp(), detail = '',"
        " created_at = created_at - interval '5 minutes'"
    )
    await desk.admin.execute("NOTIFY jisr_notifier_deliveries")


async def _tried(desk: Desk, attempt: int, of: int) -> bool:
    rows = await desk.rows("deliveries")
    return len(rows) == of and all(row["attempt"] >= attempt and row["detail"] for row in rows)


async def _all_are(desk: Desk, state: str) -> bool:
    return {row["state"] for row in await desk.rows("deliveries")} == {state}


async def test_one_recipient_that_is_refused_harms_no_other(settings: Settings) -> None:
    mail = MailServer()
    mail.refused = {"member-2@example.org": "550 5.1.1 no such user"}
    async with running_desk(settings, mail) as desk:
        for number in range(5):
            member = f"member-{number}"
            await desk.contact("member", member, f"{member}@example.org")
            recipient = {"kind": "member", "id": member}
            await desk.match(match(match_id=f"m-{number}", recipient=recipient))
        await until(lambda: len(mail.letters) == 4)
        await until(lambda: _finished(desk, 5))
        states = {row["recipient_id"]: row["state"] for row in await desk.rows("deliveries")}
        assert states.pop("member-2") == "failed"
        assert set(states.values()) == {"delivered"}


async def _finished(desk: Desk, count: int) -> bool:
    rows = await desk.rows("deliveries")
    return sum(row["finished_at"] is not None for row in rows) == count


async def test_what_the_server_defers_is_sent_again_with_the_same_message_id(
    settings: Settings,
) -> None:
    mail = MailServer()
    mail.replies = ["451 4.7.1 greylisted, come back"]
    async with running_desk(settings, mail) as desk:
        await desk.contact("member", "atlas-data", PLANTED)
        await desk.match(match())
        await until(lambda: _is(desk, "delivered"))
        [delivery] = await desk.rows("deliveries")
        assert delivery["attempt"] == 2
        assert [e.state for e in await desk.events(DELIVERIES, 3) if e.channel == "mail"] == [
            "retrying",
            "delivered",
        ]


async def test_what_the_server_refuses_is_tried_once(settings: Settings) -> None:
    mail = MailServer()
    mail.rcpt_reply = "550 5.1.1 <{address}> no such user"
    async with running_desk(settings, mail) as desk:
        await desk.contact("member", "atlas-data", PLANTED)
        await desk.match(match())
        await until(lambda: _is(desk, "failed"))
        [delivery] = await desk.rows("deliveries")
        assert delivery["attempt"] == 1
        assert delivery["detail"] == "550 5.1.1 [address] no such user"
        # The connection that heard the refusal serves the next mail.
        mail.rcpt_reply = None
        await desk.contact("member", "next", "next@example.org")
        await desk.match(match(match_id="m-2", recipient={"kind": "member", "id": "next"}))
        await until(lambda: mail.letters)


async def test_death_between_sending_and_recording_repeats_the_same_mail(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = PostgresLedger.finish
    deaths = 1

    async def die_first(self: PostgresLedger, *args: Any) -> bool:
        nonlocal deaths
        if deaths:
            deaths -= 1
            raise RuntimeError("killed between the server's 250 and our commit")
        return await finish(self, *args)

    monkeypatch.setattr(PostgresLedger, "finish", die_first)
    async with running_desk(settings) as desk:
        await desk.contact("member", "atlas-data", PLANTED)
        await desk.match(match())
        await until(lambda: desk.mail.letters)
        # The lease ends; here it does so at once.
        await asyncio.sleep(0.2)
        await desk.admin.execute("UPDATE notifier.deliveries SET due_at = clock_timestamp()")
        await desk.admin.execute("NOTIFY jisr_notifier_deliveries")
        await until(lambda: _is(desk, "delivered"))
        first, second = desk.mail.letters
        assert first["Message-ID"] == second["Message-ID"]
        mails = [e for e in await desk.events(DELIVERIES, 2) if e.channel == "mail"]
        assert [(e.state, e.attempt) for e in mails] == [("delivered", 2)]


async def test_a_burst_goes_over_a_few_connections(settings: Settings) -> None:
    async with running_desk(settings) as desk:
        for number in range(60):
            member = f"member-{number}"
            await desk.contact("member", member, f"{member}@example.org")
            recipient = {"kind": "member", "id": member}
            await desk.match(match(match_id=f"m-{number}", recipient=recipient))
        await until(lambda: len(desk.mail.letters) == 60, 30)
        assert len({letter["Message-ID"] for letter in desk.mail.letters}) == 60
        assert desk.mail.connections <= 4

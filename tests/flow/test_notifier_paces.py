"""How somebody is told, through the broker and the service itself; and who reads what when offices
and contacts change hands.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from schemas.member import Member
from schemas.topics import DELIVERIES, MEMBERS
from schemas.values import Preferences
from services.notifier.domain.directory import Office
from services.notifier.domain.messages import Party
from services.runtime.settings import Settings
from tests.flow.notifier_clock import TUESDAY, open_office, text_of
from tests.flow.notifier_clock import Office as Bureau
from tests.flow.notifier_facts import match, need, notice
from tests.flow.notifier_parts import Desk, running_desk, until
from tests.flow.test_notifier_preferences import WEDNESDAY, proposal


def member(version: int, **preferences: Any) -> Member:
    return Member(
        member_id="atlas-data",
        cluster="mnc",
        name="Atlas Data",
        kind="company",
        preferences=Preferences(**preferences),
        version=version,
    )


async def test_what_a_system_publishes_holds_until_its_member_chooses_otherwise(
    settings: Settings,
) -> None:
    async with running_desk(settings) as desk:
        await desk.contact("member", "atlas-data", "owner@atlas-data.example")
        told = member(1, pace="weekly", instant_score=1.0, quiet_hours="00:00-23:59")
        await desk.publish(MEMBERS, "atlas-data", "jisr.member.changed", told)
        await until(lambda: known(desk, 1))
        for number in (1, 2):
            await desk.match(match(match_id=f"m-{number}", need=need(id=f"d-{number}")))
        await until(lambda: planned(desk, 2))
        rows = await desk.rows("deliveries")
        assert all(row["slot"] for row in rows)
        assert desk.mail.letters == []
        token = desk.link("member", "atlas-data").removeprefix("/inbox/")
        answer = await desk.http.patch(
            "/api/preferences",
            headers={"Authorization": f"Bearer {token}"},
            json={"pace": "instant", "quiet_hours": "none"},
        )
        assert answer.json()["preferences"]["instant_score"] == 1.0
        # The change wakes the sender; nothing waits for the next look at the table.
        await until(lambda: len(desk.mail.letters) == 2)
        events = await desk.events(DELIVERIES, 4)
        assert [one.state for one in events] == ["delivered"] * 4
        # A newer word of the system does not undo what the member chose.
        again = member(2, pace="weekly", quiet_hours="00:00-23:59")
        await desk.publish(MEMBERS, "atlas-data", "jisr.member.changed", again)
        await until(lambda: known(desk, 2))
        await desk.match(match(match_id="m-3", need=need(id="d-3")))
        await until(lambda: len(desk.mail.letters) == 3)


async def known(desk: Desk, version: int) -> bool:
    return any(row["version"] == version for row in await desk.rows("recipients"))


async def planned(desk: Desk, many: int) -> bool:
    return len(await desk.rows("deliveries")) == many


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Bureau]:
    async with open_office(database_url) as running:
        for name in ("ambre", "basma"):
            await running.contact("member", name, f"{name}@member.example")
            await running.store.link_epoch(Party("member", name))
        running.directory.appoint("mnc", "marrakech", Office("ambre"), 1, active=True)
        yield running


async def test_a_digest_that_is_tried_again_tells_nothing_to_who_took_the_office_over(
    office: Bureau,
) -> None:
    ambre = {"kind": "member", "id": "ambre", "name": "Ambre", "locale": "fr"}
    supply = match().supply.model_copy(update={"id": "ambre", "owner": party("ambre")})
    # Its own proposal is newer, so the note of the office goes first and takes it along.
    await office.tell(notice("question", "ambassador/marrakech", text="De quand date le plan ?"))
    await office.tell(proposal(7, recipient=ambre, supply=supply.model_dump()))
    office.mail.replies = ["451 later"]
    await office.pass_until(WEDNESDAY)
    assert await office.states() == ["gathered", "waiting"]
    office.directory.appoint("mnc", "marrakech", Office("basma"), 2, active=True)
    await office.hand_over()
    await office.pass_by(minutes=5)
    letters = {letter["To"]: text_of(letter) for letter in office.letters()}
    [to_basma] = [text for to, text in letters.items() if "basma@" in to]
    assert "numéro 7" not in to_basma
    await office.pass_by(days=1)
    letters |= {letter["To"]: text_of(letter) for letter in office.letters()}
    [to_ambre] = [text for to, text in letters.items() if "ambre@" in to]
    assert "numéro 7" in to_ambre
    assert "De quand date le plan" not in to_ambre
    assert set(await office.states()) == {"delivered"}


def party(name: str) -> Any:
    return match().supply.owner.model_copy(update={"id": name})


async def test_a_contact_that_is_erased_meanwhile_leaves_its_demand_to_the_city(
    office: Bureau,
) -> None:
    await office.contact("city", "marrakech", "cite@marrakech.example")
    await office.contact("demand", "d-1", "projet@marrakech.example")
    for number in (1, 2):
        about = proposal(number, state="accepted", version=2)
        await office.tell(
            notice(
                "answer-asked",
                "city/marrakech",
                need=about.need,
                match=about,
                notice_id=f"n-{number}",
            )
        )
    await office.run()
    await office.erase("demand", "d-1")
    await office.pass_until(WEDNESDAY)
    [digest] = office.letters()
    assert "cite@marrakech.example" in digest["To"]
    assert {"numéro 1", "numéro 2"} <= {one[:8] for one in text_of(digest).split("Demande ")}
    assert office.now > TUESDAY

"""What somebody chose holds at the moment of sending: one digest, no nights, never too many."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.notifier.domain.choices import read
from services.notifier.domain.messages import Scope
from tests.flow.notifier_clock import TUESDAY, Office, open_office, text_of
from tests.flow.notifier_facts import notice
from tests.flow.notifier_reader import ATLAS, MARRAKECH, WEDNESDAY, office_of_atlas, proposal


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with office_of_atlas(database_url) as running:
        yield running


async def test_a_strong_proposal_goes_at_once_and_the_others_together_next_morning(
    office: Office,
) -> None:
    await office.tell(
        proposal(1, 0.55),
        proposal(2, 0.9),
        proposal(3, 0.7, need={"city": "oujda"}),
        proposal(4, 0.65),
    )
    await office.run()
    [at_once] = office.letters()
    assert at_once["Subject"].endswith(": Demande numéro 2")
    await office.pass_until(WEDNESDAY - timedelta(minutes=1))
    assert office.letters() == []
    await office.pass_until(WEDNESDAY)
    [digest] = office.letters()
    assert digest["Subject"] == "Demande numéro 3, et 2 autres sujets pour vous"
    assert digest["References"] is None
    text = text_of(digest)
    places = [
        text.index(words)
        for words in ("Oujda", "numéro 3", "Marrakech", "numéro 4", "numéro 1", "/preferences")
    ]
    assert places == sorted(places)
    assert "numéro 2" not in text
    assert set(await office.states()) == {"delivered"}
    await office.pass_by(days=9)
    assert office.letters() == []


async def test_never_more_than_three_a_day_and_what_is_over_comes_the_next(office: Office) -> None:
    await office.tell(*(proposal(number, 0.9) for number in range(6)))
    await office.run()
    assert len(office.letters()) == 3
    await office.pass_until(WEDNESDAY)
    [digest] = office.letters()
    assert digest["Subject"].endswith("et 2 autres sujets pour vous")


async def test_a_retry_of_a_full_day_is_no_fourth_message(office: Office) -> None:
    office.mail.replies = ["451 later"]
    await office.tell(proposal(1, 0.9))
    await office.run()
    await office.tell(proposal(2, 0.9), proposal(3, 0.9), proposal(4, 0.9))
    await office.pass_by(minutes=30)
    assert len(office.letters()) == 3
    assert sorted(await office.states()) == ["delivered", "delivered", "delivered", "waiting"]


async def test_nothing_goes_at_night_not_even_a_retry(office: Office) -> None:
    await office.pass_until(TUESDAY.replace(hour=19, minute=59))
    office.mail.replies = ["451 later"]
    await office.tell(proposal(1, 0.9))
    await office.run()
    await office.pass_by(minutes=2)
    await office.tell(proposal(2, 0.9))
    await office.pass_by(hours=6)
    assert office.letters() == []
    await office.pass_until(WEDNESDAY.replace(hour=8, minute=0))
    assert len(office.letters()) == 2


async def test_a_change_of_preference_holds_for_what_waits_already(office: Office) -> None:
    await office.tell(proposal(1), proposal(2, need={"city": "oujda"}))
    await office.run()
    assert office.letters() == []
    chosen = await office.choose(ATLAS, pace="instant", muted_cities=["oujda"])
    assert chosen.chosen["muted_cities"] == ["oujda"]
    await office.run()
    [letter] = office.letters()
    assert "numéro 1" in letter["Subject"]


async def test_who_mutes_a_field_hears_nothing_of_what_stands_below_it_but_what_it_keeps(
    office: Office,
) -> None:
    for name, above in (("water", None), ("networks", "water"), ("rain", "water")):
        office.directory.call("niche", name, {"fr": name}, 1, active=True, parent=above)
    # Both wait for their digest when the choice is made, which holds as they go.
    asked = {1: ["networks"], 2: ["rain"], 3: ["water"], 4: ["networks", "rain"]}
    await office.tell(*(proposal(n, need={"niches": named}) for n, named in asked.items()))
    await office.choose(ATLAS, muted_niches=["water"], kept_niches=["networks"])
    await office.tell(proposal(5, need={"niches": ["rain"]}))
    await office.run()
    await office.pass_until(WEDNESDAY)
    [letter] = office.letters()
    assert "numéro 1" in letter["Subject"]
    await office.choose(ATLAS, kept_niches=None)
    await office.tell(proposal(6, 0.9, need={"niches": ["networks"]}))
    await office.run()
    assert office.letters() == []


async def test_who_chose_a_language_is_written_to_in_it(office: Office) -> None:
    await office.tell(proposal(1, 0.9), proposal(2), proposal(3))
    await office.choose(ATLAS, locale="ar")
    await office.pass_until(WEDNESDAY)
    assert {letter["Content-Language"] for letter in office.letters()} == {"ar"}


async def test_a_pause_keeps_all_until_it_is_over_and_then_tells_it_together(
    office: Office,
) -> None:
    await office.choose(ATLAS, paused_until=(TUESDAY + timedelta(days=5)).isoformat())
    await office.tell(proposal(1, 0.9), proposal(2, 0.9))
    await office.pass_by(days=4)
    assert office.letters() == []
    await office.pass_by(days=2)
    assert len(office.letters()) == 1


async def test_a_pause_that_is_ended_lets_it_go(office: Office) -> None:
    await office.choose(ATLAS, paused_until=(TUESDAY + timedelta(days=50)).isoformat())
    await office.tell(proposal(1, 0.9))
    await office.run()
    await office.choose(ATLAS, paused_until=None)
    await office.run()
    assert len(office.letters()) == 1


async def test_the_contact_of_one_demand_is_another_reader_than_its_city(office: Office) -> None:
    await office.contact("city", "marrakech", "cite@marrakech.example")
    await office.contact("demand", "d-1", "projet@marrakech.example")
    await office.tell(proposal(1), proposal(2), proposal(3))
    for number in (1, 2, 3):
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
    await office.choose(MARRAKECH, Scope("demand", "d-1"), locale="en", pace="instant")
    await office.run()
    [letter] = office.letters()
    assert office.mail.recipients == ["projet@marrakech.example"]
    assert "Demande numéro 1" in letter["Subject"]
    assert letter["Content-Language"] == "en"
    await office.pass_until(WEDNESDAY)
    [digest] = [one for one in office.letters() if "cite@" in one["To"]]
    assert "numéro 1" not in text_of(digest)
    assert "numéro 3" in text_of(digest)


async def test_two_workers_send_no_more_than_one(office: Office) -> None:
    await office.choose(ATLAS, most_a_day=2)
    await office.tell(*(proposal(number, 0.9) for number in range(8)))
    await office.send(await office.claim())
    await office.run()
    assert len(office.letters()) == 2


async def test_changing_nothing_wakes_nobody(office: Office) -> None:
    before = await office.choose(ATLAS, most_a_day=2)
    await office.tell(proposal(1))
    rows = await office.store.database.pool.fetch("SELECT due_at, slot FROM deliveries")
    assert await office.choose(ATLAS, most_a_day=2) == before
    assert await office.store.database.pool.fetch("SELECT due_at, slot FROM deliveries") == rows


async def test_the_hubs_default_holds_for_who_chose_nothing(database_url: str) -> None:
    async with open_office(database_url, {"quiet_hours": "none", "instant_score": 0.5}) as office:
        await office.contact("member", "atlas-data", "owner@atlas-data.example")
        await office.store.link_epoch(ATLAS)
        office.now = TUESDAY.replace(hour=23)
        await office.tell(proposal(1))
        await office.run()
        assert len(office.letters()) == 1


async def test_who_switched_mail_off_gets_none_from_then_on(office: Office) -> None:
    await office.tell(proposal(1), proposal(2))
    await office.choose(ATLAS, channels=[])
    await office.pass_until(WEDNESDAY)
    assert office.letters() == []
    await office.tell(proposal(3, 0.9))
    assert await office.states() == ["failed", "failed"]


MONTREAL = {"time_zone": "America/Montreal", "pace": "instant", "quiet_hours": "none"}


async def test_days_in_a_mail_are_those_of_its_readers_clock_and_a_deadline_stays_its_day(
    office: Office,
) -> None:
    await office.choose(ATLAS, **MONTREAL)
    await office.tell(proposal(1))
    await office.run()
    [letter] = office.letters()
    # The link ends at midnight in Morocco, which is the evening before over there.
    assert "31 décembre 2026" in text_of(letter)
    assert "31 mars 2027" in text_of(letter)
    html = letter.get_body(("html",))
    assert html is not None
    assert "31 décembre 2026" in html.get_content()


async def test_a_pause_that_a_system_publishes_and_takes_back_holds_as_its_members_own(
    office: Office,
) -> None:
    await publish(office, 1, paused_until="2026-12-24T08:00:00+00:00", quiet_hours="none")
    await office.tell(proposal(1, 0.9))
    await office.run()
    await publish(office, 2, paused_until="2026-12-24T08:00:00+00:00", quiet_hours="none")
    await office.run()
    assert office.letters() == []
    await publish(office, 3, quiet_hours="none")
    await office.run()
    assert len(office.letters()) == 1
    # An older word of it changes nothing.
    await publish(office, 2, paused_until="2026-12-24T08:00:00+00:00")
    await office.tell(proposal(2, 0.9))
    await office.run()
    assert len(office.letters()) == 1


async def publish(office: Office, version: int, **preferences: object) -> None:
    """Let Atlas Data's own system say how it is told."""
    row = {"id": ATLAS.id, "name": "Atlas Data", "locale": "fr", "version": version}
    row |= {"channels": ["mail"], "consents_abroad": False, "active": True}
    async with office.store.transaction() as ledger:
        await ledger.put_members([row | {"published": read(preferences)}])

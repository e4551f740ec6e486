"""What a reader chose holds for its own systems as for its mails: at the moment of sending."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from services.notifier.domain.directory import Office
from services.notifier.domain.gate import MUTED, SWITCHED_OFF, TOO_LOW
from services.notifier.domain.messages import Party
from services.notifier.use_cases.hook_gate import FRESH_S, MOVED
from services.notifier.use_cases.hooks import HookClaim, record
from services.notifier.use_cases.preferences import change
from services.notifier.use_cases.retell import hand_over
from services.runtime.endpoints.book import Book, Endpoint, Owner, Wish
from tests.flow.hook_parts import Hub, Receiver, changed, open_hub, receiving
from tests.flow.notifier_facts import match, need, notice
from tests.flow.notifier_parts import until

ATLAS = Party("member", "atlas-data")
SOON = timedelta(days=2)


async def own(hub: Hub, party: Party, url: str) -> Endpoint:
    """Register a system of somebody with an inbox."""
    await hub.store.link_epoch(party)
    async with hub.store.database.transaction() as connection:
        host = url.split("/")[2]
        return await Book(connection).add(Owner(party.kind, party.id), Wish(url, host))


async def choose(hub: Hub, party: Party = ATLAS, **changes: object) -> None:
    async with hub.store.transaction() as ledger:
        await change(ledger, party, changes, datetime.now(UTC))


async def rows(hub: Hub) -> list[Any]:
    """The webhooks that were planned, oldest first."""
    return [one for one in await hub.deliveries() if one["channel"] == "webhook"]


async def _recorded(hub: Hub, count: int) -> bool:
    return len(await hub.results()) >= count


async def _states(hub: Hub, *wanted: str) -> bool:
    return await hub.states() == list(wanted)


async def _is_held(hub: Hub) -> bool:
    return any(one["holds"] for one in await rows(hub))


@asynccontextmanager
async def failing_once(database_url: str) -> AsyncIterator[tuple[Hub, Receiver]]:
    """Atlas Data's system did not take a proposal, which waits for its next attempt."""
    async with open_hub(database_url) as hub, receiving() as receiver:
        await own(hub, ATLAS, receiver.url)
        receiver.answers = [web.Response(status=503)]
        await hub.tell(match(score=0.6))
        await until(lambda: _recorded(hub, 1))
        yield hub, receiver


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"channels": {"proposals": ["mail"]}}, SWITCHED_OFF),
        ({"muted_cities": ["marrakech"]}, MUTED),
        ({"muted_niches": ["water-networks"]}, MUTED),
        ({"muted_niches": ["water-environment"]}, MUTED),
        ({"least_score": 0.7}, TOO_LOW),
    ],
)
async def test_what_its_reader_wants_no_more_is_not_tried_again(
    database_url: str, changes: dict[str, Any], why: str
) -> None:
    async with failing_once(database_url) as (hub, receiver):
        await choose(hub, **changes)
        await hub.hurry()
        await until(lambda: _states(hub, "failed"))
        assert len(receiver.arrivals) == 1
        [first, second] = await hub.results()
        assert (first["state"], first["attempt"]) == ("retrying", 1)
        assert (second["state"], second["attempt"], second["detail"]) == ("failed", 2, why)
        endpoint = await hub.endpoint(second["endpoint_id"])
        assert endpoint["state"] == "on"


async def test_in_a_pause_a_retry_waits_for_its_end_and_no_attempt_is_counted(
    database_url: str,
) -> None:
    async with failing_once(database_url) as (hub, receiver):
        pause = datetime.now(UTC) + SOON
        await choose(hub, paused_until=pause.isoformat())
        await hub.hurry()
        await until(lambda: _is_held(hub))
        [row] = await rows(hub)
        assert (row["state"], row["tries"]) == ("waiting", 1)
        assert abs(row["due_at"] - pause) < timedelta(seconds=5)
        assert len(await hub.results()) == len(receiver.arrivals) == 1
        # Whoever ends its pause gets at once what waited for it.
        await choose(hub, paused_until=None)
        await until(lambda: _states(hub, "delivered"))
        first, second = receiver.arrivals
        assert first.id == second.id
        assert [one["attempt"] for one in await hub.results()] == [1, 2]


async def test_what_came_in_a_pause_comes_when_it_is_ended_and_what_failed_waits_on(
    database_url: str,
) -> None:
    async with failing_once(database_url) as (hub, receiver):
        await hub.admin.execute(
            "UPDATE notifier.deliveries SET due_at = clock_timestamp() + interval '5 hours'"
        )
        await choose(hub, paused_until=(datetime.now(UTC) + SOON).isoformat())
        await hub.tell(match(match_id="m-2", need=need(id="d-2")))
        assert await hub.states() == ["waiting", "waiting"]
        await choose(hub, paused_until=None)
        await until(lambda: _states(hub, "waiting", "delivered"))
        assert len(receiver.arrivals) == 2


async def test_a_pause_that_ends_while_a_webhook_is_held_is_not_missed(database_url: str) -> None:
    async with open_hub(database_url, is_sending=False) as hub, receiving() as receiver:
        await own(hub, ATLAS, receiver.url)
        await hub.tell(match())
        await choose(hub, paused_until=(datetime.now(UTC) + SOON).isoformat())
        await hub.hurry()
        store = hub.dispatcher.store
        [claim] = await store.claim("webhook", 1, 60, 1, {})
        attempted = await hub.dispatcher.send(claim)
        await choose(hub, paused_until=None)
        async with store.transaction() as ledger:
            await record(ledger, [attempted], datetime.now(UTC))
        [row] = await rows(hub)
        assert row["due_at"] < datetime.now(UTC) + timedelta(seconds=5)
        assert receiver.arrivals == []


async def test_what_waited_behind_a_slow_receiver_is_asked_by_what_is_chosen_now(
    database_url: str,
) -> None:
    async with open_hub(database_url, is_sending=False) as hub, receiving() as receiver:
        await own(hub, ATLAS, receiver.url)
        await hub.tell(match())
        [claim] = await hub.dispatcher.store.claim("webhook", 1, 60, 1, {})
        await choose(hub, channels=[])
        attempted = await hub.dispatcher.send(_older(claim))
        assert attempted.verdict.detail == SWITCHED_OFF
        assert receiver.arrivals == []


def _older(claim: HookClaim) -> HookClaim:
    assert claim.told is not None
    return replace(claim, told=replace(claim.told, read_at=claim.told.read_at - 2 * FRESH_S))


async def test_a_city_is_told_as_it_chose_itself(database_url: str) -> None:
    marrakech = Party("city", "marrakech")
    async with open_hub(database_url) as hub, receiving() as receiver:
        await own(hub, marrakech, receiver.url)
        await choose(hub, marrakech, channels={"news": []})
        declined = notice("declined", "city/marrakech")
        asked = notice("answer-asked", "city/marrakech", notice_id="n-2")
        await hub.tell(declined, asked)
        await until(lambda: receiver.arrivals)
        await until(lambda: _states(hub, "delivered"))
        assert [one.json["type"] for one in receiver.arrivals] == ["message.answer-asked"]


async def test_the_hubs_own_default_holds_for_systems_too(database_url: str) -> None:
    quiet = {"least_score": 0.9}
    async with open_hub(database_url, default_preferences=quiet) as hub, receiving() as receiver:
        await own(hub, ATLAS, receiver.url)
        await hub.tell(match(score=0.6))
        await until(lambda: _states(hub, "failed"))
        assert receiver.arrivals == []
        [result] = await hub.results()
        assert result["detail"] == TOO_LOW


async def test_who_left_an_office_hears_no_more_of_it(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        for name in ("ambre", "basma"):
            await hub.store.link_epoch(Party("member", name))
        hub.directory.appoint("mnc", "marrakech", Office("ambre"), 1, active=True)
        await own(hub, Party("member", "ambre"), receiver.url)
        receiver.answers = [web.Response(status=503)]
        await hub.tell(notice("question", "ambassador/marrakech", text="De quand date le plan ?"))
        await until(lambda: _recorded(hub, 1))
        hub.directory.appoint("mnc", "marrakech", Office("basma"), 2, active=True)
        async with hub.store.transaction() as ledger:
            await hand_over(ledger, hub.directory)
        await hub.hurry()
        await until(lambda: _states(hub, "failed"))
        assert (await hub.results())[-1]["detail"] == MOVED
        assert len(receiver.arrivals) == 1


async def test_what_is_kept_back_says_nothing_about_the_receiver(database_url: str) -> None:
    strict = {"least_score": 0.9}
    async with open_hub(database_url, default_preferences=strict) as hub, receiving() as receiver:
        await own(hub, ATLAS, receiver.url)
        await hub.register(receiver.url)
        await hub.tell(*(match(match_id=f"m-{n}", need=need(id=f"d-{n}")) for n in range(5)))
        await hub.tell(*(changed(version=n) for n in range(1, 6)))
        await until(lambda: _all_finished(hub))
        assert len(receiver.arrivals) == 5
        failing = await hub.admin.fetch("SELECT failing_since FROM vault.endpoints")
        assert [one["failing_since"] for one in failing] == [None, None]


async def _all_finished(hub: Hub) -> bool:
    return not any(one["state"] == "waiting" for one in await rows(hub))


async def test_a_test_that_its_owner_asks_for_comes_in_a_pause_too(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        made = await own(hub, ATLAS, receiver.url)
        await choose(hub, paused_until=(datetime.now(UTC) + SOON).isoformat(), channels=[])
        async with hub.store.database.transaction() as connection:
            await Book(connection).order(made.endpoint_id, "test")
        await until(lambda: receiver.arrivals)
        assert receiver.arrivals[0].json["type"] == "test"

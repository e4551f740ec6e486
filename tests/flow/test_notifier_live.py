"""An open page hears what changes, and a reader that was away hears what it missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser

from schemas.life import NeedChanged, Notice
from services.notifier.adapters.live import LiveInboxes, mark_of
from services.notifier.adapters.postgres_store import Store
from services.notifier.domain.messages import Party
from tests.flow.notifier_facts import match, need, notice
from tests.flow.notifier_parts import Pages, on_a_port, open_pages, until

MEMBER, CITY = ("member", "atlas-data"), ("city", "marrakech")


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Pages]:
    """The pages on a port of loopback, with the worker that hears of changes."""
    async with open_pages(database_url) as pages:
        await pages.tell(match(need=need(summary="En deux mots")))
        async with on_a_port(pages):
            yield pages


def live_of(pages: Pages) -> LiveInboxes:
    workers = [getattr(worker, "__self__", None) for worker in pages.service.workers]
    [live] = [one for one in workers if isinstance(one, LiveInboxes)]
    return live


class Stream:
    """A stream as a browser reads it: its events' ids, and the comments that keep it alive."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer

    async def next(self, limit: float = 10.0) -> str:
        """The id of the next event."""
        async with asyncio.timeout(limit):
            while True:
                line = (await self.answer.content.readline()).decode()
                assert line, "the stream has ended"
                if line.startswith("id: "):
                    return line[4:].strip()

    async def first_line(self) -> str:
        """What it says after the wait between attempts: an event's id, or that nothing changed."""
        async with asyncio.timeout(10):
            while True:
                line = (await self.answer.content.readline()).decode().strip()
                if line and not line.startswith("retry"):
                    return line


@asynccontextmanager
async def listening_to(pages: Pages, path: str, last: str | None = None) -> AsyncIterator[Stream]:
    headers = {"Last-Event-ID": last} if last is not None else {}
    async with (
        aiohttp.ClientSession() as session,
        session.get(pages.base + path, headers=headers) as answer,
    ):
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield Stream(answer)


def events(pages: Pages, whose: tuple[str, str] = MEMBER) -> str:
    return f"{pages.link(*whose)}/events"


async def test_what_changes_is_heard_at_once_and_by_nobody_else(served: Pages) -> None:
    await served.know("somebody")
    now = await mark_of(served.service.database, Party(*MEMBER))  # type: ignore[arg-type]
    quiet = await mark_of(served.service.database, Party("member", "somebody"))
    async with (
        listening_to(served, events(served), now) as stream,
        listening_to(served, events(served, ("member", "somebody")), quiet) as other,
    ):
        assert (await stream.first_line()).startswith(":")
        assert (await other.first_line()).startswith(":")
        await served.tell(match(state="superseded", closed_because="enough", version=2))
        assert await stream.next() != now
        with pytest.raises(TimeoutError):
            await other.next(0.5)


async def test_a_page_about_what_cannot_be_is_heard_as_the_inbox_is(served: Pages) -> None:
    async with listening_to(served, f"{events(served)}?demand=%00") as stream:
        assert await stream.next()


async def test_who_comes_back_hears_at_once_that_something_was_missed(served: Pages) -> None:
    async with listening_to(served, events(served), "an older mark") as stream:
        mark = await stream.next()
    await served.tell(match(match_id="m-2", need=need(id="d-2")))
    async with listening_to(served, events(served), mark) as stream:
        later = await stream.next()
        assert later != mark
    async with listening_to(served, events(served), later) as stream:
        assert (await stream.first_line()).startswith(":"), "nothing was missed"


async def test_what_is_said_on_one_screen_is_heard_on_the_other(served: Pages) -> None:
    inbox = await served.http.get(served.link(*MEMBER))
    action, token = form_of(inbox.text)
    async with listening_to(served, events(served), "") as stream:
        before = await stream.next()
        await served.http.post(action, data={"form": token, "answer": "accept"})
        assert await stream.next() != before


def form_of(page: str) -> tuple[str, str]:
    action = page.split('action="')[1].split('"')[0]
    return action, page.split('name="form" value="')[1].split('"')[0]


async def test_it_is_heard_how_the_match_and_the_need_of_an_entry_go_on(served: Pages) -> None:
    accepted = match(state="accepted", version=2)
    await served.tell(accepted, notice("answer-asked", "city/marrakech", match=accepted))
    async with listening_to(served, events(served, CITY), "") as stream:
        first = await stream.next()
        await served.tell(match(state="introduced", version=3))
        second = await stream.next()
        await served.tell(
            NeedChanged.model_validate(
                {
                    "need": need(),
                    "state": "fulfilled",
                    "reach": "own",
                    "policy_version": "p1",
                    "version": 1,
                    "changed_at": "2026-11-23T09:00:00Z",
                }
            )
        )
        assert len({first, second, await stream.next()}) == 3


async def test_a_link_that_is_good_no_longer_hears_nothing(served: Pages) -> None:
    async with listening_to(served, events(served), "") as stream:
        await stream.next()
        await Store(served.service.database).revoke_links(Party(*MEMBER))  # type: ignore[arg-type]
        await served.tell(match(state="superseded", version=2))
        with suppress(AssertionError):
            while True:
                await stream.next()
    for path in (events(served), "/inbox/no-link/events"):
        async with asyncio.timeout(10):
            answer = await served.http.get(path)
        assert answer.status_code == 204, "with which a browser stops asking"


async def test_so_many_may_listen_and_no_more(served: Pages) -> None:
    live_of(served).most_each = 1
    async with listening_to(served, events(served), "") as stream:
        await stream.next()
        async with asyncio.timeout(10):
            assert (await served.http.get(events(served))).status_code == 503
    await until(lambda: live_of(served).count() == 0)


async def test_the_page_shows_what_is_new_without_being_loaded_again(
    browser: Browser, served: Pages
) -> None:
    page = await browser.new_page()
    said: list[Any] = []
    page.on("console", lambda message: said.append(message.text))
    await page.goto(f"{served.base}{served.link(*MEMBER)}?lang=fr")
    await page.evaluate("window.here = true")
    await page.locator("details.more summary").first.click()
    await served.tell(match(match_id="m-2", need=need(id="d-2", title="Une autre demande")))
    await page.get_by_role("heading", name="Une autre demande").wait_for()
    await page.get_by_text("Votre page vient d’être mise à jour").wait_for()
    assert await page.evaluate("window.here") is True, "it was not loaded again"
    assert await page.locator("details.more[open]").count() == 1, "what was unfolded stays so"
    assert said == [], "no policy was broken"


async def test_nothing_is_taken_from_whoever_writes(browser: Browser, served: Pages) -> None:
    page = await browser.new_page()
    await page.goto(f"{served.base}{served.link(*MEMBER)}?lang=en")
    await page.locator(".decline summary").first.click()
    await page.locator("textarea").first.fill("Not before March")
    await served.tell(match(match_id="m-2", need=need(id="d-2", title="Une autre demande")))
    await page.get_by_text("Something on your page has changed.").wait_for()
    assert await page.locator("textarea").first.input_value() == "Not before March"
    await page.get_by_role("link", name="Show it").click()
    await page.get_by_role("heading", name="Une autre demande").wait_for()


@pytest.mark.parametrize("answer", ["accept", "decline"])
async def test_what_the_reader_did_itself_stays_on_top(
    browser: Browser, served: Pages, answer: str
) -> None:
    page = await browser.new_page()
    await page.goto(f"{served.base}{served.link(*MEMBER)}?lang=en")
    if answer == "decline":
        await page.locator(".decline summary").first.click()
        await page.locator(".decline select").first.select_option("terms")
    await page.locator(f"button[value={answer}]").first.click()
    thanks = page.get_by_text("Thank you. Your ")
    await thanks.wait_for()
    state = "accepted" if answer == "accept" else "declined"
    await served.tell(match(state=state, version=2))
    await served.tell(match(match_id="m-2", need=need(id="d-2", title="Une autre demande")))
    await page.get_by_role("heading", name="Une autre demande").wait_for()
    assert await thanks.is_visible()


def demand_state(state: str, version: int = 1) -> NeedChanged:
    return NeedChanged.model_validate(
        {
            "need": need(),
            "state": state,
            "reach": "own",
            "policy_version": "p1",
            "version": version,
            "changed_at": "2026-11-23T09:00:00Z",
        }
    )


def of_another_demand() -> Notice:
    """What makes the city known; nothing was ever told to it about the demand of the page."""
    return notice("expiry-near", "city/marrakech", match=None, need=need(id="d-9"))


async def test_the_page_of_a_demand_hears_what_no_entry_of_its_city_tells(served: Pages) -> None:
    await served.tell(demand_state("proposed"), of_another_demand())
    path = f"{events(served, CITY)}?demand=d-1"
    foreign = f"{events(served)}?demand=d-1"
    async with listening_to(served, path, "") as stream:
        marks = [await stream.next()]
        await served.tell(match(match_id="m-2", supply=BRISE, recipient=BRISE_READS))
        marks.append(await stream.next())
        await served.tell(
            match(match_id="m-2", supply=BRISE, recipient=BRISE_READS, state="lapsed", version=2)
        )
        marks.append(await stream.next())
        await served.tell(demand_state("open", 2))
        marks.append(await stream.next())
        # A member has answered, and the matcher has not heard it yet.
        action, token = form_of((await served.http.get(served.link(*MEMBER))).text)
        await served.http.post(action, data={"form": token, "answer": "accept"})
        marks.append(await stream.next())
    assert len(set(marks)) == 5
    # Only its own city is told more for naming it.
    whole = await mark_of(served.service.database, Party(*MEMBER))  # type: ignore[arg-type]
    async with listening_to(served, foreign, "") as stream:
        assert await stream.next() == whole
    async with listening_to(served, f"{events(served, CITY)}?demand=d-2", "") as stream:
        assert await stream.next() not in marks


BRISE = {
    "kind": "member",
    "id": "brise",
    "owner": {"type": "member", "id": "brise"},
    "title": "Brise",
    "version": 1,
}
BRISE_READS = {"kind": "member", "id": "brise", "name": "Brise", "locale": "fr"}
CALME = BRISE | {"id": "calme", "owner": {"type": "member", "id": "calme"}, "title": "Calme"}
CALME_READS = BRISE_READS | {"id": "calme", "name": "Calme"}


@pytest.mark.parametrize("locale", ["fr", "ar"])
async def test_the_open_page_of_a_demand_shows_who_is_asked_and_who_accepts(
    served: Pages, browser: Browser, locale: str
) -> None:
    await served.tell(demand_state("proposed"), of_another_demand())
    page = await browser.new_page(locale=locale)
    page.set_default_timeout(10_000)
    await page.goto(f"{served.base}{served.link(*CITY)}/demands/d-1?lang={locale}")
    await page.get_by_role("heading", name="Atlas Data").wait_for()
    assert await page.get_by_role("heading", name="Brise").count() == 0
    asked = {"match_id": "m-2", "supply": BRISE, "recipient": BRISE_READS}
    await served.tell(match(**asked))
    await page.get_by_role("heading", name="Brise").wait_for()
    assert await page.locator("#news").inner_text() == UPDATED[locale]
    # It answers itself, comes back to this very page, and hears of others while it is open.
    accepted = match(**asked, state="accepted", version=2)
    await served.tell(accepted, notice("answer-asked", "city/marrakech", match=accepted))
    await page.locator('button[value="accept"]').click()
    await page.locator("#own").wait_for()
    assert "/demands/d-1" in page.url
    await served.tell(match(**asked, state="introduced", version=3))
    await page.locator("#met").wait_for()
    # What happens after that stands with the thanks for its word, not in a second notice.
    await served.tell(match(match_id="m-9", supply=CALME, recipient=CALME_READS))
    await page.get_by_role("heading", name="Calme").wait_for()
    await page.locator("#own span").wait_for()
    assert UPDATED[locale] in await page.locator("#own").inner_text()
    assert await page.locator("#news").inner_text() == ""
    await page.close()


UPDATED = {
    "fr": "Votre page vient d’être mise à jour.",
    "ar": "تم تحديث صفحتكم للتو.",
}

"""Choosing how one is told, in a real browser: three languages, no JavaScript, keyboard, phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from services.notifier.adapters.postgres_store import Store
from services.notifier.domain.messages import Party
from services.notifier.domain.preferences import WEEK
from services.notifier.use_cases.preferences import present
from services.runtime.endpoints.book import Book, Channel, Owner, Wish
from tests.flow.notifier_facts import match
from tests.flow.notifier_parts import Pages, on_a_port, open_pages

TAB = {"fr": "Comment nous vous écrivons", "ar": "كيف نكتب إليكم", "en": "How we write to you"}
SAVE = {"fr": "Enregistrer", "ar": "حفظ", "en": "Save"}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Pages]:
    async with open_pages(database_url) as pages:
        pages.directory.call(
            "city", "marrakech", {"fr": "Marrakech", "ar": "مراكش"}, 1, active=True
        )
        await pages.tell(match())
        async with on_a_port(pages):
            yield pages


async def form(browser: Browser, served: Pages, locale: str, **options: Any) -> Page:
    """The form, as somebody comes to it: by its page."""
    page = await browser.new_page(**options)
    page.set_default_timeout(10_000)
    await page.goto(f"{served.base}{served.link('member', 'atlas-data')}?lang={locale}")
    await page.get_by_role("link", name=TAB[locale]).click()
    return page


async def chosen(served: Pages) -> Any:
    async with Store(served.service.database).transaction() as ledger:
        return (await present(ledger, Party("member", "atlas-data"))).chosen


@pytest.mark.parametrize("locale", ["fr", "ar", "en"])
async def test_somebody_chooses_without_javascript(
    browser: Browser, served: Pages, locale: str
) -> None:
    page = await form(browser, served, locale, java_script_enabled=False)
    await page.locator("#p-news").select_option("weekly")
    await page.locator("#mail-answers").uncheck()
    await page.locator("#d-sunday").check()
    await page.locator("#quiet_until").fill("09:00")
    await page.locator("#most_a_day").fill("1")
    await page.locator("#muted_cities summary").click()
    await page.locator("#muted_cities-marrakech").check()
    await page.get_by_role("button", name=SAVE[locale], exact=True).click()
    await page.get_by_role("status").wait_for()
    assert await chosen(served) == {
        "pace": {"news": "weekly"},
        "channels": {"answers": ["webhook", "push"]},
        "quiet_days": [WEEK[6]],
        "quiet_hours": "20:00-09:00",
        "most_a_day": 1,
        "muted_cities": ["marrakech"],
    }
    assert await page.locator("#most_a_day").input_value() == "1"
    assert await page.locator("#muted_cities-marrakech").is_checked()


async def test_fields_to_mute_are_folded_below_what_they_belong_to(
    browser: Browser, served: Pages
) -> None:
    for name, above in (
        ("water", None),
        ("networks", "water"),
        ("energy", None),
        ("sun", "energy"),
    ):
        labels = {"fr": name.title()}
        served.directory.call("niche", name, labels, 1, active=True, parent=above)
    served.directory.call("niche", "drones", {"fr": "Drones"}, 1, active=True)
    page = await form(browser, served, "fr", java_script_enabled=False)
    niches = page.locator("#muted_niches")
    await niches.locator("summary").first.click()
    assert await niches.locator("#muted_niches-drones").is_visible(), "it stands alone"
    assert await niches.locator(".group summary").all_inner_texts() == ["Energy", "Water"]
    assert not await niches.locator("#muted_niches-networks").is_visible()
    await niches.locator("summary", has_text="Water").click()
    await niches.get_by_label("Networks").first.check()
    await page.get_by_role("button", name=SAVE["fr"], exact=True).click()
    await page.get_by_role("status").wait_for()
    assert (await chosen(served)) == {"muted_niches": ["networks"]}
    assert await niches.get_by_label("Networks").first.is_visible(), "what holds a choice is open"
    assert not await niches.get_by_label("Sun").first.is_visible()


@pytest.mark.parametrize("locale", ["fr", "ar", "en"])
async def test_who_wants_nothing_of_a_field_chooses_what_it_keeps_of_it(
    browser: Browser, served: Pages, locale: str
) -> None:
    for name, above in (
        ("water", None),
        ("networks", "water"),
        ("drinking", "networks"),
        ("rain", "water"),
        # Nothing above the first has a name, and the second stands below itself.
        ("sun", "energy"),
        ("loop", "loop"),
    ):
        served.directory.call("niche", name, {"fr": name.title()}, 1, active=True, parent=above)
    page = await form(browser, served, locale, java_script_enabled=False)
    niches = page.locator("#muted_niches")
    await niches.locator("summary").first.click()
    assert await niches.locator("#muted_niches-sun").is_visible()
    assert await niches.locator("#muted_niches-loop").is_visible()
    await niches.locator("summary", has_text="Water").click()
    assert await niches.locator("#muted_niches-rain").is_visible()
    assert not await niches.locator("#kept_niches-rain").is_visible(), "nothing to keep it from"
    await niches.locator("#muted_niches-water").check()
    assert not await niches.locator("#muted_niches-rain").is_visible(), "water has it"
    await niches.locator("#kept_niches-drinking").check()
    await page.get_by_role("button", name=SAVE[locale], exact=True).click()
    await page.get_by_role("status").wait_for()
    wanted = {"muted_niches": ["water"], "kept_niches": ["drinking"]}
    assert await chosen(served) == wanted
    assert await niches.locator("#kept_niches-drinking").is_checked()
    assert not await niches.locator("#muted_niches-rain").is_visible()
    await niches.locator("#muted_niches-water").uncheck()
    assert await niches.locator("#muted_niches-networks").is_visible(), "it holds a choice"
    assert not await niches.locator("#kept_niches-drinking").is_visible()


@pytest.mark.parametrize("locale", ["fr", "ar", "en"])
async def test_a_phone_shows_the_tab_of_the_page_that_one_is_on(
    browser: Browser, served: Pages, locale: str
) -> None:
    page = await form(browser, served, locale, java_script_enabled=False, viewport=PHONE)
    for tab in await page.locator(".tabs a").all():
        await tab.click()
        box = await page.locator(".tabs [aria-current]").bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE["width"]


async def test_a_choice_that_is_refused_says_where_and_keeps_what_was_written(
    browser: Browser, served: Pages
) -> None:
    page = await form(browser, served, "fr", java_script_enabled=False)
    await page.locator("#quiet_from").fill("08:00")
    await page.locator("#most_a_day").fill("2")
    await page.get_by_role("button", name="Enregistrer", exact=True).click()
    alert = page.get_by_role("alert")
    await alert.get_by_role("link", name="Rien entre ces heures").wait_for()
    assert await page.locator("#quiet_from").get_attribute("aria-invalid") == "true"
    assert await page.locator("#most_a_day").input_value() == "2"
    assert await chosen(served) == {}


async def test_the_form_is_filled_by_keyboard_alone(browser: Browser, served: Pages) -> None:
    page = await form(browser, served, "en")
    await page.locator("#p-proposals").focus()
    await page.keyboard.press("ArrowUp")
    for _ in range(2):
        await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.id") == "p-answers"
    await page.keyboard.press("ArrowDown")
    await page.locator("#most_a_day").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("status").wait_for()
    assert await chosen(served) == {"pace": {"proposals": "instant", "answers": "weekly"}}


@pytest.mark.parametrize("locale", ["fr", "ar", "en"])
async def test_nothing_runs_over_the_edge_of_a_phone(
    browser: Browser, served: Pages, locale: str
) -> None:
    page = await form(browser, served, locale, viewport=PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert await page.locator("html").get_attribute("dir") == ("rtl" if locale == "ar" else "ltr")


BOXES = {
    "fr": ("Par courriel", "À vos systèmes", "Par notification"),
    "ar": ("بالبريد الإلكتروني", "إلى أنظمتكم", "بإشعار فوري"),
    "en": ("By mail", "To your systems", "By push"),
}


@pytest.mark.parametrize("locale", ["fr", "ar", "en"])
async def test_who_has_systems_chooses_for_each_kind_what_goes_to_them(
    browser: Browser, served: Pages, locale: str
) -> None:
    await register(served, "webhook", "https://crm.atlas-data.example/jisr")
    await register(served, "push", "tgram://123456789:token/12315544/")
    page = await form(browser, served, locale, java_script_enabled=False, viewport=PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    boxes = page.locator("#pace .choice").filter(has=page.locator("#mail-news, #push-news"))
    assert await boxes.count() == 2
    for box, words in zip(("mail", "webhook", "push"), BOXES[locale], strict=True):
        kind = page.get_by_role("group").filter(has=page.locator(f"#{box}-news")).last
        assert await kind.get_by_role("checkbox", name=words, exact=True).is_checked()
    await page.locator("#webhook-news").uncheck()
    await page.locator("#mail-news").uncheck()
    await page.get_by_role("button", name=SAVE[locale], exact=True).click()
    await page.get_by_role("status").wait_for()
    assert await chosen(served) == {"channels": {"news": ["push"]}}
    assert not await page.locator("#webhook-news").is_checked()


async def register(served: Pages, channel: Channel, url: str) -> None:
    async with served.service.database.transaction() as connection:
        wish = Wish(url, "host:443", channel=channel)
        await Book(connection).add(Owner("member", "atlas-data"), wish)

"""The inbox page in a real browser, in all three languages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from schemas.directory import Ambassador, DirectoryEntry
from schemas.response import Confirmation
from services.notifier.adapters.events import learn
from tests.flow.notifier_facts import decision, match, need, notice
from tests.flow.notifier_parts import Pages, on_a_port, open_pages

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).parents[2] / "samples"
ACCEPT = {"fr": "Accepter", "ar": "قبول", "en": "Accept"}
MEMBER, CITY, AMBASSADOR = ("member", "atlas-data"), ("city", "marrakech"), ("member", "ambre")
PHONE = ViewportSize(width=360, height=740)


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Pages]:
    """The pages on a port of loopback, with the samples' directory and two open proposals."""
    async with open_pages(database_url) as pages:
        for line in (SAMPLES / "directory.jsonl").read_text("utf-8").splitlines():
            learn(pages.directory, DirectoryEntry.model_validate_json(line).root)
        await pages.tell(match())
        await _tell_a_life(pages)
        arabic = need(id="d-2", title="مراقبة خلايا النحل عن بعد", language="ar", city="meknes")
        await pages.tell(match(match_id="m-2", need=arabic))
        async with on_a_port(pages):
            yield pages


async def _tell_a_life(pages: Pages) -> None:
    """What a city and an ambassador have on their pages when a demand is under way."""
    office = {"id": "mnc/marrakech", "cluster": "mnc", "city": "marrakech", "member_id": "ambre"}
    learn(pages.directory, Ambassador.model_validate(office | {"version": 100}))
    accepted = match(match_id="m-3", state="accepted", version=2)
    meters = need(id="d-4", title="Compteurs d'eau communicants")
    met = match(match_id="m-4", state="introduced", version=3, need=meters)
    await pages.tell(
        match(match_id="m-5"),
        notice("reminder", "member/atlas-data", match=match(match_id="m-5")),
        accepted,
        notice("answer-asked", "city/marrakech", match=accepted),
        met,
        notice("introduced", "city/marrakech", match=met),
        notice("outcome-asked", "city/marrakech", match=met),
        notice("expiry-near", "city/marrakech", match=None),
        notice("question", "ambassador/marrakech", text="Combien de kilomètres ?"),
        notice(
            "confirmation-asked",
            "ambassador/marrakech",
            match=None,
            wave=1,
            candidates=decision().model_dump(mode="json")["proposed"],
        ),
    )
    await pages.know("ambre")


async def open_inbox(
    browser: Browser,
    served: Pages,
    locale: str,
    whose: tuple[str, str] = ("member", "atlas-data"),
    **options: Any,
) -> Page:
    page = await browser.new_page(**options)
    page.set_default_timeout(10_000)
    await page.goto(f"{served.base}{served.link(*whose)}?lang={locale}")
    return page


@pytest.mark.parametrize("locale", ["fr", "ar", "en"])
async def test_a_proposal_is_accepted_without_javascript(
    browser: Browser, served: Pages, locale: str
) -> None:
    page = await open_inbox(browser, served, locale, java_script_enabled=False)
    await page.get_by_role("button", name=ACCEPT[locale], exact=True).first.click()
    await page.get_by_role("status").wait_for()
    assert "done=accept" in page.url
    assert [r.answer for r in await served.responses()] == ["accept"]


async def test_a_proposal_is_declined_by_keyboard_alone(browser: Browser, served: Pages) -> None:
    page = await open_inbox(browser, served, "en")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    summary = page.locator(".decline summary").first
    await summary.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Not before March")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.get_by_role("status").wait_for()
    [response] = await served.responses()
    assert (response.answer, response.reason, response.text) == (
        "decline",
        "too-busy",
        "Not before March",
    )


async def test_a_city_tells_what_came_of_it_by_keyboard_alone(
    browser: Browser, served: Pages
) -> None:
    page = await open_inbox(browser, served, "en", CITY, java_script_enabled=False)
    await page.get_by_label("We met, and are still talking").focus()
    for key in ("Space", "Tab", "ArrowRight", "Tab", "Enter"):
        await page.keyboard.press(key)
    await page.get_by_role("status").wait_for()
    [told] = await served.responses()
    assert (told.answer, told.outcome, told.rating) == ("outcome", "met", 1)


async def test_an_ambassador_strikes_and_adds_without_javascript(
    browser: Browser, served: Pages
) -> None:
    page = await open_inbox(browser, served, "fr", AMBASSADOR, java_script_enabled=False)
    await page.get_by_label("Écarter").check()
    await page.get_by_label("Membre 1").fill("ambre")
    await page.get_by_role("button", name="Confirmer").click()
    await page.get_by_role("status").wait_for()
    [said] = await served.published()
    assert isinstance(said, Confirmation)
    assert (said.struck, said.added) == (("atlas-data",), ("ambre",))


@pytest.mark.parametrize("whose", [MEMBER, CITY, AMBASSADOR])
@pytest.mark.parametrize("locale", ["fr", "ar", "en"])
async def test_the_page_fits_a_phone_and_breaks_no_policy(
    browser: Browser, served: Pages, locale: str, whose: tuple[str, str]
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page = await browser.new_page(viewport=PHONE)
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{served.base}{served.link(*whose)}?lang={locale}")
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert said == []
    assert all(url.startswith((served.base, "data:")) for url in asked)
    box = await page.locator("button.primary").first.bounding_box()
    assert box
    assert box["height"] >= 44  # WCAG 2.2, target size (enhanced)


async def test_arabic_runs_from_right_to_left(browser: Browser, served: Pages) -> None:
    sides = {}
    for locale in ("fr", "ar"):
        page = await open_inbox(browser, served, locale, viewport={"width": 900, "height": 800})
        brand = await page.locator(".brand").bounding_box()
        nav = await page.locator(".languages").bounding_box()
        assert brand
        assert nav
        sides[locale] = brand["x"] < nav["x"]
    assert sides == {"fr": True, "ar": False}


async def test_text_has_the_contrast_it_needs_by_day_and_by_night(
    browser: Browser, served: Pages
) -> None:
    shown = [(one, dark) for one in (MEMBER, CITY, AMBASSADOR) for dark in ("light", "dark")]
    for whose, scheme in shown:
        page = await open_inbox(
            *(browser, served, "fr", whose), color_scheme=scheme, reduced_motion="reduce"
        )
        ratios = json.loads(await page.evaluate(_CONTRAST))
        low = {what: ratio for what, ratio in ratios.items() if ratio < 4.5}  # WCAG 1.4.3
        assert not low, (whose, scheme)


@pytest.mark.parametrize("whose", [MEMBER, CITY, AMBASSADOR])
async def test_every_field_has_a_name_and_every_name_is_used_once(
    browser: Browser, served: Pages, whose: tuple[str, str]
) -> None:
    page = await open_inbox(browser, served, "en", whose)
    assert json.loads(await page.evaluate(_UNNAMED)) == []
    twice = "[...document.querySelectorAll('[id]')].map(e => e.id)"
    ids = await page.evaluate(twice)
    assert len(ids) == len(set(ids))


_UNNAMED = """() => JSON.stringify(
  [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button')]
    .filter(e => !(e.labels?.length || e.ariaLabel || e.textContent.trim()))
    .map(e => e.outerHTML))"""
_CONTRAST = """() => {
  const rgb = c => c.match(/[\\d.]+/g).map(Number);
  const lum = c => { const [r, g, b] = rgb(c).map(v => { v /= 255;
    return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor; if (rgb(c)[3] !== 0) return c; }
    return 'rgb(255,255,255)'; };
  const found = {};
  for (const e of document.querySelectorAll('main *, header *, footer *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [lum(getComputedStyle(e).color), lum(ground(e))].sort((x, y) => y - x);
    const key = e.tagName + '.' + e.className;
    found[key] = Math.min(found[key] ?? 99, (a + .05) / (b + .05));
  }
  return JSON.stringify(found);
}"""

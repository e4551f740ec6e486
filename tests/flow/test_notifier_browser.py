"""The inbox page in a real browser, in all three languages; skipped where there is no Chromium."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from schemas.directory import DirectoryEntry
from services.notifier.adapters.events import learn
from tests.flow.notifier_parts import Pages, match, need, open_pages, until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
SAMPLES = Path(__file__).parents[2] / "samples"
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
ACCEPT = {"fr": "Accepter", "ar": "قبول", "en": "Accept"}
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        one = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        yield one
        await one.close()


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Pages]:
    """The pages on a port of loopback, with the samples' directory and two open proposals."""
    async with open_pages(database_url) as pages:
        for line in (SAMPLES / "directory.jsonl").read_text("utf-8").splitlines():
            learn(pages.directory, DirectoryEntry.model_validate_json(line).root)
        await pages.tell(match())
        arabic = need(id="d-2", title="مراقبة خلايا النحل عن بعد", language="ar", city="meknes")
        await pages.tell(match(match_id="m-2", need=arabic))
        config = uvicorn.Config(pages.service.http, port=0, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        pages.base = f"http://127.0.0.1:{port}"
        yield pages
        server.should_exit = True
        await task


async def open_inbox(browser: Browser, served: Pages, locale: str, **options: Any) -> Page:
    page = await browser.new_page(**options)
    page.set_default_timeout(10_000)
    await page.goto(f"{served.base}{served.link('member', 'atlas-data')}?lang={locale}")
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


@pytest.mark.parametrize("locale", ["fr", "ar", "en"])
async def test_the_page_fits_a_phone_and_breaks_no_policy(
    browser: Browser, served: Pages, locale: str
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page = await browser.new_page(viewport=PHONE)
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{served.base}{served.link('member', 'atlas-data')}?lang={locale}")
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
    for scheme in ("light", "dark"):
        page = await open_inbox(browser, served, "fr", color_scheme=scheme, reduced_motion="reduce")
        ratios = json.loads(await page.evaluate(_CONTRAST))
        low = {what: ratio for what, ratio in ratios.items() if ratio < 4.5}  # WCAG 1.4.3
        assert not low, scheme


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

"""The report in a real browser: short on a phone, whole on paper, without scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, ViewportSize

from services.cli.report.measures import report
from services.cli.report.page import Period, page
from services.cli.report.voice import Voice
from services.cli.report.wording import Language
from tests.unit.cli.lives import accepted, day, life

PHONE = ViewportSize(width=390, height=844)
NICHES = 100


@pytest.fixture(params=["fr", "ar"])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The report on demands in many niches."""
    language: Language = request.param
    lives = [life(f"d-{n}", accepted(n % 5), niches=(f"niche-{n}",)) for n in range(NICHES)]
    period = Period(day(0).date(), day(29).date(), day(30))
    file = tmp_path / "report.html"
    file.write_text(page(report(lives, day(30)), Voice(language, {}), period), "utf-8")
    return file


async def test_a_phone_shows_the_first_rows_and_the_others_when_asked(
    browser: Browser, written: Path
) -> None:
    shown = await browser.new_page(viewport=PHONE, java_script_enabled=False)
    await shown.goto(written.as_uri())
    first, last = shown.get_by_text("niche-0", exact=True), shown.get_by_text("niche-99")
    assert await first.last.is_visible()
    assert not await last.last.is_visible()
    folded = await shown.locator("main").bounding_box()
    await shown.locator("summary").focus()
    await shown.keyboard.press("Enter")
    assert await last.last.is_visible()
    whole = await shown.locator("main").bounding_box()
    assert folded
    assert whole
    assert folded["height"] * 3 < whole["height"]
    assert whole["width"] <= PHONE["width"]
    await shown.close()


async def test_paper_has_all_rows_however_the_page_was_left(
    browser: Browser, written: Path
) -> None:
    shown = await browser.new_page()
    await shown.goto(written.as_uri())
    row = shown.locator("details tbody tr").last
    assert not await row.is_visible()
    await shown.emulate_media(media="print")
    assert await row.is_visible()
    box = await row.bounding_box()
    assert box
    assert box["height"] > 0
    await shown.close()

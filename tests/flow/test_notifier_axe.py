"""axe finds nothing on any page, mail or report: by day and by night, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from services.cli.report.measures import report
from services.cli.report.page import Period
from services.cli.report.page import page as report_page
from services.cli.report.voice import Voice
from services.notifier.domain.messages import LOCALES
from services.notifier.preview.folder import mails, pages, write
from tests.unit.cli.lives import accepted, day, declined, introduced, life

pytestmark = pytest.mark.slow

PAGES = sorted(page.name for page in pages())
MAILS = sorted({mail.name for mail in mails()})
DESK = ViewportSize(width=1200, height=900)
PHONE = ViewportSize(width=360, height=740)
SCREENS: tuple[tuple[ViewportSize, Literal["light", "dark"]], ...] = (
    *((DESK, "light"), (PHONE, "dark")),
    *((DESK, "dark"), (PHONE, "light")),
)
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What a screen's size or its colours can change of a page whose structure is the same.
_OF_THE_SCREEN = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]
_OF_THE_SCREEN += ["target-size"]
_RUN = """async rules => (await axe.run(document, {runOnly: rules, resultTypes: ['violations']}))
  .violations.map(one => [one.impact, one.id, ...one.nodes.map(node => node.html)])"""


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("preview")).parent


@pytest.fixture(scope="module")
def axe(node_modules: Path) -> str:
    """The library's source."""
    return (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """One for all tests: each goes to a document of its own, and says how large and how lit."""
    one = await browser.new_page(reduced_motion="reduce")
    yield one
    await one.close()


async def found(
    page: Page, axe: str, file: Path, rules: list[str] = _RULES, screens: slice = slice(None)
) -> list[Any]:
    """What axe objects to in ``file`` with everything folded open, on each of ``screens``: by all
    ``rules`` on the first desk and phone, by those of the screen where only its colours differ.
    """
    await page.goto(file.as_uri())
    await page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    await page.evaluate(axe)
    objections: list[Any] = []
    for number, (size, scheme) in list(enumerate(SCREENS))[screens]:
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=scheme)
        said = await page.evaluate(_RUN, rules if number < 2 else _OF_THE_SCREEN)
        objections += [(size["width"], scheme, *one) for one in said]
    return objections


@pytest.mark.parametrize("name", PAGES)
async def test_axe_objects_to_nothing_on_a_page(
    page: Page, axe: str, preview: Path, name: str
) -> None:
    # A problem's page has three lines of text: two screens tell.
    screens = slice(2) if name.startswith("problem") else slice(None)
    file = preview / "page" / f"{name}.html"
    assert await found(page, axe, file, screens=screens) == []


@pytest.mark.parametrize("name", MAILS)
async def test_axe_objects_to_nothing_in_a_mail(
    page: Page, axe: str, preview: Path, name: str
) -> None:
    # A mail stands inside the reader's program, which has the landmarks; its colours are its own.
    rules, phone = _RULES[:-1], slice(1, 2)
    for locale in LOCALES:
        file = preview / "mail" / f"{name}-{locale}.html"
        assert await found(page, axe, file, rules, phone) == []


@pytest.mark.parametrize("language", LOCALES)
async def test_axe_objects_to_nothing_in_the_report(
    page: Page, axe: str, tmp_path: Path, language: Literal["fr", "ar", "en"]
) -> None:
    lives = [life("d-1", introduced(2), declined(1)), life("d-2", city="fes", niches=())]
    file = tmp_path / "report.html"
    many = [life(f"n-{n}", accepted(n % 5), niches=(f"niche-{n}",)) for n in range(30)]
    for of in (lives, lives[1:], [], many):
        shown = report(of, day(30))
        period = Period(day(0).date(), day(29).date(), day(30))
        file.write_text(report_page(shown, Voice(language, {}), period, "MNC"), "utf-8")
        assert await found(page, axe, file) == []


async def test_axe_objects_where_there_is_reason_to(page: Page, axe: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<!doctype html><html lang=fr><title>x</title><input><img src=x></html>")
    assert {one[3] for one in await found(page, axe, bad)} >= {"label", "image-alt"}

"""Screenshots of the preview, for the docs, by the machine's Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.runtime.exceptions import HubError

_QUIET = (
    "--no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


class NoChromium(HubError):
    """Screenshots need Chromium and the package playwright on this machine"""


@dataclass(frozen=True)
class Shot:
    """A picture ``name``.png of ``source`` (in the preview's folder), at most ``height`` high."""

    name: str
    source: str
    width: int = 900
    height: int = 1400


def _shots() -> Iterator[Shot]:
    for locale in ("fr", "ar", "en"):
        yield Shot(f"inbox-{locale}", f"page/member-{locale}.html")
        yield Shot(f"mail-{locale}", f"mail/proposal-{locale}.html", 680, 1000)
    yield Shot("inbox-phone-ar", "page/member-ar.html", 390, 844)
    yield Shot("introduction-fr", "page/city-fr.html", height=2350)
    yield Shot("ambassador-fr", "page/ambassador-fr.html")
    yield Shot("preferences-fr", "page/preferences-fr.html", height=2200)
    yield Shot("preferences-phone-ar", "page/preferences-ar.html", 390, 1400)
    yield Shot("digest-fr", "mail/digest-fr.html", 680, 1200)
    yield Shot("digest-ar", "mail/digest-ar.html", 680, 1200)
    yield Shot("demands-fr", "page/city-demands-fr.html")
    yield Shot("city-fr", "page/ambassador-city-fr.html")


def take(folder: Path, into: Path) -> list[str]:
    """Take every picture of the preview in ``folder``; the names of the files in ``into``.

    Raises `NoChromium`.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise NoChromium(str(error)) from error
    if chromium is None:
        raise NoChromium
    into.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_QUIET.split())
        names = [_take(browser, shot, folder, into) for shot in _shots()]
        browser.close()
    return names


def _take(browser: Any, shot: Shot, folder: Path, into: Path) -> str:
    # Low, so that the whole page's height is its own and not the window's.
    size = {"width": shot.width, "height": 100}
    page = browser.new_page(viewport=size, device_scale_factor=1, reduced_motion="reduce")
    page.goto((folder / shot.source).resolve().as_uri())
    whole = page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": shot.width, "height": min(whole, shot.height)}
    name = f"{shot.name}.png"
    page.screenshot(path=into / name, clip=clip, full_page=True)
    page.close()
    return name

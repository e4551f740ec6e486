"""The page of somebody's own systems asks before it does what cannot be taken back."""

from __future__ import annotations

import re

import pytest

from services.notifier.domain.messages import LOCALES, Locale
from services.notifier.preview.folder import pages

PAGES = {page.name: page for page in pages()}


@pytest.mark.parametrize("locale", LOCALES)
def test_what_cannot_be_taken_back_is_asked_without_a_script(locale: Locale) -> None:
    html = PAGES[f"member-systems-{locale}"].html
    folded = " ".join(re.findall(r"<details.*?</details>", html, re.DOTALL))
    for act in ("remove", "secret"):
        button = f'name="do" value="{act}"'
        assert html.count(button) == folded.count(button) > 0

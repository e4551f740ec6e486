"""A page promises the reader's contact to the other side only where the hub has one to give."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.flow.notifier_facts import match, notice
from tests.flow.notifier_parts import Pages, open_pages


@pytest.fixture
async def pages(database_url: str) -> AsyncIterator[Pages]:
    async with open_pages(database_url) as opened:
        yield opened


@pytest.mark.parametrize("has_contact", [True, False])
async def test_a_city_that_the_other_side_could_not_reach_is_told_so_and_how_to_give_a_contact(
    pages: Pages, has_contact: bool
) -> None:
    if has_contact:
        admin = await asyncpg.connect(pages.settings.dsn())
        await admin.execute(
            "INSERT INTO vault.contacts (kind, id, email) VALUES ('city', 'marrakech', $1)",
            "bureau@medina.example",
        )
        await admin.close()
    accepted = match(state="accepted", version=2)
    await pages.tell(accepted, notice("answer-asked", "city/marrakech", match=accepted))
    page = pages.link("city", "marrakech") + "?lang=en"
    before = (await pages.http.get(page)).text
    met = match(state="introduced", version=3)
    await pages.tell(met, notice("introduced", "city/marrakech", match=met))
    after = (await pages.http.get(page)).text
    assert ("at the same moment" in before) is has_contact
    assert ("We have no contact of yours" in before) is not has_contact
    assert ("the first step is yours" in after) is not has_contact
    assert "bureau@medina.example" not in before + after

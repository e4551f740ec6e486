"""A reader at the notifier's virtual clock: Atlas Data, and proposals to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from schemas.match import Match
from services.notifier.domain.messages import Party
from tests.flow.notifier_clock import TUESDAY, Office, open_office
from tests.flow.notifier_facts import match, need

ATLAS = Party("member", "atlas-data")
MARRAKECH = Party("city", "marrakech")
WEDNESDAY = TUESDAY + timedelta(hours=22, minutes=30)


@asynccontextmanager
async def office_of_atlas(database_url: str) -> AsyncIterator[Office]:
    """An office where Atlas Data, whose address is known, is told about Marrakesh and Oujda."""
    async with open_office(database_url) as running:
        await running.contact("member", "atlas-data", "owner@atlas-data.example")
        await running.store.link_epoch(ATLAS)
        running.directory.call("city", "marrakech", {"fr": "Marrakech"}, 1, active=True)
        running.directory.call("city", "oujda", {"fr": "Oujda"}, 1, active=True)
        yield running


def proposal(number: int, score: float = 0.6, **changes: Any) -> Match:
    """Another proposal to Atlas Data."""
    asked = {"id": f"d-{number}", "title": f"Demande numéro {number}"}
    asked |= changes.pop("need", {})
    return match(match_id=f"m-{number}", need=need(**asked), score=score, **changes)

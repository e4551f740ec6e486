"""A demand that names no niche."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

import pytest

from schemas.directory import DirectoryEntry
from schemas.envelope import CloudEvent
from schemas.topics import DIRECTORY
from services.runtime.settings import Settings
from tests.flow.matcher_facts import demand, member
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.waiting import eventually

pytestmark = pytest.mark.kafka


async def tell_niche(hub: MatcherHub, **facts: Any) -> None:
    """Publish a niche of the directory."""
    entry = DirectoryEntry.model_validate({"entry": "niche", **facts})
    (event_type,) = DIRECTORY.events
    data = entry.model_dump_json().encode()
    event = CloudEvent(str(uuid.uuid4()), "/jisr/intake", event_type, data)
    await hub.put(DIRECTORY, data, event.headers(), f"niche:{facts['id']}".encode())


async def knows(hub: MatcherHub, niche: str) -> bool:
    """Whether the matcher has this label of the niche."""
    return any(
        one.niche_id == niche and "mobile" in one.labels["fr"] for one in hub.maker(0).niches
    )


async def test_a_demand_that_names_no_niche_tells_which_it_was_taken_to_be_about(
    settings: Settings,
) -> None:
    async with hub_of(settings) as hub:
        await tell_niche(hub, id="mobile-payment", labels={"fr": "Paiement mobile"})
        await eventually(lambda: knows(hub, "mobile-payment"))
        await hub.tell(member("m-1"), demand("d-1", niches=()), demand("d-2"))
        for need_id, inferred in (("d-1", True), ("d-2", False)):
            await eventually(partial(hub.proposed_are, need_id, {"m-1"}))
            (match,) = await hub.matches(need_id)
            (reason,) = [reason for reason in match.reasons if reason.kind == "niche"]
            assert (reason.id, reason.inferred) == ("mobile-payment", inferred)

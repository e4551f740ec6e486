"""A demand of Settat with a match, as intake knows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

from services.intake.adapters.keys import bind_source
from services.intake.handlers import patience
from tests.flow.intake_door import Door, demand, member, open_door
from tests.flow.intake_life import match, tell

ACCEPT = {"answer": "accept"}
DECLINE = {"answer": "decline", "reason": "too-busy"}
SETTAT = {"type": "city", "id": "settat"}
KHLASS = {"type": "member", "id": "khlass"}
CLUSTER = "cluster:mnc"


@asynccontextmanager
async def door_of_settat(database_url: str) -> AsyncIterator[Door]:
    """A hub where the member khlass of the cluster mnc was proposed to a demand of Settat. It waits
    less long for what it does not know: here it does not come.
    """
    waits = patch.object(patience, "LONGEST_WAIT_S", 0.02)
    async with open_door(database_url) as opened:
        with waits:
            yield await _prepared(opened)


async def _prepared(opened: Door) -> Door:
    await bind_source(opened.database, "city:settat", ["settat"])
    await bind_source(opened.database, "city:oujda", ["oujda"])
    await bind_source(opened.database, CLUSTER, ["mnc"])
    await bind_source(opened.database, "cluster:other", ["other"])
    await opened.ask("PUT", "/v1/members/khlass", member(), source=CLUSTER)
    return opened


async def proposed(door: Door) -> str:
    """The id of a demand of Settat for which khlass was proposed as m-1."""
    made = (await door.post(demand())).json()
    await tell(door, match(made["id"]))
    return str(made["id"])


async def responses(door: Door) -> list[dict[str, Any]]:
    """What was published about answers."""
    return await door.events("jisr.responses.v1")

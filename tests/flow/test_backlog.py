"""Whether a group has read what had come for it, on the real broker."""

from __future__ import annotations

import asyncio

from schemas.topics import RESPONSES
from services.runtime.backlog import read_up
from services.runtime.settings import Settings
from tests.flow.matcher_facts import answer, demand, member
from tests.flow.matcher_hub import hub_of
from tests.waiting import eventually


async def test_a_topic_in_which_nothing_is_has_been_read_up(settings: Settings) -> None:
    assert await read_up(RESPONSES, "nobody", settings, 60)


async def test_a_group_has_read_up_once_it_has_taken_everything(settings: Settings) -> None:
    async with hub_of(settings) as hub:
        await hub.tell(member("m-1"))
        await eventually(lambda: hub.indexed_are(1))
        await hub.tell(demand("d-1"))
        await eventually(lambda: hub.has_proposed("d-1", 1))
        (match,) = await hub.matches("d-1")
        await hub.stop_matcher()
        await hub.tell(answer(match, "accept"))
        waiting = asyncio.create_task(read_up(RESPONSES, "jisr-matcher", settings, 60))
        assert not await read_up(RESPONSES, "jisr-matcher", settings, 1)
        assert not waiting.done()
        await hub.start_matcher()
        assert await waiting
        assert await hub.state_is(match.match_id, "accepted")

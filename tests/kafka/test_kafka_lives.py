"""Lives of needs under three matchers of which one after the other is killed (I1, I3, I5)."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from schemas.life import NeedChanged, Notice
from schemas.match import Match
from services.runtime.settings import Settings
from tests.flow.matcher_facts import answer, demand, member
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.kafka.processes import ServiceProcess
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

LIMIT = 120.0
PLACES = 3
IDS = [f"d-{n}" for n in range(24)]
_POLICY = """
version: test-lives
spread: off
courses:
  others:
    waves:
      - {reach: own, spare: 1, answer_within: 20 minutes, remind_after: 10 minutes}
      - {reach: national, spare: 1, answer_within: 20 minutes, remind_after: 10 minutes}
"""


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[MatcherHub]:
    """A hub whose matchers are processes of their own."""
    async with hub_of(settings, 0) as running:
        yield running


@pytest.fixture
def matchers(settings: Settings, scratch: Path) -> Any:
    """Three processes, ended with the test."""
    policy = scratch / "lives.yaml"
    policy.write_text(_POLICY)
    found = []
    for number in range(3):
        folder = scratch / f"matcher-{number}"
        folder.mkdir(exist_ok=True)
        found.append(ServiceProcess("matcher", settings, folder, {"JISR_POLICY_FILE": str(policy)}))
    for process in found:
        process.start()
    yield found
    for process in found:
        process.kill()


async def counted(hub: MatcherHub, condition: str) -> int:
    """How many matches this holds for."""
    found = await hub.database.fetchval(f"SELECT count(*) FROM matches WHERE {condition}")
    return int(found)


async def are(hub: MatcherHub, condition: str, number: int) -> bool:
    """Whether this holds for so many matches."""
    return await counted(hub, condition) == number


async def the_story_is_whole(hub: MatcherHub) -> None:
    """What was published is one unbroken life of each match and need, and nothing is told twice."""
    await hub.relayed()
    events = await hub.events()
    lives: dict[str, list[Match]] = defaultdict(list)
    for event in events:
        if isinstance(event, Match):
            lives[event.match_id].append(event)
    stored = {match.match_id: match for match in await hub.matches()}
    assert set(lives) == set(stored)
    for match_id, life in lives.items():
        assert [match.version for match in life] == list(range(1, len(life) + 1)), "no gap, once"
        assert life[0].state == "proposed"
        assert life[-1] == stored[match_id]
        for before, after in pairwise(life):
            assert before.state in ("proposed", "accepted"), f"{before.state} to {after.state}"
    changes: dict[str, list[int]] = defaultdict(list)
    for event in events:
        if isinstance(event, NeedChanged):
            changes[event.need.id].append(event.version)
    assert all(found == list(range(1, len(found) + 1)) for found in changes.values())
    notices = [event.notice_id for event in events if isinstance(event, Notice)]
    assert len(notices) == len(set(notices))


@asynccontextmanager
async def killing(matchers: list[ServiceProcess]) -> AsyncIterator[None]:
    """One matcher after the other is killed and started again, until the end of the block."""
    dice, stop = random.Random(7), asyncio.Event()

    async def reap() -> None:
        while not stop.is_set():
            victim = dice.choice(matchers)
            victim.kill()
            await asyncio.sleep(dice.uniform(0.0, 0.5))
            victim.start()
            await asyncio.sleep(dice.uniform(7.0, 10.0))  # the group finds itself anew in 6

    reaper = asyncio.create_task(reap())
    try:
        yield
    finally:
        stop.set()
        await reaper


async def test_lives_go_on_whole_whichever_matcher_is_killed_when(
    hub: MatcherHub, matchers: list[ServiceProcess]
) -> None:
    await hub.tell(member("full", capacity=PLACES), *[member(f"m-{n}") for n in range(4)])
    async with killing(matchers):
        await hub.tell(*[demand(one) for one in IDS])
        await eventually(lambda: are(hub, "true", 2 * len(IDS)), LIMIT)
        for match in await hub.matches():
            busy = match.supply.id != "full"
            how, reason = ("decline", "too-busy") if busy else ("accept", None)
            word = answer(match, how, reason=reason)
            await hub.tell(word, word)
        await eventually(lambda: are(hub, "state = 'declined'", len(IDS)), LIMIT)
        await eventually(lambda: are(hub, "state = 'superseded'", len(IDS) - PLACES), LIMIT)
        for match in await hub.matches():
            if match.state == "accepted":
                city = {"type": "city", "id": match.need.owner.id}
                await hub.tell(answer(match, "accept", by=city))
        await eventually(lambda: are(hub, "state = 'introduced'", PLACES), LIMIT)
    # of the others the next best is asked: as many as are wanted, and one to spare
    left = 2 * (len(IDS) - PLACES)
    await eventually(lambda: are(hub, "state = 'proposed'", left), LIMIT)
    taken = await hub.database.fetchval("SELECT taken FROM supplies WHERE supply_id = 'full'")
    assert taken == PLACES
    await the_story_is_whole(hub)

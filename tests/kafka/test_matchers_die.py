"""I8 for the matcher: whatever process dies when, each demand is decided, each pair once."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.envelope import from_record
from schemas.match import Decision, Match
from schemas.topics import MATCHES
from services.matcher.domain.policy import Policy
from services.runtime.settings import Settings
from tests.flow.matcher_hub import MatcherHub, demand, hub_of, member
from tests.kafka.matcher_process import matcher_process
from tests.waiting import eventually

_DEMANDS = 60
_MEMBERS = 5
_LISTED = Policy().members_for(1)
_DECIDED = "SELECT count(*) FROM needs WHERE kind = 'demand' AND outcome IS NOT NULL"
_UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[MatcherHub]:
    """Topics and tables of a hub without any matcher, and members waiting in their topic."""
    async with hub_of(settings, matchers=0) as opened:
        for number in range(_MEMBERS):
            await opened.tell(member(f"m-{number}"))
        yield opened


async def _tell_demands(hub: MatcherHub, first: int, beyond: int) -> None:
    await hub.tell(*(demand(f"d-{n}", title=f"Paiement mobile {n}") for n in range(first, beyond)))


async def _decided(hub: MatcherHub, number: int) -> None:
    async def enough() -> bool:
        return int(await hub.database.fetchval(_DECIDED)) >= number

    await eventually(enough, limit=60)


async def _events_of_matches(hub: MatcherHub) -> int:
    """How many different events tell of matches; a batch published twice repeats its events."""
    events = [from_record(r.headers, r.value) for r in await hub.records(MATCHES.name)]
    return len({e.id for e in events if e.type == "jisr.match.changed"})


async def _each_demand_decided_and_each_pair_once(hub: MatcherHub) -> None:
    await _decided(hub, _DEMANDS)

    async def all_is_out() -> bool:
        # A demand that came before the members was unmatched first, and is proposed since.
        if await hub.database.fetchval("SELECT count(*) FROM matches") < _DEMANDS * _LISTED:
            return False
        return not await hub.database.fetchval(_UNPUBLISHED)

    await eventually(all_is_out, limit=60)
    said = await hub.published()
    pairs = Counter((m.need.id, m.supply.id) for m in said if isinstance(m, Match))
    stored = {(m.need.id, m.supply.id) for m in await hub.matches()}
    decided = {d.need.id for d in said if isinstance(d, Decision)}
    assert decided == {f"d-{n}" for n in range(_DEMANDS)}
    assert set(pairs) == stored
    assert await _events_of_matches(hub) == len(stored), "a pair was told by two events"
    assert {need for need, _ in stored} == decided


async def test_a_matcher_killed_again_and_again_decides_every_demand_and_no_pair_twice(
    hub: MatcherHub, tmp_path: Path
) -> None:
    with matcher_process(hub.settings, tmp_path / "matcher.log") as matcher:
        matcher.start()
        for life in range(3):
            await _tell_demands(hub, life * 15, life * 15 + 15)
            await _decided(hub, life * 15 + 4)
            matcher.kill()
            matcher.start()
        await _tell_demands(hub, 45, _DEMANDS)
        await _each_demand_decided_and_each_pair_once(hub)


async def test_matchers_come_and_go_while_demands_flow_and_each_is_decided_once(
    hub: MatcherHub, tmp_path: Path
) -> None:
    with (
        matcher_process(hub.settings, tmp_path / "first.log") as first,
        matcher_process(hub.settings, tmp_path / "second.log") as second,
    ):
        first.start()
        await _tell_demands(hub, 0, 20)
        await _decided(hub, 5)
        second.start()
        await _tell_demands(hub, 20, 40)
        await _decided(hub, 25)
        first.stop()
        await _tell_demands(hub, 40, _DEMANDS)
        await _each_demand_decided_and_each_pair_once(hub)

"""Replicas join, leave and are killed while demands flow: all is decided, nothing twice (I8)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from schemas.match import Decision, Match
from services.runtime.settings import Settings
from tests.flow.matcher_facts import answer, demand, member
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.kafka.processes import ServiceProcess
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

LIMIT = 60.0  # a killed member of a group is missed after its session's 6 s


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[MatcherHub]:
    """A hub whose matchers are processes."""
    async with hub_of(settings, matchers=0) as running:
        yield running


@pytest.fixture
def matchers(settings: Settings, tmp_path: Path) -> Iterator[list[ServiceProcess]]:
    """Two matchers, not started."""
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(ServiceProcess("matcher", settings, tmp_path / name))
    yield made
    for process in made:
        process.kill()


async def proposed(hub: MatcherHub, *ids: str) -> bool:
    """Whether three were proposed for each demand."""
    statement = (
        "SELECT count(*) FROM (SELECT need_id FROM matches WHERE need_id = ANY($1::text[]) "
        "GROUP BY need_id HAVING count(*) = 3) AS done"
    )
    return bool(await hub.database.fetchval(statement, list(ids)) == len(ids))


async def each_was_decided_once(hub: MatcherHub, ids: list[str]) -> None:
    """Every demand has its decision, and no pair stands twice in the topic of matches."""
    await hub.relayed()
    events = {}
    for one in await hub.published():
        kind = "match" if isinstance(one, Match) else "decision"
        moment = one.changed_at if isinstance(one, Match) else one.decided_at
        events[kind, one.need.id, getattr(one, "match_id", None), moment] = one
    proposals = Counter(
        e.match_id for e in events.values() if isinstance(e, Match) and e.state == "proposed"
    )
    assert set(proposals.values()) == {1}
    assert len(proposals) == len(await hub.matches())
    listed = Counter(
        c.match_id for e in events.values() if isinstance(e, Decision) for c in e.proposed
    )
    assert listed == proposals
    assert {e.need.id for e in events.values() if isinstance(e, Decision)} == set(ids)


async def test_a_matcher_that_joins_and_one_that_leaves_disturb_no_decision(
    hub: MatcherHub, matchers: list[ServiceProcess]
) -> None:
    one, two = matchers
    ids = [f"d-{n}" for n in range(60)]
    one.start()
    await hub.tell(*[member(f"m-{n}") for n in range(4)], *[demand(i) for i in ids[:20]])
    await eventually(lambda: proposed(hub, *ids[:5]), LIMIT)
    two.start()
    await hub.tell(*[demand(i) for i in ids[20:40]])
    await eventually(lambda: proposed(hub, *ids[:40]), LIMIT)
    one.stop()
    await hub.tell(*[demand(i) for i in ids[40:]])
    await eventually(lambda: proposed(hub, *ids), LIMIT)
    await each_was_decided_once(hub, ids)


async def test_who_takes_a_partition_over_asks_the_next_best_for_its_demands(
    hub: MatcherHub, matchers: list[ServiceProcess]
) -> None:
    one, two = matchers
    ids = [f"d-{n}" for n in range(12)]
    one.start()
    await hub.tell(*[member(f"m-{n}") for n in range(3)], *[demand(i) for i in ids])
    await eventually(lambda: proposed(hub, *ids), LIMIT)
    one.kill()
    two.start()
    declined = [(await hub.matches(i))[0] for i in ids]
    await hub.tell(*[answer(match, "decline") for match in declined], member("m-9"))
    for i in ids:
        await eventually(lambda i=i: hub.has_proposed(i, 4), LIMIT)  # type: ignore[misc]


@pytest.mark.parametrize("seed", [1])
async def test_a_matcher_that_is_killed_at_any_moment_decides_on_all_once(
    hub: MatcherHub, matchers: list[ServiceProcess], seed: int
) -> None:
    dice = random.Random(seed)
    ids = [f"d-{n}" for n in range(60)]
    facts = [*[demand(i) for i in ids], *[member(f"m-{n}") for n in range(3)]]
    dice.shuffle(facts)
    process = matchers[0]
    process.start()
    done = "SELECT count(*) FROM needs WHERE kind = 'demand'"
    told = 0
    for moment in sorted(dice.sample(range(1, len(ids)), k=3)):
        await hub.tell(*facts[told : told + 16])
        told += 16
        least = min(moment, told // 2)

        async def under_way(least: int = least) -> bool:
            assert process.running, process.said()
            return bool(await hub.database.fetchval(done) >= least)

        await eventually(under_way, LIMIT, every=0.002)
        process.kill()
        process.start()
    await hub.tell(*facts[told:])
    await eventually(lambda: proposed(hub, *ids), LIMIT)
    await each_was_decided_once(hub, ids)

"""What tests of a need's life share: courses, and what came of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.life import NeedChanged, Notice
from schemas.match import Match
from services.matcher.domain.course import Course, Courses, Wave
from services.matcher.domain.policy import Policy
from tests.flow.matcher_facts import demand
from tests.flow.matcher_hub import MatcherHub
from tests.waiting import eventually

S = timedelta(seconds=1)
PATIENT = Course()
QUICK = Course(
    waves=(Wave("own", spare=0, answer_within=6 * S, remind_after=5 * S), Wave("national")),
    goes_on=False,
)
NOW = datetime.now(UTC)


def policy(course: Course) -> Policy:
    """A policy with one course for every demand."""
    return Policy(version="test-1", spread=None, courses=Courses(others=course))


async def told(hub: MatcherHub, kind: str | None = None) -> list[Notice]:
    """The notices (of a kind) in the topic."""
    await hub.relayed()
    found = [e for e in await hub.events() if isinstance(e, Notice)]
    return [e for e in found if kind is None or e.kind == kind]


async def states(hub: MatcherHub, need_id: str) -> list[str]:
    """The states of a need, in order, as they were published."""
    await hub.relayed()
    found = [e for e in await hub.events() if isinstance(e, NeedChanged) and e.need.id == need_id]
    assert [e.version for e in found] == sorted({e.version for e in found})
    return [e.state.value for e in found]


async def asked(hub: MatcherHub, *ids: str, **changes: Any) -> dict[str, Match]:
    """The matches of a demand for which exactly these members are asked."""
    await hub.tell(demand(**changes))
    await eventually(lambda: hub.proposed_are("d-1", set(ids)))
    return {match.supply.id: match for match in await hub.matches("d-1")}


def by_city(match: Match) -> dict[str, Any]:
    """Changes of an answer that the asking city gives."""
    return {"by": {"type": "city", "id": match.need.owner.id}}


async def was_told(hub: MatcherHub, kind: str) -> bool:
    return bool(await told(hub, kind))

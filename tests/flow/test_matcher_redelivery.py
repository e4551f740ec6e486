"""What a matcher has in mind after a batch came again, and after it was started again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from schemas.topics import DEMANDS
from services.runtime.consumer import Batch
from services.runtime.settings import Settings
from tests.flow.matcher_facts import demand, member
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.waiting import eventually

pytestmark = pytest.mark.kafka


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[MatcherHub]:
    """A hub with one matcher."""
    async with hub_of(settings) as running:
        yield running


async def test_a_demand_whose_commit_was_done_and_not_answered_is_looked_at_again(
    hub: MatcherHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database went away between the commit and its answer: the batch comes again, and the
    inbox knows it.
    """
    lost: list[Batch] = []
    whole = Batch.transaction

    @asynccontextmanager
    async def transaction(batch: Batch) -> AsyncIterator[Any]:
        async with whole(batch) as opened:
            yield opened
        if batch.topic is DEMANDS and not lost:
            lost.append(batch)
            raise ConnectionResetError

    monkeypatch.setattr(Batch, "transaction", transaction)
    await hub.tell(member("m-1"))
    await eventually(lambda: hub.indexed_are(1))
    await hub.tell(demand("d-1"))
    await eventually(lambda: hub.proposed_are("d-1", {"m-1"}))
    assert lost
    await hub.tell(member("m-2"))
    await eventually(lambda: hub.proposed_are("d-1", {"m-1", "m-2"}))


async def test_a_stored_need_that_cannot_be_read_keeps_no_other_from_being_looked_at(
    hub: MatcherHub,
) -> None:
    await hub.tell(member("m-1"))
    await eventually(lambda: hub.indexed_are(1))
    await hub.tell(demand("d-0"), demand("d-1"))
    await eventually(lambda: hub.proposed_are("d-0", {"m-1"}))
    await eventually(lambda: hub.proposed_are("d-1", {"m-1"}))
    await hub.stop_matcher()
    await hub.database.execute(
        "UPDATE needs SET facts = facts - 'title', compared_version = NULL WHERE need_id = 'd-0'"
    )
    await hub.start_matcher()
    await hub.tell(member("m-2"))
    await eventually(lambda: hub.proposed_are("d-1", {"m-1", "m-2"}))
    assert await hub.proposed_are("d-0", {"m-1"})

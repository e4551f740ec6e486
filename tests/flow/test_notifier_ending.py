"""A worker that is told to end ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from services.notifier.adapters.postgres_store import Store
from services.notifier.domain.attempts import Delivered, Verdict
from services.notifier.handlers.dispatch import Dispatcher
from services.notifier.use_cases.ports import Claimed
from services.runtime.database import Database
from tests.flow.notifier_parts import until


@pytest.mark.parametrize("turns", range(6))
async def test_a_cancellation_in_the_turn_of_a_wake_up_ends_the_worker(
    database_url: str, turns: int
) -> None:
    database = Database(database_url, "notifier")
    await database.start()
    looks: list[datetime] = []

    async def claim(_limit: int, _lease_s: float, _held: Mapping[str, int]) -> list[Claimed]:
        looks.append(datetime.now(UTC))
        return []

    async def send(_claimed: Claimed) -> Verdict:
        return Delivered("")

    dispatcher = Dispatcher(Store(database), claim, send, poll_s=60)
    worker = asyncio.create_task(dispatcher.run())
    await until(lambda: looks)
    await asyncio.sleep(0.1)  # It waits now; were it earlier, it would end all the more.
    # As a result that comes in does; which of the loop's turns the cancellation meets is the point.
    dispatcher._awake.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    worker.cancel()
    done, _ = await asyncio.wait([worker], timeout=10)
    worker.cancel()
    await asyncio.wait([worker])
    await database.stop()
    assert done

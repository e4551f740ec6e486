"""Which needs a replica has in mind while partitions come and go."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition

from schemas.topics import DEMANDS
from services.matcher.domain.model import Need
from services.matcher.ownership import Ownership
from services.matcher.use_cases.matchmaker import Matchmaker
from tests.unit.matcher.test_matcher_exchange import Here, maker_of
from tests.unit.matcher.things import demand
from tests.waiting import eventually

ZERO = [TopicPartition(DEMANDS.name, 0)]


class Stored:
    """What the database says of open needs; each question is answered when it is `let`."""

    def __init__(self, maker: Matchmaker) -> None:
        self.maker = maker
        self.needs: list[Need] = []
        self.asked = 0
        self.let = asyncio.Semaphore(0)

    async def needs_of(self, topic: str, partitions: Sequence[int]) -> list[Any]:
        self.asked += 1
        found = [(need, (topic, 0)) for need in self.needs]
        await self.let.acquire()
        return found

    async def current(self, needs: Sequence[Need], _: object) -> list[Need]:
        return list(needs)


@pytest.fixture
async def stored() -> Stored:
    """A replica that owns nothing yet."""
    maker = maker_of(Here())
    maker.needs.clear()
    return Stored(maker)


@contextlib.contextmanager
def working(ownership: Ownership) -> Iterator[None]:
    """With its worker."""
    work = asyncio.ensure_future(ownership.take_over())
    try:
        yield
    finally:
        work.cancel()


async def test_a_partition_that_goes_and_comes_back_while_it_is_read_is_read_again(
    stored: Stored,
) -> None:
    ownership = Ownership(stored, DEMANDS)  # type: ignore[arg-type]
    with working(ownership):
        await ownership.on_partitions_assigned(ZERO)
        await eventually(lambda: stored.asked == 1)
        await ownership.on_partitions_revoked(ZERO)
        stored.needs.append(demand())  # by whoever has the partition now
        await ownership.on_partitions_assigned(ZERO)
        stored.let.release()
        stored.let.release()
        await eventually(lambda: list(stored.maker.needs) == [demand().need_id])


async def test_what_goes_while_it_is_read_is_left(stored: Stored) -> None:
    ownership = Ownership(stored, DEMANDS)  # type: ignore[arg-type]
    stored.needs.append(demand())
    with working(ownership):
        await ownership.on_partitions_assigned(ZERO)
        await eventually(lambda: stored.asked == 1)
        await ownership.on_partitions_revoked(ZERO)
        stored.let.release()
        await ownership.on_partitions_assigned([TopicPartition(DEMANDS.name, 1)])
        await eventually(lambda: stored.asked == 2)
        assert not stored.maker.needs

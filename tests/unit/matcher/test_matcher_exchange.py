"""The exchange of one model's index for another's, while supplies go on changing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from services.matcher.domain.eligibility import World
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Vector
from services.matcher.domain.semantic import Centres
from services.matcher.use_cases.changing import ModelChange
from services.matcher.use_cases.matchmaker import Matchmaker
from services.matcher.use_cases.ports import KnownModel, Side
from tests.unit.matcher.things import MODEL, POLICY, demand, index_of, member, unrelated
from tests.waiting import eventually

NEW = KnownModel("new")
COUNT = 130


class Here:
    """An embedder all of whose vectors were computed; ``meanwhile`` runs at each question."""

    model_name = "new"
    away = None
    away_for = 0.0

    def __init__(self) -> None:
        self.asked = 0
        self.meanwhile: Callable[[int], None] = lambda asked: None
        self.closed = False

    async def known(self, texts: Sequence[str], side: Side) -> list[Vector | None]:
        self.asked += 1
        self.meanwhile(self.asked)
        return [None if "poison" in t else np.ones(4, np.float32) for t in texts]

    async def close(self) -> None:
        self.closed = True


class Ledger:
    """What a ledger says once the new model serves."""

    def __init__(self) -> None:
        self.models = self.supplies = self

    async def serving(self) -> KnownModel:
        return NEW

    async def stale(self, model: str, limit: int) -> list[Any]:
        return []

    async def discard(self, keep: timedelta, most: int) -> int:
        return 0


@asynccontextmanager
async def transaction() -> AsyncIterator[Any]:
    yield Ledger()


def change_of(maker: Matchmaker, coming: Here) -> ModelChange:
    """A change that has only its exchange before it."""
    nothing: Any = None
    change = ModelChange(
        maker=maker,
        wanted=NEW,
        index=lambda: SupplyIndex(Centres("new", 4)),
        model=MODEL,
        engine_of=nothing,
        need_of=nothing,
        keep=timedelta(),
    )
    change.coming = coming  # type: ignore[assignment]
    return change


def maker_of(old: Here) -> Matchmaker:
    """A matchmaker with many supplies and a need, by words."""
    found = [member("m-good"), *(unrelated(f"m-{n:03}") for n in range(COUNT))]
    maker = Matchmaker(
        transaction=transaction,
        embedder=old,  # type: ignore[arg-type]
        supplies=index_of(*found),
        world=World({}, {}),
        policy=POLICY,
        model=MODEL,
        clock=lambda: None,  # type: ignore[arg-type, return-value]
    )
    maker.own(demand(), ("demands", 0))
    return maker


async def exchanged(change: ModelChange) -> None:
    """Run the worker until the exchange is made."""
    work = asyncio.create_task(change.run())
    try:
        await eventually(lambda: change.coming is None or work.done())
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


async def test_what_changes_while_the_new_index_is_made_is_in_it() -> None:
    """Some before it is reached, some behind it, and more than are left for the last moment."""
    old, new = Here(), Here()
    maker = maker_of(old)

    def meanwhile(asked: int) -> None:
        if asked == 3:
            for n in range(0, COUNT, 2):
                maker.index(unrelated(f"m-{n:03}", version=2), 0)
        if asked == 8:
            maker.index(unrelated("m-late"), 0)

    new.meanwhile = meanwhile
    served = maker.supplies
    await exchanged(change_of(maker, new))
    assert maker.supplies is not served
    versions = {supply.supply_id: supply.version for supply in maker.supplies}
    assert versions == {supply.supply_id: supply.version for supply in served}
    assert len(versions) == COUNT + 2
    assert maker.supplies.meanings is not None
    assert maker.supplies.meanings.rows == COUNT + 2
    embedder: object = maker.embedder
    assert embedder is new
    assert old.closed
    assert maker.indexed is None


async def test_needs_change_their_vectors_with_the_index() -> None:
    new = Here()
    maker = maker_of(Here())
    await exchanged(change_of(maker, new))
    (need,) = maker.needs.values()
    assert need.vector is not None
    assert need.vector.tolist() == [1, 1, 1, 1]
    assert maker.lacking.is_set()


async def test_what_has_no_vector_yet_is_left_to_be_filled_in() -> None:
    new = Here()
    maker = maker_of(Here())
    poisoned = replace(member("m-bad"), pieces=member("m-bad", "poison").pieces)
    maker.index(poisoned, 0)
    await exchanged(change_of(maker, new))
    assert set(maker.incomplete) == {"m-bad"}

"""A batch in steps: every event in one of them, and the next prepared while one is used."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import CloudEvent
from schemas.topics import DEMANDS
from services.matcher.batches import ahead, identity, newest, steps
from services.runtime.consumer import Batch
from services.runtime.records import Received


@dataclass(frozen=True)
class Fact:
    """A version of a thing."""

    name: str
    version: int


def batch_of(facts: list[tuple[str, int]], unreadable: int = 0) -> Batch:
    """A batch of events, some of them the same."""
    events = [
        Received(
            CloudEvent(f"{name}-{version}", "/jisr/intake", "t", b""),
            Fact(name, version),
            name.encode(),
            DEMANDS.name,
            0,
            offset,
        )
        for offset, (name, version) in enumerate(facts)
    ]
    database: Any = None
    return Batch(events, [None] * unreadable, DEMANDS, "g", "matcher", database)  # type: ignore[list-item]


facts = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3)), max_size=10)


@given(facts, st.integers(0, 2), st.booleans())
def test_steps_hold_every_event_once_in_order(
    told: list[tuple[str, int]], unreadable: int, at_once: bool
) -> None:
    batch = batch_of(told, unreadable)
    found = steps(batch, "name", at_once=at_once)
    assert [e for step in found for e in step.batch.events] == list(batch.events)
    assert len(found[-1].batch.unreadable) == unreadable  # none is committed and then repeated
    assert not any(step.batch.unreadable for step in found[:-1])


@given(facts)
def test_each_step_has_one_thing_and_all_have_what_is_new(told: list[tuple[str, int]]) -> None:
    batch = batch_of(told)
    found = steps(batch, "name", at_once=False)
    latest = [e for step in found for e in step.latest]
    assert {identity(e) for e in latest} == {identity(e) for e in newest(batch.events, "name")}
    assert all(len(step.latest) <= 1 for step in found)
    for step in found:
        assert {identity(e) for e in step.latest} <= {identity(e) for e in step.batch.events}


async def test_the_next_is_prepared_while_one_is_used() -> None:
    begun: list[int] = []

    async def prepare(item: int) -> int:
        begun.append(item)
        return 10 * item

    used: list[tuple[int, int]] = []
    async with aclosing(ahead([1, 2, 3], prepare)) as ready:
        async for item, made in ready:
            used.append((item, made))
            if item == 1:
                assert begun == [1, 2]
    assert used == [(1, 10), (2, 20), (3, 30)]
    assert begun == [1, 2, 3]


async def test_the_first_is_used_before_the_second_is_ready() -> None:
    second = asyncio.Event()

    async def prepare(item: int) -> int:
        if item == 2:
            await second.wait()
        return item

    async with aclosing(ahead([1, 2], prepare)) as ready:
        assert await anext(ready) == (1, 1)
        second.set()
        assert await anext(ready) == (2, 2)


@pytest.mark.parametrize("at_fault", ["prepare", "use"])
async def test_nothing_goes_on_after_a_failure(at_fault: str) -> None:
    cancelled: list[int] = []

    async def prepare(item: int) -> int:
        if item == 1:
            return 1 // (at_fault == "use")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(item)
            raise
        return item

    async def use() -> None:
        async with aclosing(ahead([1, 2, 3], prepare)) as ready:
            async for _ in ready:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await use()
    assert cancelled == [2]

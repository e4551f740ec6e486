"""Small pieces of work share a transaction, and none pays for the fault of another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from services.notifier.adapters.together import Together


@dataclass
class Store:
    """Transactions whose writes are kept when they commit; ``kept``: those of each. After ``most``
    none begins any more; ``tried``: how many were to.
    """

    most: int = 1_000
    tried: int = 0
    kept: list[list[str]] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[list[str]]:
        written: list[str] = []
        self.tried += 1
        if self.tried > self.most:
            raise ConnectionError("the database is away")
        self.begun.set()
        yield written
        await self.may_end.wait()
        self.kept.append(written)


async def write(word: str, ledger: list[str]) -> str:
    if word.startswith("bad"):
        raise ValueError(word)
    ledger.append(word)
    return word.upper()


def begin(together: Together[list[str]], *words: str) -> list[asyncio.Task[str]]:
    return [
        asyncio.create_task(together.within(word, lambda ledger, word=word: write(word, ledger)))  # type: ignore[misc]
        for word in words
    ]


async def test_what_waits_while_one_runs_goes_with_the_next_in_its_order() -> None:
    store = Store()
    together = Together(store.transaction)
    first = begin(together, "z")
    await store.begun.wait()
    rest = begin(together, "c", "a", "b")
    await asyncio.sleep(0)
    store.may_end.set()
    assert await asyncio.gather(*first, *rest) == ["Z", "C", "A", "B"]
    assert store.kept == [["z"], ["a", "b", "c"]]


async def test_nobody_has_its_result_before_it_is_committed() -> None:
    store = Store()
    [one] = begin(Together(store.transaction), "a")
    await store.begun.wait()
    await asyncio.sleep(0)
    assert not one.done()
    store.may_end.set()
    assert await one == "A"


async def test_one_that_fails_takes_no_other_with_it() -> None:
    store = Store()
    store.may_end.set()
    tasks = begin(Together(store.transaction), "a", "bad", "c")
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [done[0], done[2]] == ["A", "C"]
    assert isinstance(done[1], ValueError)
    assert store.kept == [["a"], ["c"]]


@pytest.mark.parametrize("most", [0, 1, 2])
async def test_a_database_that_is_away_is_waited_for_once_and_not_by_each(most: int) -> None:
    store = Store(most)
    store.may_end.set()
    done = await asyncio.gather(
        *begin(Together(store.transaction), "a", "bad", "c", "d"), return_exceptions=True
    )
    assert store.tried == most + 1
    assert done[0] == "A" if most == 2 else isinstance(done[0], Exception)
    assert all(isinstance(one, Exception) for one in done[1:])


async def test_a_transaction_takes_so_many_and_what_nobody_waits_for_is_not_done() -> None:
    store = Store()
    together = Together(store.transaction, most=2)
    [first, *rest] = begin(together, "z", "a", "b", "c", "d")
    await store.begun.wait()
    await asyncio.sleep(0)
    rest[-1].cancel()
    store.may_end.set()
    assert await asyncio.gather(first, *rest[:-1]) == ["Z", "A", "B", "C"]
    with pytest.raises(asyncio.CancelledError):
        await rest[-1]
    assert sorted(word for words in store.kept for word in words) == ["a", "b", "c", "z"]
    assert max(map(len, store.kept)) == 2

"""Threads for calls that block: counted by lane, so that those that hang take no others."""

from __future__ import annotations

import asyncio
import threading

import pytest

from services.notifier.adapters.push_threads import LaneIsFull, Threads


async def test_what_hangs_in_one_lane_holds_up_no_other_and_gets_no_more_threads() -> None:
    threads, ended = Threads(of_lane=2), threading.Event()
    hanging = [asyncio.create_task(threads.run("a", ended.wait, 60)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(LaneIsFull):
        await threads.run("a", ended.wait, 60)
    assert await threads.run("b", lambda: 7, 60) == 7
    ended.set()
    assert await asyncio.gather(*hanging) == [True, True]
    assert await threads.run("a", lambda: 8, 60) == 8


async def test_one_that_nobody_waits_for_any_more_still_counts_until_it_ends() -> None:
    threads, ended = Threads(of_lane=1), threading.Event()
    with pytest.raises(TimeoutError):
        await threads.run("a", ended.wait, 0.01)
    with pytest.raises(LaneIsFull):
        await threads.run("a", ended.wait, 60)
    ended.set()
    while True:
        try:
            assert await threads.run("a", lambda: 9, 60) == 9
        except LaneIsFull:
            await asyncio.sleep(0.01)
        else:
            break


async def test_what_is_raised_in_a_thread_is_raised_here_and_frees_it() -> None:
    threads = Threads(of_lane=1)

    def fail() -> None:
        raise ValueError("no")

    for _ in range(3):
        with pytest.raises(ValueError, match="no"):
            await threads.run("a", fail, 60)

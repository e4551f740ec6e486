"""The relay ends when it is told to."""

from __future__ import annotations

import asyncio

import pytest

from services.runtime.database import Database
from services.runtime.relay import Relay


@pytest.mark.parametrize("steps", range(6))
async def test_a_relay_that_is_woken_and_cancelled_at_once_is_cancelled(steps: int) -> None:
    """`asyncio.wait_for` of Python 3.11 forgets a cancellation that comes with the result."""
    relay = Relay(Database("", "matcher"), "", poll=30)
    waiting = asyncio.create_task(relay._wait())
    for _ in range(3):
        await asyncio.sleep(0)
    relay.wake()
    for _ in range(steps):
        await asyncio.sleep(0)
    cancelled_in_time = waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled() == cancelled_in_time


async def test_a_relay_looks_again_when_nobody_wakes_it() -> None:
    relay = Relay(Database("", "matcher"), "", poll=0.01)
    async with asyncio.timeout(20):
        await relay._wait()

"""Waiting for what must become true, instead of sleeping for luck."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(
    condition: Callable[[], T | Awaitable[T]], limit: float = 20.0, every: float = 0.05
) -> T:
    """The first true value of ``condition``; AssertionError after ``limit`` seconds without."""
    end = time.monotonic() + limit
    while True:
        found = condition()
        value = await found if inspect.isawaitable(found) else found
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit} s: {inspect.getsource(condition).strip()}")
        await asyncio.sleep(every)

"""Waiting for what must become true, instead of sleeping for luck."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(
    condition: Callable[[], Awaitable[T | None]], limit: float = 20.0, every: float = 0.05
) -> T: ...


@overload
async def eventually(
    condition: Callable[[], T | None], limit: float = 20.0, every: float = 0.05
) -> T: ...


async def eventually(condition: Callable[[], Any], limit: float = 20.0, every: float = 0.05) -> Any:
    """The first true value of ``condition``; AssertionError after ``limit`` seconds without."""
    end = time.monotonic() + limit
    while True:
        found = condition()
        value = await found if inspect.isawaitable(found) else found
        if value:
            return value
        if time.monotonic() > end:
            waited_for = condition.func if isinstance(condition, partial) else condition
            raise AssertionError(f"not within {limit} s: {inspect.getsource(waited_for).strip()}")
        await asyncio.sleep(every)

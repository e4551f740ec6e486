"""Many small pieces of work in one transaction: what waits while one runs goes with the next.

A transaction for each is a commit (a write to disk) and a connection for each. Those that come one
by one still go at once, each by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Ledger = TypeVar("Ledger")
Result = TypeVar("Result")


@dataclass(frozen=True)
class _Piece(Generic[Ledger]):
    order: str
    work: Callable[[Ledger], Awaitable[Any]]
    done: asyncio.Future[Any]


@dataclass
class Together(Generic[Ledger]):
    """Pieces of work in transactions of at most ``most``. ``transaction`` commits at its end."""

    transaction: Callable[[], AbstractAsyncContextManager[Ledger]]
    most: int = 32
    _waiting: list[_Piece[Ledger]] = field(default_factory=list, init=False)
    _running: asyncio.Task[None] | None = field(default=None, init=False)

    async def within(self, order: str, work: Callable[[Ledger], Awaitable[Result]]) -> Result:
        """What ``work`` gives, once it is committed. It may be done again when another piece of the
        same transaction fails, of which nothing was kept then.

        Pieces are done by their ``order`` (of code points), which is that of the locks they take,
        so that no two wait for each other.
        """
        piece = _Piece(order, work, asyncio.get_running_loop().create_future())
        self._waiting.append(piece)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        result: Result = await piece.done
        return result

    async def _run(self) -> None:
        while self._waiting:
            pieces, self._waiting = self._waiting[: self.most], self._waiting[self.most :]
            pieces = [piece for piece in pieces if not piece.done.done()]
            await self._carry_out(sorted(pieces, key=lambda piece: piece.order))

    async def _carry_out(self, pieces: list[_Piece[Ledger]]) -> bool:
        """Whether the transaction began."""
        begun = False
        try:
            async with self.transaction() as ledger:
                begun = True
                found = [await piece.work(ledger) for piece in pieces]
        except Exception as error:
            if begun and len(pieces) > 1:
                await self._each_by_itself(pieces, error)
            else:
                _fail(pieces, error)
            return begun
        for piece, result in zip(pieces, found, strict=True):
            if not piece.done.done():
                piece.done.set_result(result)
        return True

    async def _each_by_itself(self, pieces: list[_Piece[Ledger]], error: Exception) -> None:
        for number, piece in enumerate(pieces, start=1):
            if not await self._carry_out([piece]):
                # The database is away: to wait for that once is enough.
                _fail(pieces[number:], error)
                return


def _fail(pieces: Sequence[_Piece[Any]], error: Exception) -> None:
    for piece in pieces:
        if not piece.done.done():
            piece.done.set_exception(error)

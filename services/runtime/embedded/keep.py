"""Starts again what the hub started for itself and what has ended without being asked to."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from .exceptions import EmbeddedServerError, ServerEnded
from .server import Server

_PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
_SETTLED_S = 60.0
_ASK_EVERY_S = 0.5
_SAFE = "nothing that was answered 202 is lost"


class Keeper:
    """Looks after ``servers``, which are running.

    One that ends is started again on its port and its data: at once, then after each of
    ``pauses_s``. Who ends again within ``settled_s`` of a start has not come back, and the
    tries go on being counted. ``say`` gets one line for each change. ``clock`` counts seconds.
    """

    def __init__(
        self,
        servers: Sequence[Server],
        say: Callable[[str], None],
        pauses_s: Sequence[float] = _PAUSES_S,
        settled_s: float = _SETTLED_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._servers = servers
        self._say = say
        self._pauses_s = pauses_s
        self._settled_s = settled_s
        self._clock = clock
        self._tries: dict[Server, int] = {}
        self._back_at: dict[Server, float] = {}
        self._trouble: dict[Server, str] = {}

    def told(self, text: str, server: Server | None) -> str:
        """``text`` about ``server`` (None: nobody's that is kept here), and what ails it now."""
        trouble = self._trouble.get(server) if server is not None else None
        return f"{text}: {trouble}" if trouble else text

    async def run(self) -> None:
        """Look after them until cancelled. Raises `ServerEnded` for one that cannot be kept."""
        while True:
            for server in self._servers:
                if not server.running:
                    await self._bring_back(server)
            await asyncio.sleep(_ASK_EVERY_S)

    async def _bring_back(self, server: Server) -> None:
        how = f"has ended (exit {server.exit_code})"
        if not server.keeps_data:
            raise ServerEnded(
                f"{server.name}, which this hub started, {how}, and it keeps nothing on disk: "
                f"start the hub again, which publishes everything anew; {_SAFE}"
            )
        if self._clock() - self._back_at.get(server, -math.inf) > self._settled_s:
            self._tries[server] = 0
        self._say(f"{server.name} {how}; starting it again on the same data")
        while not server.running:
            await self._try(server, how)
        del self._trouble[server]
        self._back_at[server] = self._clock()
        self._say(f"{server.name} runs again; {_SAFE}")

    async def _try(self, server: Server, how: str) -> None:
        done, most = self._tries[server], len(self._pauses_s)
        if done == most:
            raise ServerEnded(
                f"{server.name}, which this hub started, {how} and did not stay in {most} tries. "
                f"Its log is in {server.folder}. Start the hub again; {_SAFE}"
            )
        self._tries[server] = done + 1
        self._trouble[server] = f"{how} and is being started again, try {done + 1} of {most}"
        await asyncio.sleep(self._pauses_s[done])
        try:
            # In a thread: it waits. A cancelled one ends before the event loop does, and what
            # it started is stopped with the rest.
            await asyncio.to_thread(server.start)
        except EmbeddedServerError as error:
            self._say(f"{server.name} did not start: {str(error).splitlines()[0]}")


async def keeping(keeper: Keeper, work: Coroutine[Any, Any, None]) -> None:
    """Do ``work`` while ``keeper`` looks after its servers.

    Raises what ``work`` raises, and `ServerEnded` after ``work`` was cancelled and has ended.
    """
    tasks = [asyncio.create_task(work), asyncio.create_task(keeper.run(), name="keeper")]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()

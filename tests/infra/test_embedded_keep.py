"""A server that ends without being asked to is started again, or the hub ends in words."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Self

import asyncpg
import pytest

from services.runtime.embedded import EmbeddedPostgres, Keeper, ServerEnded, keeping
from services.runtime.embedded.exceptions import EmbeddedServerError
from services.runtime.embedded.server import Server
from services.runtime.embedded.supervise import Child
from tests.waiting import eventually

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="children are tied to us on Linux"),
    pytest.mark.slow,
]


class Sleeper(Server):
    """A process that sleeps; ``starts`` says of each start, in order, whether it succeeds."""

    name = "Sleeper"
    stop_limit_s = 5

    def __init__(self, data: Path, *starts: bool) -> None:
        super().__init__(data, 1)
        self._starts = list(starts)

    def start(self) -> Self:
        if not (self._starts.pop(0) if self._starts else True):
            raise EmbeddedServerError("Sleeper did not start: it is tired.\nmore")
        self._child = Child.spawn(
            [sys.executable, "-c", "import time; time.sleep(600)"],
            log=self._data / "log",
            death_signal=signal.SIGKILL,
            env={},
        )
        return self


class Forgetful(Sleeper):
    """One that keeps nothing."""

    name = "Forgetful"
    keeps_data = False


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as running:
        yield running


async def test_a_killed_database_is_back_on_its_port_with_its_data(
    postgres: EmbeddedPostgres, said: list[str]
) -> None:
    async def number() -> int | None:
        try:
            connection = await asyncpg.connect(postgres.dsn, timeout=10)
        except (OSError, asyncpg.PostgresError):
            return None
        kept: int = await connection.fetchval("SELECT n FROM kept")
        await connection.close()
        return kept

    async def killed() -> None:
        connection = await asyncpg.connect(postgres.dsn)
        await connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        await connection.close()
        before = postgres.pid
        os.kill(before, signal.SIGKILL)
        await eventually(lambda: postgres.pid != before)
        assert await eventually(number) == 7

    await keeping(Keeper([postgres], said.append), killed())
    assert said[0] == "PostgreSQL has ended (exit -9); starting it again on the same data"


async def test_a_start_that_fails_is_tried_again_and_told_meanwhile(
    tmp_path: Path, said: list[str]
) -> None:
    server = Sleeper(tmp_path, True, False, True).start()
    keeper = Keeper([server], said.append, pauses_s=(0, 0.3, 0.3))

    async def killed() -> None:
        server.kill()
        told = "Sleeper 1: has ended (exit -9) and is being started again, try 2 of 3"
        await eventually(lambda: keeper.told("Sleeper 1", server) == told)
        await eventually(lambda: "Sleeper runs again" in said[-1])
        assert keeper.told("Sleeper 1", server) == "Sleeper 1"

    try:
        await keeping(keeper, killed())
    finally:
        server.kill()
    assert "Sleeper did not start: Sleeper did not start: it is tired." in said


async def test_after_the_last_try_the_work_is_ended_in_order_and_says_why(
    tmp_path: Path, said: list[str]
) -> None:
    server = Sleeper(tmp_path, True, False, False).start()
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    server.kill()
    with pytest.raises(ServerEnded, match=r"has ended \(exit -9\) and did not stay in 2 tries"):
        await keeping(Keeper([server], said.append, pauses_s=(0, 0)), work())
    assert ended.is_set()


async def test_one_that_ends_again_at_once_is_not_started_for_ever(
    tmp_path: Path, said: list[str]
) -> None:
    server = Sleeper(tmp_path).start()
    keeper = Keeper([server], said.append, pauses_s=(0, 0, 0))

    async def kill_each() -> None:
        while True:
            server.kill()
            await asyncio.sleep(0.05)

    with pytest.raises(ServerEnded, match="did not stay in 3 tries"):
        await keeping(keeper, kill_each())


async def test_one_that_stayed_long_enough_has_all_its_tries_again(
    tmp_path: Path, said: list[str]
) -> None:
    now = 0.0
    server = Sleeper(tmp_path).start()
    keeper = Keeper([server], said.append, pauses_s=(0,), settled_s=60, clock=lambda: now)

    def came_back(times: int) -> bool:
        return said.count("Sleeper runs again; nothing that was answered 202 is lost") == times

    async def killed_twice() -> None:
        nonlocal now
        for times in (1, 2):
            server.kill()
            await eventually(partial(came_back, times))
            now += 61

    try:
        await keeping(keeper, killed_twice())
    finally:
        server.kill()


async def test_one_that_keeps_nothing_is_not_started_empty_under_a_running_hub(
    tmp_path: Path, said: list[str]
) -> None:
    server = Forgetful(tmp_path).start()
    server.kill()
    with pytest.raises(ServerEnded, match="publishes everything anew"):
        await keeping(Keeper([server], said.append), asyncio.sleep(600))

"""A broker that is away too long makes a service not ready, and its return mends that."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.runtime.broker_watch import BrokerWatch
from services.runtime.database import SERVICES
from services.runtime.service import create_service
from services.runtime.settings import Settings
from tests.waiting import eventually


class Line:
    """A way to the broker of the run that can be cut and mended; or go dead without a word."""

    def __init__(self, broker: str) -> None:
        host, port = broker.split(":")
        self._broker = (host, int(port))
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._port = 0
        self._is_cut = True
        self.dead = False

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        self._is_cut = False

    def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        self._is_cut = True
        for writer in self._open:
            writer.close()
        self._open.clear()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_broker, to_broker = await asyncio.open_connection(*self._broker)
        if self._is_cut:  # while this one was being joined
            writer.close()
            to_broker.close()
            return
        self._open |= {writer, to_broker}
        await asyncio.gather(self._carry(reader, to_broker), self._carry(from_broker, writer))

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                if not self.dead:
                    target.write(data)
        target.close()


@pytest.fixture
async def line(kafka: str) -> AsyncIterator[Line]:
    made = Line(kafka)
    await made.mend()
    yield made
    made.cut()


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_is_not_ready_while_its_broker_is_away_and_well_again_by_itself(
    name: str, settings: Settings, line: Line
) -> None:
    apart = {"kafka_bootstrap_servers": line.address, "broker_away_s": 0.6}
    service = create_service(name, settings.model_copy(update=apart), FastAPI())
    transport = httpx.ASGITransport(app=service.http)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as http:

        async def answers(status: int) -> dict[str, Any] | None:
            answer = await http.get("/readyz")
            facts: dict[str, Any] = answer.json()
            return facts if answer.status_code == status else None

        await service.start()
        try:
            ready = await answers(200)
            assert ready is not None
            assert ready["broker_answers"] is True
            line.cut()
            away = await eventually(lambda: answers(503))
            assert away["broker_answers"] is False
            assert f"the broker at {line.address} has not answered for" in away["why"]
            await line.mend()
            assert "why" not in await eventually(lambda: answers(200))
        finally:
            await service.stop()


async def test_a_short_absence_is_no_reason_to_send_work_elsewhere(line: Line) -> None:
    now = 100.0
    watch = BrokerWatch(line.address, 30, clock=lambda: now)
    await watch.ask()
    line.cut()
    now += 29
    await watch.ask()
    assert watch.absence() is None
    now += 1
    assert "for 30 s" in (watch.absence() or "")
    await line.mend()
    await watch.ask()
    assert watch.absence() is None


async def test_a_broker_that_takes_a_question_and_says_nothing_is_away(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.runtime.broker_watch._LONGEST_ANSWER_S", 0.5)
    now = 100.0
    watch = BrokerWatch(line.address, 30, clock=lambda: now)
    await watch.ask()
    line.dead = True
    await watch.ask()
    now += 31
    assert watch.absence() is not None


async def test_one_broker_of_several_is_enough(line: Line) -> None:
    now = 100.0
    watch = BrokerWatch(f"127.0.0.1:1,{line.address}", 30, clock=lambda: now)
    now += 31
    await watch.ask()
    assert watch.absence() is None

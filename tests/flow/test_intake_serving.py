"""Intake behind a real HTTP server: what arrives in pieces, keys, trouble, documentation."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import jsonschema
import pytest
import uvicorn

from services.intake.adapters.keys import (
    Keys,
    NotASource,
    SourceHasAnotherRole,
    create_key,
    list_keys,
    register_source,
    revoke_key,
)
from services.intake.app import create_app
from services.intake.domain.speakers import Role, Speaker
from services.runtime.settings import Settings
from tests.flow.intake_door import Door, demand, open_door


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    async with open_door(database_url) as opened:
        yield opened


@asynccontextmanager
async def served(door: Door, database_url: str) -> AsyncIterator[int]:
    """The port of a uvicorn that serves intake."""
    service = create_app(Settings(_env_file=None, database_url=database_url))
    await service.database.start()
    config = uvicorn.Config(service.http, port=0, lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await running
        await service.database.stop()


async def talk(port: int, key: str, headers: str, *pieces: bytes) -> tuple[int, bytes]:
    """Send a POST in pieces; the status and body that come back, and what else is said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"POST /v1/demands HTTP/1.1\r\nHost: intake\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nConnection: close\r\n{headers}\r\n\r\n"
    )
    try:
        writer.write(head.encode())
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(10):
            answer = await reader.read()
    except ConnectionError:  # the server answered and closed before it had read everything
        answer = await reader.read()
    finally:
        writer.close()
    head_end = answer.partition(b"\r\n\r\n")
    return int(answer.split(b" ", 2)[1]), head_end[2]


def chunked(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def test_bodies_are_counted_as_they_arrive(door: Door, database_url: str) -> None:
    body = json.dumps(demand()).encode()
    key = door.keys["city:settat"]
    async with served(door, database_url) as port:
        status, _ = await talk(port, key, f"Content-Length: {len(body)}", body)
        assert status == 202
        pieces = [chunked(body[:50]), chunked(body[50:]), b"0\r\n\r\n"]
        status, answer = await talk(port, key, "Transfer-Encoding: chunked", *pieces)
        assert (status, json.loads(answer)["status"]) == (202, "unchanged")
        # Declared too large: refused without a byte of it.
        status, answer = await talk(port, key, "Content-Length: 99999999")
        assert (status, json.loads(answer)["status"]) == (413, 413)
        # Never declared, and never ending.
        endless = [chunked(b" " * 8_192)] * 16
        status, _ = await talk(port, key, "Transfer-Encoding: chunked", *endless)
        assert status == 413
        # More than declared: what follows is another request, not part of this one.
        status, _ = await talk(port, key, "Content-Length: 2", b"{}" + b"x" * 10)
        assert status == 422
    assert len(await door.events()) == 1


async def test_whatever_dies_what_was_answered_202_is_there(door: Door, database_url: str) -> None:
    admin = await asyncpg.connect(database_url)

    async def kill() -> None:
        for _ in range(8):
            await asyncio.sleep(0.03)
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'jisr-intake' AND datname = current_database()"
            )

    async def post(number: int) -> tuple[str, int]:
        await asyncio.sleep(number * 0.003)
        name = f"SET-{number}"
        return name, (await door.post(demand(external_id=name))).status_code

    answers, _ = await asyncio.gather(asyncio.gather(*(post(n) for n in range(100))), kill())
    facts = {r["external_id"] for r in await admin.fetch("SELECT external_id FROM intake.facts")}
    values = await admin.fetch("SELECT value FROM intake.outbox")
    await admin.close()
    assert {status for _, status in answers} == {202, 503}
    assert {name for name, status in answers if status == 202} <= facts
    assert sorted(json.loads(row["value"])["external_id"] for row in values) == sorted(facts)


async def test_a_key_is_shown_once_and_kept_as_a_hash(door: Door) -> None:
    new = await create_key(door.database, "city:fes", Role.CITY)
    assert re.fullmatch(r"jisr_[A-Za-z0-9_-]{43}", new.key)
    dump = await door.database.pool.fetch("SELECT k::text AS row FROM api_keys k")
    assert not [row for row in dump if new.key in row["row"]]
    (known,) = await list_keys(door.database, "city:fes")
    assert (known.key_id, known.source, known.role) == (new.key_id, "city:fes", Role.CITY)
    assert new.key not in repr(known)


async def test_a_revoked_key_is_refused_within_five_seconds(door: Door) -> None:
    now = 0.0
    keys = Keys(door.database, clock=lambda: now)
    new = await create_key(door.database, "city:fes")
    assert await keys.speaker(new.key) == Speaker("city:fes", Role.CITY)
    assert await revoke_key(door.database, new.key_id)
    assert not await revoke_key(door.database, new.key_id)
    now = 4.9
    assert await keys.speaker(new.key) is not None
    now = 5.1
    assert await keys.speaker(new.key) is None


async def test_a_source_keeps_its_role_unless_it_is_registered_anew(door: Door) -> None:
    with pytest.raises(SourceHasAnotherRole):
        await create_key(door.database, "city:settat", Role.HUB)
    assert (await create_key(door.database, "cluster:mnc")).role is Role.CLUSTER
    await register_source(door.database, "city:settat", Role.CLUSTER)
    assert (await create_key(door.database, "city:settat")).role is Role.CLUSTER
    for bad in ("", "a b", "é", "a" * 121, "a\x00"):
        with pytest.raises(NotASource):
            await create_key(door.database, bad)


async def test_the_docs_page_needs_nothing_from_elsewhere(door: Door) -> None:
    for page in ("/docs", "/redoc"):
        answer = await door.client.get(page)
        assert answer.status_code == 200
        needed = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        assert needed
        for address in needed:
            assert address.startswith("/")
            assert (await door.client.get(address)).status_code == 200


async def test_the_topics_are_documented_beside_the_addresses(door: Door) -> None:
    page = await door.client.get("/asyncapi")
    assert page.status_code == 200
    assert "jisr.submissions.v1" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    document = (await door.client.get("/asyncapi.json")).json()
    assert document["asyncapi"] == "3.0.0"
    start = await door.client.get("/")
    assert (start.status_code, start.headers["location"]) == (307, "/docs")


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    if isinstance(value, list):
        return set().union(*map(references, value))
    return set()


async def test_the_openapi_document_is_whole_and_its_examples_are_valid(door: Door) -> None:
    document = (await door.client.get("/openapi.json")).json()
    for reference in references(document):
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
    shown = 0
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path.startswith("/v1/"):
                assert operation["security"] == [{"HTTPBearer": []}]
                assert "401" in operation["responses"]
            content = operation.get("requestBody", {}).get("content", {})
            for media in content.values():
                schema = {**document, **media["schema"]}
                for example in media.get("examples", {}).values():
                    jsonschema.validate(example["value"], schema)
                    shown += 1
    assert shown >= 10


async def test_the_examples_of_the_documentation_are_accepted(door: Door) -> None:
    document = (await door.client.get("/openapi.json")).json()
    for path in ("/v1/demands", "/v1/offers"):
        media = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        for example in media["examples"].values():
            answer = await door.ask("POST", path, example["value"], source="hub")
            assert answer.status_code == 202, answer.text

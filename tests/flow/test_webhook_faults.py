"""Receivers that hang, drip, flood, hang up or lie; addresses that lead inside."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.runtime.egress import targets
from tests.flow.certificates import make
from tests.flow.hook_parts import Hub, changed, matched, need, open_hub, receiving
from tests.flow.notifier_parts import until

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw(talk: Talk, tls: Any = None) -> AsyncIterator[tuple[str, list[int]]]:
    """A TCP server that does as ``talk`` says after a request's head; its address, and one entry
    for each connection.
    """
    met: list[int] = []
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(1)
        writers.append(writer)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/hook", met
    finally:
        server.close()
        for writer in writers:
            writer.close()


async def hang(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 4000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(1)


async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    for _number in range(16_384):
        writer.write(b"\0" * 65_536)
        await writer.drain()


async def flood_headers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _number in range(16_384):
        writer.write(b"x" * 65_536)
        await writer.drain()


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 ")
    await writer.drain()


async def nonsense(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await writer.drain()


async def _first(hub: Hub) -> dict[str, Any]:
    """The first result that was recorded."""

    async def there() -> bool:
        return bool(await hub.results())

    await until(there)
    return (await hub.results())[0]


@pytest.mark.parametrize(
    ("talk", "detail"),
    [
        (hang, "no answer within 1 s"),
        (drip, "no answer within 1 s"),
        (flood_headers, "the answer cannot be read"),
        (hang_up, "the connection ended before an answer"),
        (nonsense, "the answer cannot be read"),
    ],
)
async def test_a_receiver_that_gives_no_answer_is_tried_again_later(
    database_url: str, talk: Talk, detail: str
) -> None:
    async with open_hub(database_url) as hub, raw(talk) as (url, met):
        await hub.register(url)
        await hub.tell(changed())
        result = await _first(hub)
        assert (result["state"], result["detail"]) == ("retrying", detail)
        assert len(met) == 1


async def test_an_answer_of_a_gigabyte_is_not_read(database_url: str) -> None:
    async with open_hub(database_url, webhook_timeout_s=20.0) as hub, raw(flood) as (url, met):
        await hub.register(url)
        await hub.tell(changed())
        result = await _first(hub)
        # The status came before the flood, so it counts; the connection is not used again.
        assert (result["state"], result["detail"]) == ("delivered", "200 OK")
        await hub.tell(changed(version=2))
        await until(lambda: len(met) == 2)


async def test_a_bad_certificate_is_a_failure_that_is_said(
    database_url: str, tmp_path: Path
) -> None:
    async with (
        open_hub(database_url) as hub,
        raw(nonsense, make(tmp_path).server_side()) as (url, _),
    ):
        await hub.register(url)
        await hub.tell(changed())
        result = await _first(hub)
        assert result["state"] == "retrying"
        assert result["detail"].startswith("the certificate is not valid")


async def test_nobody_listening_is_a_failure_that_names_no_host(database_url: str) -> None:
    async with open_hub(database_url) as hub:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        await hub.register(f"http://127.0.0.1:{port}/")
        await hub.tell(changed())
        result = await _first(hub)
        assert result["detail"] == "Connection refused"


async def test_a_redirection_is_not_followed(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as inside:

        async def redirect(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            location = f"Location: {inside.url}\r\nContent-Length: 0\r\n\r\n"
            writer.write(f"HTTP/1.1 307 Temporary Redirect\r\n{location}".encode())
            await writer.drain()

        async with raw(redirect) as (url, _):
            await hub.register(url)
            await hub.tell(changed())
            result = await _first(hub)
            assert result["detail"] == "307 Temporary Redirect"
            assert not inside.arrivals


async def test_a_name_that_leads_inside_by_now_is_refused_at_the_connection(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # DNS rebinding: a public name when it was registered, loopback when it is connected to.
    async with open_hub(database_url, webhook_loopback=False) as hub, receiving() as inside:
        known = socket.getaddrinfo

        def rebound(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
            if host == "rebound.settat.example":
                return known("127.0.0.1", inside.port, *args, **kwargs)
            return known(host, port, *args, **kwargs)

        await hub.register("https://rebound.settat.example/hook")
        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        await hub.tell(changed())
        result = await _first(hub)
        assert result["detail"] == "the name leads to an address that is loopback"
        assert not inside.arrivals


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"])
async def test_a_literal_that_slipped_into_the_book_is_refused_at_the_connection(
    database_url: str, host: str
) -> None:
    async with open_hub(database_url, webhook_loopback=False) as hub, receiving() as inside:
        await hub.register("https://hooks.settat.example/")
        await hub.admin.execute(
            "UPDATE vault.endpoints SET url = $1", f"http://{host}:{inside.port}/hook"
        )
        await hub.tell(changed())
        result = await _first(hub)
        assert result["detail"].startswith("the name leads to an address that is")
        assert not inside.arrivals


async def test_an_address_inside_is_refused_when_it_is_registered(database_url: str) -> None:
    async with open_hub(database_url, webhook_loopback=False) as hub:
        for url in ("http://127.0.0.1/", "https://10.0.0.1/", "https://hooks.example:22/"):
            answer = await hub.door.ask("POST", "/v1/webhooks", {"url": url})
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"] == "/url"
    assert targets.Egress().refuses("127.0.0.1", 443)


async def test_one_that_hangs_holds_up_nobody_else(database_url: str) -> None:
    async with (
        open_hub(database_url, webhook_timeout_s=20.0, webhook_slots=16) as hub,
        raw(hang) as (slow, met),
        receiving() as quick,
    ):
        await hub.register(slow, "city:oujda")
        await hub.register(quick.url)
        theirs = need(id="d-2", source="city:oujda")
        await hub.tell(*(changed(need=theirs, version=number) for number in range(1, 101)))
        await until(lambda: met)
        started = time.monotonic()
        await hub.tell(*(matched(match_id=f"m-{number}") for number in range(100)))
        await until(lambda: len(quick.arrivals) == 100)
        assert time.monotonic() - started < 15  # not the 20 s of those that hang
        assert len(met) <= 8


async def test_a_lane_is_worked_off_without_waiting_for_the_next_look(database_url: str) -> None:
    async with open_hub(database_url) as hub, receiving() as receiver:
        hub.dispatcher.poll_s = 3600.0
        await hub.register(receiver.url)
        await hub.tell(*(matched(match_id=f"m-{number}") for number in range(300)))
        await until(lambda: _delivered(hub, 300), 30)
        assert len(receiver.arrivals) == 300


async def test_a_worker_that_died_loses_nothing_and_changes_no_id(database_url: str) -> None:
    async with receiving() as receiver:
        async with open_hub(database_url) as hub:
            await hub.register(receiver.url)

            async def die(_: Any) -> Any:
                raise asyncio.CancelledError

            hub.dispatcher.send = die
            await hub.tell(*(matched(match_id=f"m-{number}") for number in range(20)))
            await until(lambda: _claimed(hub))
        async with open_hub(database_url) as hub:
            await hub.hurry()
            await until(lambda: _delivered(hub, 20))
            ids = [one.id for one in receiver.arrivals]
            rows = await hub.deliveries()
            assert sorted(ids) == sorted(str(one["delivery_id"]) for one in rows)


async def _claimed(hub: Hub) -> bool:
    return any(one["attempt"] for one in await hub.deliveries())


async def _delivered(hub: Hub, count: int) -> bool:
    return (await hub.states()).count("delivered") == count

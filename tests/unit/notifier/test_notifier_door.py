"""The headers that guard every page."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI, Response

from services.notifier.handlers.door import HEADERS, Guard


async def headers_of(public_url: str, path: str = "/page") -> httpx.Headers:
    http = FastAPI()
    http.add_middleware(Guard, public_url=public_url)
    kept = {"Cache-Control": "public, max-age=60"}
    http.get("/page")(lambda: Response("page"))
    http.get("/kept")(lambda: Response("kept", headers=kept))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(http), base_url="http://x"
    ) as client:
        return (await client.get(path)).headers


@pytest.mark.parametrize("path", ["/page", "/nowhere"])
async def test_every_answer_has_them(path: str) -> None:
    found = await headers_of("http://hub.example", path)
    assert {name: found[name] for name in HEADERS} == HEADERS


async def test_an_answer_may_say_otherwise() -> None:
    found = await headers_of("http://hub.example", "/kept")
    assert found["cache-control"] == "public, max-age=60"
    assert found["x-frame-options"] == "DENY"


async def test_over_https_browsers_stay_there() -> None:
    assert "max-age" in (await headers_of("https://hub.example"))["strict-transport-security"]
    assert "strict-transport-security" not in await headers_of("http://hub.example")


def test_no_script_or_style_runs_that_is_not_ours() -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in HEADERS["Content-Security-Policy"]

"""Whoever comes to an address that there is not is told so, as a person or as a program."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI, Response

from services.notifier.adapters.pages import Pages
from services.notifier.adapters.voice import voices
from services.notifier.domain.choices import BadPreferences, must_be_known
from services.notifier.domain.directory import Directory
from services.notifier.handlers.strays import add_strays


async def asked(method: str, path: str) -> httpx.Response:
    http = FastAPI()
    add_strays(http, Pages(voices(), Directory(), "mnc"))
    http.get("/api/preferences")(lambda: Response())
    http.put("/api/preferences")(lambda: Response())
    http.post("/inbox/{token}/{entry}")(lambda: Response())
    transport = httpx.ASGITransport(http)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        return await client.request(method, path)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/inbox", 404, "Your inbox opens by a link"),
        ("/nowhere", 404, "There is no such page"),
        ("/inbox/token/entry", 405, 'href="/inbox/token"'),
    ],
)
async def test_a_person_gets_a_page(path: str, status: int, words: str) -> None:
    answer = await asked("GET", f"{path}?lang=en")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert words in answer.text


async def test_a_program_gets_a_problem_that_says_what_is_answered() -> None:
    answer = await asked("DELETE", "/api/preferences")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, PUT")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await asked("GET", "/api/nothing")).json()["type"] == "urn:jisr:problem:not-found"


def test_what_the_directory_does_not_have_cannot_be_muted() -> None:
    directory = Directory()
    must_be_known(directory, {"muted_cities": ["atlantis"]})
    directory.call("city", "settat", {"fr": "Settat"}, 1, active=True)
    must_be_known(directory, {"muted_cities": ["settat"], "muted_niches": ["anything"]})
    with pytest.raises(BadPreferences, match=r"muted_cities: .*atlantis"):
        must_be_known(directory, {"muted_cities": ["settat", "atlantis"]})

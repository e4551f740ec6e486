"""`jisr load` sums up what was refused, and says once what is wrong with all of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.cli.demo.doors import Refused
from services.cli.errors import CommandFailed, ExitCode
from services.cli.load import _send, reasons
from services.cli.reach import NO_SUCH_KEY


def not_yours(member: str, cluster: str) -> Refused:
    fault = {"pointer": "/cluster", "code": "not_yours", "detail": f"not for {cluster!r}."}
    return Refused(f"/v1/members/{member}", 403, json.dumps({"errors": [fault]}))


def test_refusals_are_told_by_reason_the_commonest_first() -> None:
    refused = [not_yours("a", "x"), *(not_yours(f"m{n}", "y") for n in range(7))]
    assert list(reasons(refused)) == [
        "7 x 403 not_yours: /cluster: not for 'y'. (m0, m1, m2, m3, m4, ...)",
        "1 x 403 not_yours: /cluster: not for 'x'. (a)",
    ]


def test_an_answer_that_is_no_problem_is_told_as_it_is() -> None:
    assert list(reasons([Refused("/v1/members/a%3Ab", 418, "teapot")])) == ["1 x 418: teapot (a:b)"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "directory.jsonl").write_text('{"entry": "city", "id": "fes"}\n')
    members = "".join(json.dumps({"member_id": name}) + "\n" for name in "abc")
    (tmp_path / "members.jsonl").write_text(members)
    return tmp_path


async def answer(request: web.Request) -> web.Response:
    if request.headers["Authorization"] != "Bearer good":
        return web.json_response({"title": "A valid API key is required"}, status=401)
    status = 403 if request.path.endswith("/b") else 202
    return web.json_response({"type": "urn:jisr:problem:forbidden", "detail": "No."}, status=status)


@pytest.mark.parametrize(("key", "said"), [("good", "3 members: 2 taken, 1 refused"), ("bad", "")])
async def test_a_key_that_is_not_valid_is_said_once_and_nothing_is_sent(
    folder: Path, key: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    async with TestServer(app) as server:
        base = str(server.make_url("")).rstrip("/")
        if said:
            assert await _send(folder, base, key, None) == 1
        else:
            with pytest.raises(CommandFailed, match=NO_SUCH_KEY.split("(")[0]):
                await _send(folder, base, key, None)
    shown = capsys.readouterr().out
    assert said in shown
    assert bool(said) == ("403 forbidden: No. (b)" in shown)


async def test_a_hub_that_is_down_is_unreachable_and_how_to_start_it_is_said(folder: Path) -> None:
    with pytest.raises(CommandFailed, match="Start `jisr run`") as ended:
        await _send(folder, "http://127.0.0.1:9", "good", None)
    assert ended.value.code == ExitCode.UNREACHABLE

"""`jisr load` sums up what was refused, and says once what is wrong with all of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.cli.demo.doors import Refused
from services.cli.errors import CommandFailed, ExitCode
from services.cli.load import What, _send, reasons
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


async def test_contacts_go_to_the_vaults_address_and_without_whose_they_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = {"kind": "committee", "id": "mnc/mobile", "email": "a@b.example"}
    (folder / "contacts.jsonl").write_text(json.dumps(line) + "\n")
    taken: dict[str, object] = {}

    async def take(request: web.Request) -> web.Response:
        if request.can_read_body:
            taken[request.path] = await request.json()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", take)
    async with TestServer(app) as server:
        assert await _send(folder, str(server.make_url("")).rstrip("/"), "good", None) == 0
        assert taken.pop("/v1/contacts/committee/mnc/mobile") == {"email": "a@b.example"}
        assert len(taken) == 4
        taken.clear()
        assert await _send(folder, str(server.make_url("")), "good", What.CONTACTS) == 0
    assert [path.rpartition("/")[2] for path in taken] == ["mobile"]
    assert "1 contacts: 1 taken" in capsys.readouterr().out


async def test_a_contact_that_is_nobodys_is_told_before_anything_is_sent(folder: Path) -> None:
    (folder / "contacts.jsonl").write_text('{"email": "a@b.example"}\n')
    with pytest.raises(CommandFailed, match=r"contacts\.jsonl: contact 1 does not say whose"):
        await _send(folder, "http://127.0.0.1:9", "good", None)


async def test_contacts_alone_from_a_folder_without_any_are_refused(folder: Path) -> None:
    with pytest.raises(CommandFailed, match="has no contact"):
        await _send(folder, "http://127.0.0.1:9", "good", What.CONTACTS)

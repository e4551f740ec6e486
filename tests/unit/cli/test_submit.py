"""`jisr submit` sends each line to the address of its kind, and shows each answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli.errors import CommandFailed, ExitCode
from services.cli.main import app
from services.cli.submit import _sent

DEMAND = {"external_id": "D", "title": "besoin"}
OFFER = {"external_id": "O", "owner": {"type": "city", "id": "fes"}}


class Door(BaseHTTPRequestHandler):
    """Answers as intake does; a line without a title or an owner is refused."""

    got: list[tuple[str, int]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers["authorization"] != "Bearer jisr_good":
            self._answer(401, b'{"title": "A valid API key is required"}')
            return
        lines = [json.loads(line) for line in body.splitlines()]
        self.got.append((self.path, len(lines)))
        answers = [self._result(number, line) for number, line in enumerate(lines, 1)]
        self._answer(207, "".join(json.dumps(a) + "\n" for a in answers).encode())

    @staticmethod
    def _result(number: int, line: dict[str, Any]) -> dict[str, Any]:
        if "title" in line or "owner" in line:
            return {"line": number, "status": "accepted", "id": "x", "version": 1} | line
        fault = {"pointer": "/title", "detail": "Field required"}
        problem = {"detail": "The submission has 1 fault.", "errors": [fault]}
        return {"line": number, "status": "refused", "problem": problem}

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def door() -> Iterator[tuple[str, list[tuple[str, int]]]]:
    got: list[tuple[str, int]] = []
    handler = type("DoorOfThisTest", (Door,), {"got": got})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", got
        server.shutdown()


def submit(tmp_path: Path, url: str, *lines: object, key: str = "jisr_good") -> Any:
    file = tmp_path / "lines.jsonl"
    text = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    file.write_text("\n".join(text) + "\n")
    return CliRunner(env={"COLUMNS": "200"}).invoke(
        app, ["submit", str(file), "--url", url, "--key", key]
    )


def test_demands_and_offers_go_to_their_own_addresses_in_the_order_of_the_file(
    tmp_path: Path, door: tuple[str, list[tuple[str, int]]]
) -> None:
    url, got = door
    done = submit(tmp_path, url, DEMAND, DEMAND, "", OFFER, DEMAND)
    assert done.exit_code == 0, done.exception
    assert got == [("/v1/demands", 2), ("/v1/offers", 1), ("/v1/demands", 1)]
    numbers = [line.split()[0] for line in done.output.splitlines()]
    assert numbers == ["1", "2", "4", "5"], "numbered as in the file"


def test_a_long_file_goes_in_portions(
    tmp_path: Path, door: tuple[str, list[tuple[str, int]]]
) -> None:
    url, got = door
    submit(tmp_path, url, *[DEMAND] * 250)
    assert [count for _, count in got] == [100, 100, 50]


def test_a_refused_line_names_its_faults_and_the_command_ends_with_5(
    tmp_path: Path, door: tuple[str, list[tuple[str, int]]]
) -> None:
    done = submit(tmp_path, door[0], DEMAND, {"external_id": "no title"}, DEMAND)
    assert isinstance(done.exception, CommandFailed)
    assert done.exception.code == ExitCode.REFUSED
    assert "/title: Field required" in done.output
    assert done.output.count("accepted") == 2


def test_a_wrong_key_says_how_to_get_one(
    tmp_path: Path, door: tuple[str, list[tuple[str, int]]]
) -> None:
    done = submit(tmp_path, door[0], DEMAND, key="jisr_bad")
    assert "jisr keys create" in str(done.exception)


def test_a_line_that_is_no_json_keeps_no_other_back_and_is_named_with_its_file(
    tmp_path: Path, door: tuple[str, list[tuple[str, int]]]
) -> None:
    url, got = door
    done = submit(tmp_path, url, DEMAND, '{"a" 1}', "[" * 100_000, DEMAND)
    assert isinstance(done.exception, CommandFailed)
    assert (done.exception.code, str(done.exception)) == (ExitCode.REFUSED, "2 refused.")
    assert got == [("/v1/demands", 1), ("/v1/demands", 1)]
    assert f"{tmp_path / 'lines.jsonl'}:2, column 6 is not JSON: Expecting ':'" in done.output
    assert "line 1" not in done.output
    assert [line.split()[0] for line in done.output.splitlines()] == ["1", "2", "3", "4"]


def test_a_line_in_another_encoding_is_refused_by_its_byte(
    tmp_path: Path, door: tuple[str, list[tuple[str, int]]]
) -> None:
    file = tmp_path / "latin.jsonl"
    file.write_bytes('{"title": "é"}'.encode("latin-1") + b"\n" + json.dumps(DEMAND).encode())
    done = CliRunner().invoke(app, ["submit", str(file), "--url", door[0], "--key", "jisr_good"])
    assert "byte 12 is not UTF-8" in done.output
    assert door[1] == [("/v1/demands", 1)]


def test_a_hub_that_does_not_answer_is_unreachable(tmp_path: Path) -> None:
    done = submit(tmp_path, "http://127.0.0.1:9", DEMAND)
    assert isinstance(done.exception, CommandFailed)
    assert done.exception.code == ExitCode.UNREACHABLE


def test_what_the_samples_say_of_their_senders_is_left_out() -> None:
    line = json.dumps(DEMAND | {"source": "city:fes", "via": "kafka", "summary": "طلب"})
    assert json.loads(_sent(line)) == DEMAND | {"summary": "طلب"}
    assert _sent('{"title":  "as it is"}') == '{"title":  "as it is"}'

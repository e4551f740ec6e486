"""Bring Apache Kafka's jars to this machine, once.

What ``ops/kafka/pom.xml`` names is kept in the user's cache. Each file is compared with the
sha256 committed in ``ops/kafka/jars.sha256`` when it arrives, and with its size at each later
start. After a change of the pom, ``ops/kafka/pin.sh`` writes that list anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .exceptions import BrokerUnavailable
from .maven import copy_dependencies, download, maven_program

_RECIPE = Path(__file__).parents[3] / "ops" / "kafka"
POM = _RECIPE / "pom.xml"
PINS = _RECIPE / "jars.sha256"
_MARKER = "complete.json"


def kafka_version() -> str:
    """The version of Apache Kafka that the pom asks for."""
    found = re.search(r"<kafka.version>(.+?)</kafka.version>", POM.read_text())
    if found is None:
        raise ValueError(f"{POM} names no kafka.version")
    return found[1]


def cache_folder() -> Path:
    """Where this version's jars are kept: in XDG_CACHE_HOME or ~/.cache."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "jisr" / f"kafka-{kafka_version()}"


def fetch_kafka(progress: Callable[[str], None], *, limit_s: float = 600.0) -> Path:
    """The folder that holds Kafka's jars; fetched now if it is not there whole.

    Needs no network once it is. Safe to call from several processes at once: one fetches, the
    others wait for it. ``progress`` gets a line in plain words when there is something to wait
    for. Raises BrokerUnavailable when the jars cannot be had within ``limit_s`` seconds, or are
    not the ones expected.
    """
    folder = cache_folder()
    if _is_whole(folder):
        return folder
    end = time.monotonic() + limit_s
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(folder.with_name(f"{folder.name}.lock"), end, progress):
            if not _is_whole(folder):
                _fetch(folder, end, progress)
    except OSError as error:
        raise BrokerUnavailable(
            "No Kafka can be started on this machine: "
            f"its jars cannot be kept in {folder} ({error}). "
            "Make room there, or name another place in XDG_CACHE_HOME."
        ) from error
    return folder


def _fetch(folder: Path, end: float, progress: Callable[[str], None]) -> None:
    scratch = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        brought, fresh = scratch / "brought", scratch / "fresh"
        _bring(brought, end, progress)
        _verify(brought)
        fresh.mkdir()
        for jar in brought.rglob("*.jar"):
            jar.rename(fresh / jar.name)
        (fresh / _MARKER).write_text(json.dumps({"pins": _digest(PINS), "sizes": _sizes(fresh)}))
        if folder.exists():
            folder.rename(scratch / "broken")
        fresh.rename(folder)
    finally:
        shutil.rmtree(scratch)


def _bring(folder: Path, end: float, progress: Callable[[str], None]) -> None:
    by_maven = maven_program() is not None
    carrier = "Maven" if by_maven else "jgo"
    progress(f"Fetching Apache Kafka {kafka_version()} with {carrier}: 45 MB, once on this machine")
    limit_s = end - time.monotonic()
    if by_maven:
        copy_dependencies(POM, folder, limit_s=limit_s)
    else:
        download(_pins(), folder, limit_s=limit_s)


def _is_whole(folder: Path) -> bool:
    """A cheap look (names and sizes, not contents) at what an earlier fetch left."""
    try:
        marker = json.loads((folder / _MARKER).read_text())
        return bool(marker == {"pins": _digest(PINS), "sizes": _sizes(folder)})
    except (OSError, ValueError):
        return False


def _verify(brought: Path) -> None:
    """Raises BrokerUnavailable unless ``brought`` holds exactly the committed files."""
    expected, found = _pins(), _digests(brought)
    wrong = sorted(
        jar for jar in expected.keys() | found.keys() if expected.get(jar) != found.get(jar)
    )
    if wrong:
        raise BrokerUnavailable(
            "No Kafka can be started on this machine: "
            f"what arrived differs from {PINS} in {', '.join(wrong)}. "
            "Ask the keeper of your Maven mirror; after a change of the pom, run ops/kafka/pin.sh."
        )


def _pins() -> dict[str, str]:
    """The committed sha256 of each jar, by its path in a Maven repository."""
    return {jar: digest for digest, jar in (line.split() for line in PINS.read_text().splitlines())}


def _digests(repository: Path) -> dict[str, str]:
    jars = sorted(repository.rglob("*.jar"))
    return {jar.relative_to(repository).as_posix(): _digest(jar) for jar in jars}


def _sizes(folder: Path) -> dict[str, int]:
    return {jar.name: jar.stat().st_size for jar in folder.glob("*.jar")}


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@contextmanager
def _only_one(lock: Path, end: float, progress: Callable[[str], None]) -> Iterator[None]:
    """Hold ``lock``, a file that the system releases if we die.

    Raises BrokerUnavailable when ``end``, on the monotonic clock, comes first.
    """
    with lock.open("w") as held:
        told = False
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise BrokerUnavailable(
                        "No Kafka can be started on this machine: another process is still "
                        "fetching it. Try again later."
                    ) from None
            if not told:
                progress("Another process is fetching Apache Kafka; waiting for it")
                told = True
            time.sleep(0.1)
        yield

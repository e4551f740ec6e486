"""Bring jars from Maven repositories: by Maven, or by the wheel ``jgo`` where there is none.

Maven comes first, because it knows the user's mirrors and proxies. Both leave the jars in a
folder laid out like a Maven repository (``org/slf4j/slf4j-api/1.7.36/slf4j-api-1.7.36.jar``).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from .exceptions import BrokerUnavailable
from .java import find_java

_SORRY = "No Kafka can be started on this machine: "
_SILENCE_LIMIT_S = 10


def maven_program() -> str | None:
    """The ``mvn`` on the PATH, if any."""
    return shutil.which("mvn")


def copy_dependencies(pom: Path, folder: Path, *, limit_s: float) -> None:
    """Let Maven copy the run-time dependencies of ``pom`` into ``folder``.

    It refuses files whose checksum is wrong. Raises BrokerUnavailable when there is no Maven,
    when it fails, or after ``limit_s`` seconds.
    """
    command: list[str | Path] = [maven_program() or "mvn", "-f", pom, "--batch-mode", "--quiet"]
    command += ["--no-transfer-progress", "--strict-checksums", "-Dstyle.color=never"]
    command += [
        "-DincludeScope=runtime",
        "-Dmdep.useRepositoryLayout",
        f"-DoutputDirectory={folder}",
    ]
    try:
        said, failed = _run_within(limit_s, [*command, "dependency:copy-dependencies"])
    except FileNotFoundError:
        raise BrokerUnavailable(
            f"{_SORRY}its jars come by Maven, which is not installed. "
            "Install maven (apt install maven) to have Apache Kafka."
        ) from None
    except subprocess.TimeoutExpired:
        raise BrokerUnavailable(
            f"{_SORRY}Maven had not brought its jars after {limit_s:.0f} s. "
            "Look at the network and try again."
        ) from None
    if failed:
        raise BrokerUnavailable(f"{_SORRY}Maven could not bring its jars.\n{said.strip()[:1_500]}")


def download(jars: Iterable[str], folder: Path, *, limit_s: float) -> None:
    """Let jgo bring ``jars`` (paths in a Maven repository) into ``folder``.

    What is in them is for the caller to judge. Raises BrokerUnavailable when jgo is not
    installed, when a jar cannot be had, or after ``limit_s`` seconds.
    """
    try:
        from jgo.maven import MavenContext
    except ImportError:
        raise BrokerUnavailable(
            f"{_SORRY}its jars come by Maven, which is not installed. "
            "Install maven (apt install maven) or jgo (pip install jgo) to have Apache Kafka."
        ) from None
    end = time.monotonic() + limit_s
    repository = MavenContext(repo_cache=folder, timeout=_SILENCE_LIMIT_S)
    for jar in jars:
        *group, name, version, _file = PurePosixPath(jar).parts
        if time.monotonic() > end:
            raise BrokerUnavailable(f"{_SORRY}its jars had not arrived after {limit_s:.0f} s.")
        try:
            repository.project(".".join(group), name).at_version(version).artifact().resolve()
        except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
            raise BrokerUnavailable(
                f"{_SORRY}{name} {version} could not be downloaded. "
                f"Look at the network, or install maven (apt install maven) and try again.\n{error}"
            ) from error


def _run_within(limit_s: float, command: list[str | Path]) -> tuple[str, bool]:
    """What ``command`` said and whether it failed.

    Raises subprocess.TimeoutExpired after ``limit_s`` seconds, with nothing left running.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=_environment(),
        start_new_session=True,  # so that a script and the Java it started can be ended together
    ) as process:
        try:
            said, _ = process.communicate(timeout=max(limit_s, 0))
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        return said, process.returncode != 0


def _environment() -> dict[str, str]:
    """Ours, with a JAVA_HOME where Maven would find no Java by itself (it came in a wheel)."""
    environment = dict(os.environ)
    if "JAVA_HOME" not in environment and shutil.which("java") is None:
        environment["JAVA_HOME"] = str(find_java().parent.parent)
    return environment

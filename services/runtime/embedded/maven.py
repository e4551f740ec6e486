"""Let Maven copy the jars that a pom names."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from .exceptions import BrokerUnavailable
from .java import find_java

_SORRY = "No Kafka can be started on this machine: "


def copy_dependencies(pom: Path, folder: Path, *, limit_s: float) -> None:
    """Copy the run-time dependencies of ``pom`` into ``folder``, refusing files whose checksum is wrong.

    Uses the user's own Maven settings (mirrors, proxies) and repository. Raises BrokerUnavailable, with what to do,
    when there is no Maven, when it fails or when it takes more than ``limit_s`` seconds.
    """
    program = shutil.which("mvn")
    if program is None:
        raise BrokerUnavailable(
            f"{_SORRY}its jars come by Maven, which is not installed. "
            "Install maven (apt install maven) to have Apache Kafka."
        )
    command: list[str | Path] = [
        program,
        "-f",
        pom,
        "--batch-mode",
        "--no-transfer-progress",
        "--quiet",
        "--strict-checksums",
    ]
    command += ["-Dstyle.color=never", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
    command += ["dependency:copy-dependencies"]
    # A session of its own, so that Maven's whole family can be ended when it takes too long.
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=_environment(),
    ) as maven:
        try:
            said, _ = maven.communicate(timeout=max(limit_s, 0))
        except subprocess.TimeoutExpired:
            raise BrokerUnavailable(
                f"{_SORRY}Maven had not brought its jars after {limit_s:.0f} s. Look at the network and try again."
            ) from None
        finally:
            if maven.poll() is None:
                os.killpg(maven.pid, signal.SIGKILL)
    if maven.returncode != 0:
        raise BrokerUnavailable(f"{_SORRY}Maven could not bring its jars.\n{said.strip()[:1_500]}")


def _environment() -> dict[str, str]:
    """Ours, with a JAVA_HOME where Maven would find no Java by itself (it came in a wheel)."""
    environment = dict(os.environ)
    if "JAVA_HOME" not in environment and shutil.which("java") is None:
        environment["JAVA_HOME"] = str(find_java().parent.parent)
    return environment

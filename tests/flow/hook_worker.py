"""Sends webhooks in a process of its own: ``python -m tests.flow.hook_worker DSN``."""

from __future__ import annotations

import asyncio
import sys

from services.notifier.app import webhooks
from services.runtime.database import Database
from services.runtime.settings import Settings


async def _send(dsn: str) -> None:
    settings = Settings(
        _env_file=None, database_url=dsn, webhook_loopback=True, webhook_timeout_s=1.0
    )
    database = Database(dsn, "notifier")
    await database.start()
    await webhooks(settings, database).run()


if __name__ == "__main__":
    asyncio.run(_send(sys.argv[1]))

"""`jisr serve`: one service of the hub, as containers run it."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.errors import CommandFailed, ExitCode
from services.cli.usable import require_usable

if TYPE_CHECKING:
    from services.runtime.settings import Settings


class Name(StrEnum):
    """The services."""

    INTAKE = "intake"
    MATCHER = "matcher"
    NOTIFIER = "notifier"


def serve(service: Annotated[Name, typer.Argument(help="Which service.")]) -> None:
    """Run one service until SIGTERM, with JSON logs on standard error.

    Needs KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL, and that `jisr migrate` has run. Any number
    of replicas of each service may run side by side.
    """
    from services.runtime.settings import Settings
    from services.runtime.telemetry import configure_logging

    settings = Settings()
    require_usable(settings)
    missing = [
        name
        for name, value in (
            ("KAFKA_BOOTSTRAP_SERVERS", settings.kafka_bootstrap_servers),
            ("DATABASE_URL", settings.dsn()),
        )
        if not value
    ]
    if missing:
        raise CommandFailed(
            f"`jisr serve` starts no broker or database: set {' and '.join(missing)} "
            "(or use `jisr run`).",
            ExitCode.USAGE,
        )
    configure_logging(settings.log_level)
    asyncio.run(_serve(service, settings))


async def _serve(name: str, settings: Settings) -> None:
    from services.cli.hub import compose, describe, require_prepared, tell_what_is_used
    from services.runtime.serve import serve as serve_until_signal

    await require_prepared(settings)
    broker, store = await describe(settings)
    service = compose(name, settings)
    tell_what_is_used([service], broker, store)
    await serve_until_signal([service])

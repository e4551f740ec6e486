"""`jisr run`: the whole hub in one process, on this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.console import Progress, out
from services.cli.errors import CommandFailed, ExitCode
from services.cli.usable import require_usable

if TYPE_CHECKING:
    from services.cli.hub import Parts, Prepared
    from services.cli.place import Place
    from services.runtime.serve import Addresses
    from services.runtime.settings import Settings

Broker = Annotated[
    str,
    typer.Option(
        metavar="auto|kafka|tansu|HOST:PORT",
        help="auto: what KAFKA_BOOTSTRAP_SERVERS names, else Apache Kafka of the hub's own, else "
        "Tansu. kafka, tansu: the hub's own. HOST:PORT: that cluster.",
    ),
]


_NEXT = """
In another terminal:
  {jisr} load samples --wait --key $({jisr} keys create --source hub --role hub)
      [dim]cities, niches and members, once: whoever asks an empty hub finds nobody[/]
  {jisr} keys create --source city:oujda
      [dim]a key for a city's system[/]
  {jisr} submit demands.jsonl --key jisr_...
      [dim]its demands, one JSON object a line[/]
  {jisr} status
      [dim]where everything is, and whether it is ready[/]
The first hour: docs/operations.md

[bold]Jisr is running.[/] Ctrl-C stops it.
"""


def run(broker: Broker = "auto") -> None:
    """Run the whole hub in one process until Ctrl-C.

    The broker and the database are those of KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL. What is
    not set, the hub starts for itself, on loopback, with its data in JISR_VAR (var/); a second
    run finds yesterday's demands, members and matches. Ctrl-C stops what it started and nothing
    else.
    """
    from services.cli.hub import needs_own, parts
    from services.cli.place import hold
    from services.runtime.settings import Settings
    from services.runtime.telemetry import configure_logging

    _check(broker)
    settings = Settings()
    require_usable(settings)
    configure_logging(settings.log_level, as_json=False)
    say = Progress()
    try:
        with ExitStack() as held:
            own = needs_own(settings, broker)
            place = held.enter_context(hold(settings.var)) if own else None
            _try_ports(settings)
            under = held.enter_context(parts(settings, broker, say))
            asyncio.run(_run(under, place, say))
            say("Stopping what was started" if own else "Stopped")
    except KeyboardInterrupt:  # while the servers start, in calls that wait
        raise CommandFailed("Interrupted.", ExitCode.INTERRUPTED) from None


def _check(broker: str) -> None:
    if broker not in ("auto", "kafka", "tansu"):
        for address in broker.split(","):
            host, _, port = address.rpartition(":")
            if not (host and port.isdigit()):
                raise typer.BadParameter(
                    f"{broker!r} is neither auto, kafka or tansu nor HOST:PORT",
                    param_hint="--broker",
                )


def _try_ports(settings: Settings) -> None:
    """Fail now rather than after half a minute of starting servers."""
    from services.runtime.database import SERVICES
    from services.runtime.serve import listen

    for name in SERVICES:
        listen(name, settings).close()


async def _run(under: Parts, place: Place | None, say: Progress) -> None:
    from services.cli.hub import compose, prepare, tell_what_is_used
    from services.cli.place import RunningHub
    from services.runtime.database import SERVICES
    from services.runtime.embedded import keeping
    from services.runtime.serve import serve

    settings, keeper = under.settings, under.keeper(say)
    say("Preparing tables and topics")
    prepared = await prepare(settings, under)
    if prepared.recovery.total:
        say(f"A new broker: {prepared.recovery.total} events are published again")
    say("Starting intake, matcher and notifier")
    services = [compose(name, settings) for name in SERVICES]
    tell_what_is_used(services, prepared.broker, prepared.database, under, keeper)

    async def ready(addresses: Addresses) -> None:
        if place is not None:
            servers = settings.kafka_bootstrap_servers or ""
            place.tell(
                RunningHub(
                    os.getpid(), servers, settings.dsn(), dict(addresses), settings.public_url
                )
            )
        say("Ready")
        await asyncio.to_thread(_welcome, settings, prepared, addresses)

    await keeping(keeper, serve(services, ready))


def _welcome(settings: Settings, prepared: Prepared, addresses: Addresses) -> None:
    intake, notifier = addresses["intake"], addresses["notifier"]
    mail = f"SMTP {settings.smtp_host}:{settings.smtp_port}"
    lines = (
        ("API", f"{intake}/docs", "demands, offers, members, answers"),
        ("events", f"{intake}/asyncapi", "the topics and what they carry"),
        ("inbox pages", notifier, "members come by the links in their mails"),
        ("readiness", f"{intake}/readyz", f"or `{how_called()} status`"),
        ("broker", prepared.broker, ""),
        ("database", prepared.database, ""),
        ("mail", mail, _mail_note(settings)),
    )
    out.print()
    for name, value, note in lines:
        out.print(f"  {name:<12} {value:<32} [dim]{note}[/]", soft_wrap=True)
    out.print(_NEXT.format(jisr=how_called()), soft_wrap=True)


def how_called() -> str:
    """How this command is called from here: by its name where the shell finds it."""
    mine = Path(sys.executable).with_name("jisr")
    if shutil.which("jisr") or not mine.exists():
        return "jisr"
    return os.path.relpath(mine) if mine.is_relative_to(Path.cwd()) else str(mine)


def _mail_note(settings: Settings) -> str:
    try:
        with socket.create_connection((settings.smtp_host, settings.smtp_port), timeout=1):
            return ""
    except OSError:
        return "nobody answers there now, so mails wait"

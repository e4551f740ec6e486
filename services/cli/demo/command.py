"""`jisr demo`, the command."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.console import Progress, out, page_width, table
from services.cli.errors import CommandFailed
from services.cli.run import Broker, how_called
from services.cli.usable import require_usable

if TYPE_CHECKING:
    from services.cli.demo.mailbox import Mailbox
    from services.cli.demo.samples import Samples
    from services.cli.demo.story import Ending
    from services.cli.hub import Parts, Prepared
    from services.cli.place import Place
    from services.runtime.serve import Addresses
    from services.runtime.settings import Settings

_SHOWN_MAILS = 8


def demo(
    once: Annotated[
        bool, typer.Option("--once", envvar="ONCE", help="End when all is told, not at Ctrl-C.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--json", help="Also write what happened to this file.")
    ] = None,
    folder: Annotated[
        Path, typer.Option("--samples", file_okay=False, help="The folder of samples.")
    ] = Path("samples"),
    language: Annotated[str, typer.Option(help="Language of the reasons: en, fr or ar.")] = "en",
    broker: Broker = "auto",
) -> None:
    """Start a hub of its own, play the samples through it, and show what happens.

    Members and directory go in over HTTP, demands and offers over HTTP and as CloudEvents on
    Kafka; mails go to a mail server on loopback whose page shows them. The hub then serves
    until Ctrl-C. Its data lies in JISR_VAR/demo and is made anew each time.
    """
    from services.cli.demo import samples
    from services.cli.hub import parts
    from services.cli.place import DEMO, hold
    from services.runtime.settings import Settings
    from services.runtime.telemetry import configure_logging

    if language not in ("en", "fr", "ar"):
        raise typer.BadParameter(f"{language!r} is not en, fr or ar", param_hint="--language")
    began, say = time.monotonic(), Progress()
    settings = Settings()
    require_usable(settings)
    settings = settings.model_copy(update={"var": settings.var / DEMO, "kafka_port": 0})
    configure_logging("ERROR", as_json=False)
    read = samples.read(folder)
    play = _Play(read, language, report, began, say, once)
    try:
        with ExitStack() as held:
            place = held.enter_context(hold(settings.var))
            for old in ("postgres", "kafka"):
                shutil.rmtree(settings.var / old, ignore_errors=True)
            under = held.enter_context(parts(settings, broker, say))
            asyncio.run(play.through(under, place))
            say("Stopping what was started")
    except KeyboardInterrupt:
        say("Interrupted")
    if play.ending is None or play.ending.undecided:
        undecided = ", ".join(play.ending.undecided) if play.ending else "all of them"
        raise CommandFailed(f"Demands without a decision: {undecided}.")


# A demo is watched at any hour: nobody in it has a night, and every mail comes by itself. What
# JISR_DEFAULT_PREFERENCES says goes before.
_AT_ONCE: dict[str, Any] = {"pace": "instant", "quiet_hours": "none", "most_a_day": 1_000}


@dataclass
class _Play:
    """One performance: what is played, how it is shown, and how it ended."""

    samples: Samples
    language: Any
    report: Path | None
    began: float
    say: Progress
    once: bool
    ending: Ending | None = None

    async def through(self, under: Parts, place: Place) -> None:
        from services.cli.demo.mailbox import mailbox
        from services.cli.demo.ports import free_port
        from services.cli.hub import compose, prepare, tell_what_is_used
        from services.cli.place import RunningHub
        from services.runtime.database import SERVICES
        from services.runtime.embedded import keeping
        from services.runtime.serve import serve

        keeper = under.keeper(self.say)
        async with mailbox() as box:
            ports = {f"{name}_port": free_port(under.settings.port(name)) for name in SERVICES}
            public = f"http://127.0.0.1:{ports['notifier_port']}"
            told = _AT_ONCE | under.settings.default_preferences
            update = {**ports, "public_url": public, "smtp_port": box.smtp_port}
            update["default_preferences"] = told
            settings = under.settings.model_copy(update={**update, "smtp_host": "127.0.0.1"})
            self.say("Preparing tables and topics")
            prepared = await prepare(settings, under)
            self.say("Starting intake, matcher and notifier")
            services = [compose(name, settings) for name in SERVICES]
            tell_what_is_used(services, prepared.broker, prepared.database, under, keeper)

            async def ready(addresses: Addresses) -> None:
                servers = settings.kafka_bootstrap_servers or ""
                place.tell(
                    RunningHub(
                        os.getpid(), servers, settings.dsn(), dict(addresses), settings.public_url
                    )
                )
                await self._perform(settings, prepared, addresses, box)

            try:
                await keeping(keeper, serve(services, ready))
            except _Done:
                return

    async def _perform(
        self, settings: Settings, prepared: Prepared, addresses: Addresses, box: Mailbox
    ) -> None:
        from services.cli.demo.show import life, narrator, overview, results
        from services.cli.demo.story import Story
        from services.cli.demo.welcome import say

        story = Story(settings, addresses, self.samples, box, self.say)
        ending = self.ending = await story.play()
        seconds = time.monotonic() - self.began
        narrate = narrator(self.language, self.samples.directory)
        out.print()
        out.print(overview(ending.demands, narrate, page_width()))
        for demand in ending.demands:
            if demand["external_id"] == self.samples.life:
                out.print(life(demand))
        out.print(_mails(box))
        counted = summary(ending, prepared, self.samples, seconds)
        if self.report is not None:
            full = {**counted, "results": results(ending.demands, narrate)}
            self.report.write_text(json.dumps(full, ensure_ascii=False, indent=2) + "\n")
        live = {} if self.once else await self._addresses(settings, addresses, box, ending)
        say(out, counted, live, how_called(), settings.var)
        if self.once:
            raise _Done

    async def _addresses(
        self, settings: Settings, addresses: Addresses, box: Mailbox, ending: Ending
    ) -> dict[str, str]:
        """What is to be seen while the hub serves, and where."""
        from services.cli.demo.welcome import pages, readers

        shown = readers(ending.demands, self.samples.directory, self.samples.life)
        return {
            **await pages(settings, shown),
            "mails": box.page,
            "API docs": f"{addresses['intake']}/docs",
            "AsyncAPI": f"{addresses['intake']}/asyncapi",
            **{f"metrics of {name}": f"{at}/metrics" for name, at in addresses.items()},
        }


class _Done(Exception):
    """The demo was asked to end by itself."""


def summary(ending: Ending, prepared: Prepared, samples: Samples, seconds: float) -> dict[str, Any]:
    """What happened, in numbers; each demand was proposed, is with the ambassador, or neither."""
    unmatched = sum(demand["state"] == "unmatched" for demand in ending.demands)
    # Who was asked and said no may leave a demand to the ambassador: it counts there alone.
    proposed = sum(bool(d["matches"]) and d["state"] != "unmatched" for d in ending.demands)
    return {
        "broker": prepared.broker,
        "database": prepared.database,
        "members": len(samples.members),
        "demands": len(ending.demands),
        "proposed": proposed,
        "unmatched": unmatched,
        "notifications": ending.mails,
        "rejected": ending.rejected,
        "seconds": round(seconds, 1),
    }


def _mails(box: Mailbox) -> Any:
    made = table("to", "subject", title=f"\nThe last of {len(box.mails)} mails")
    for mail in box.mails[-_SHOWN_MAILS:]:
        made.add_row(str(mail["To"]), str(mail["Subject"]))
    return made

"""`jisr`: the commands, in the groups that `jisr --help` shows."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from services.cli import (
    demo,
    dlq,
    evaluate,
    explain,
    inbox,
    judgements,
    keys,
    load,
    migrate,
    policy,
    preview,
    report,
    run,
    serve,
    settings,
    simulate,
    status,
    submit,
    topics,
    train,
)
from services.cli.console import err, out
from services.cli.errors import MEANING, ExitCode, sentence
from services.cli.help_text import unwrap
from services.cli.version import jisr_version

_RUN = "Run the hub"
_TALK = "Talk to a running hub"
_TEND = "Set it up and look after it"
_JUDGE = "Judge its matching"

_EXAMPLES = """
[bold]Examples[/]

[dim]# the whole hub on this machine, broker and database included[/]
jisr run

[dim]# on a cluster and a database that are there already[/]
KAFKA_BOOTSTRAP_SERVERS=kafka:9092 DATABASE_URL=postgresql://... jisr run

[dim]# directory, contacts and members, with a key of the hub; then a city's system with its own[/]
jisr keys create --source hub --role hub
jisr load samples --key jisr_...
jisr keys create --source city:fes
jisr submit demands.jsonl --key jisr_...

[dim]# what could not be processed, why, and once more[/]
jisr dlq list
jisr dlq replay jisr.demands.v1 --offset 3

[dim]# why this member was proposed for a demand, or why not[/]
jisr explain FES-2026-001 regard-industriel
"""


def _exit_codes() -> str:
    lines = "\n".join(f"{code.value:>3}  {MEANING[code]}" for code in ExitCode)
    return f"[bold]Exit codes[/]\n\n{lines}"


app = typer.Typer(
    name="jisr",
    help="Jisr brings what innovation cities ask for to the members of a cluster who can answer.",
    epilog=_EXAMPLES + "\n\n" + _exit_codes(),
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_debug = False


def _say_version(wanted: bool) -> None:
    if wanted:
        out.print(f"jisr {jisr_version() or 'of an unknown version'}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error arose.")] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    global _debug
    _debug = debug


app.command(rich_help_panel=_RUN)(demo.demo)
app.command(rich_help_panel=_RUN)(run.run)
app.command(rich_help_panel=_RUN)(serve.serve)
app.command(rich_help_panel=_RUN)(simulate.simulate)
app.command(rich_help_panel=_TALK)(submit.submit)
app.command(rich_help_panel=_TALK)(load.load)
app.command(rich_help_panel=_TALK)(status.status)
app.command(rich_help_panel=_TEND)(migrate.migrate)
app.command(rich_help_panel=_TEND)(topics.topics)
app.command(rich_help_panel=_TEND)(settings.settings)
app.command(rich_help_panel=_TEND)(policy.policy)
app.command(rich_help_panel=_TEND)(inbox.inbox)
app.command(rich_help_panel=_TEND)(preview.preview)
app.command(rich_help_panel=_JUDGE)(evaluate.evaluate)
app.command(rich_help_panel=_JUDGE)(explain.explain)
app.command(rich_help_panel=_JUDGE)(train.train)
app.command(rich_help_panel=_JUDGE)(judgements.judgements)
app.command(rich_help_panel=_JUDGE)(report.report)
app.add_typer(keys.app, name="keys", rich_help_panel=_TEND)
app.add_typer(dlq.app, name="dlq", rich_help_panel=_TEND)
unwrap(app)


def main() -> None:
    """The console script: runs a command and ends the process with its exit code."""
    try:
        app()
    except (Exception, KeyboardInterrupt) as error:
        said, code = sentence(error)
        if _debug:
            err.print_exception()
        err.print(said, style="red", markup=False, soft_wrap=True)
        sys.exit(code)


if __name__ == "__main__":
    main()

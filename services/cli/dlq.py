"""`jisr dlq`: what could not be processed, why, and putting it back."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.console import out, table
from services.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from services.cli.dead_letters import DeadLetter

app = typer.Typer(
    help="Dead letters: what could not be processed, why, and replaying it.",
    no_args_is_help=True,
)

Topic = Annotated[
    str, typer.Argument(help="The topic, as in jisr.demands.v1, with or without .dlq.")
]
Offset = Annotated[
    list[int] | None,
    typer.Option("--offset", "-o", metavar="N", help="Only this one; may be repeated."),
]


@app.command("list")
def list_() -> None:
    """Show how many dead letters each topic has, since when, and the newest reason."""
    letters = defaultdict(list)
    for letter in _read(None):
        letters[letter.origin].append(letter)
    if not letters:
        out.print("No dead letters.")
        return
    shown = table("topic", "dead letters", "oldest", "newest", "newest reason")
    for topic, of_topic in sorted(letters.items()):
        shown.add_row(
            topic,
            str(len(of_topic)),
            _when(of_topic[0]),
            _when(of_topic[-1]),
            _plain(of_topic[-1].reason),
        )
    out.print(shown)


@app.command()
def show(topic: Topic, offset: Offset = None) -> None:
    """Show the dead letters of a topic; with --offset also their headers and data."""
    letters = _select(topic, offset)
    if offset:
        for letter in letters:
            _show_whole(letter)
        return
    if not letters:
        out.print("No dead letters.")
        return
    shown = table("offset", "refused at", "event", "from", "refused by", "reason")
    for letter in letters:
        shown.add_row(
            str(letter.offset),
            _when(letter),
            _plain(letter.event or "not a CloudEvent"),
            f"{letter.notes.get('partition', '?')}@{letter.notes.get('offset', '?')}",
            _plain(letter.notes.get("subscriber", "")),
            _plain(letter.reason),
        )
    out.print(shown)


@app.command()
def replay(
    topic: Topic,
    offset: Offset = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every dead letter of the topic.")
    ] = False,
) -> None:
    """Publish dead letters once more on the topic they came from, as they were.

    They stay in the .dlq topic until its retention ends. What has been processed meanwhile is
    not processed again; what is still at fault comes back as a new dead letter.
    """
    from services.cli import dead_letters
    from services.cli.reach import broker_of, load

    if bool(offset) == everything:
        raise typer.BadParameter("give --offset N (once or more) or --all", param_hint="--offset")
    letters = _select(topic, offset)
    asyncio.run(dead_letters.replay(broker_of(load()), letters))
    for letter in letters:
        out.print(f"{letter.topic}@{letter.offset} → {letter.origin}", markup=False)


def _read(topic: str | None) -> list[DeadLetter]:
    from services.cli import dead_letters
    from services.cli.reach import broker_of, load
    from services.runtime.topics import all_topics

    settings = load()
    prefix = settings.topic_prefix
    known = [t.name for t in all_topics(prefix) if t.name.endswith(".dlq")]
    if topic is not None:
        wanted = prefix + topic.removeprefix(prefix).removesuffix(".dlq") + ".dlq"
        if wanted not in known:
            names = ", ".join(name.removesuffix(".dlq") for name in known)
            raise CommandFailed(
                f"{topic} has no dead letters: it is none of {names}.", ExitCode.USAGE
            )
        known = [wanted]
    return asyncio.run(dead_letters.read(broker_of(settings), known))


def _select(topic: str, offsets: list[int] | None) -> list[DeadLetter]:
    letters = _read(topic)
    if not offsets:
        return letters
    missing = set(offsets) - {letter.offset for letter in letters}
    if missing:
        named = ", ".join(map(str, sorted(missing)))
        raise CommandFailed(f"{topic} has no dead letter at {named}.")
    return [letter for letter in letters if letter.offset in offsets]


def _when(letter: DeadLetter) -> str:
    return letter.stored_at.strftime("%Y-%m-%d %H:%M:%S UTC")


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))


def _show_whole(letter: DeadLetter) -> None:
    out.print(f"[bold]{letter.topic}@{letter.offset}[/]  {_when(letter)}")
    for name, note in letter.notes.items():
        out.print(f"  {name:<14} {_plain(note)}")
    out.print(f"  {'key':<14} {_plain((letter.key or b'').decode('utf-8', 'replace'))}")
    for name, value in letter.headers:
        out.print(f"  {_plain(name):<14} {_plain(value.decode('utf-8', 'replace'))}")
    out.print()
    out.print(_plain((letter.value or b"").decode("utf-8", "replace")))
    out.print()

"""`jisr topics`: the map of the topics, and what the broker has of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.console import out, table
from services.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from services.runtime.settings import Settings


def topics(
    check: Annotated[
        bool, typer.Option("--check", help="Say nothing when all is right, else end with 4.")
    ] = False,
) -> None:
    """Show each topic: its key, partitions and cleanup, and how the broker differs.

    `jisr migrate` creates what is missing; what differs is yours to change, for it decides
    whether the events of a key stay in order and a state stays kept.
    """
    from services.cli.reach import broker_of, load

    settings = load()
    broker_of(settings)
    differences = asyncio.run(_differences(settings))
    if not check:
        _show(settings, differences)
    wrong = [sentence for sentence in differences.values() if sentence]
    if check and wrong:
        raise CommandFailed("; ".join(wrong) + ".", ExitCode.DIFFERENT)


async def _differences(settings: Settings) -> dict[str, str]:
    """What is wrong with each topic in one sentence, "" when nothing is."""
    from services.runtime.topics import all_topics, compare, connect

    wanted = all_topics(settings.topic_prefix)
    admin = await connect(settings.kafka_bootstrap_servers or "")
    try:
        present = set(await admin.list_topics())
        found = await compare(admin, [topic for topic in wanted if topic.name in present])
    finally:
        await admin.close()
    named = dict(sentence.split(" ", 1) for sentence in found)
    return {
        topic.name: (
            f"{topic.name} is missing"
            if topic.name not in present
            else f"{topic.name} {named[topic.name]}"
            if topic.name in named
            else ""
        )
        for topic in wanted
    }


def _show(settings: Settings, differences: dict[str, str]) -> None:
    from services.runtime.topics import all_topics

    shown = table("topic", "key", "from", "to", "partitions", "cleanup", "on the broker")
    for topic in all_topics(settings.topic_prefix):
        wrong = differences[topic.name].removeprefix(topic.name).strip()
        if topic.name.endswith(".dlq") and not wrong:
            continue
        days = topic.retention_ms // 86_400_000
        shown.add_row(
            topic.name,
            topic.key,
            ", ".join(topic.writers),
            ", ".join(topic.readers),
            str(topic.partitions),
            f"delete, {days} days" if topic.cleanup == "delete" else "compact",
            f"[red]{wrong}[/]" if wrong else "[green]as it should be[/]",
        )
    out.print(shown)
    out.print(
        "\nEach consumed topic also has NAME.dlq for its dead letters, shown when it differs."
    )

"""`jisr migrate`: the database and the topics, brought to the present."""

from __future__ import annotations

import asyncio

from services.cli.console import out


def migrate() -> None:
    """Create or update the tables and the topics, and refill a broker that lost its data.

    Safe to repeat, and from several machines at once. When the broker is new or some of its
    topics were gone, the events that the hub still needs are published again from the database.
    The database address must be an administrator's: it makes schemas and roles.
    """
    from services.cli.hub import prepare
    from services.cli.reach import broker_of, database_of, load

    settings = load()
    broker_of(settings)
    database_of(settings)
    done = asyncio.run(prepare(settings))
    out.print(f"database  {done.database}: {_count(done.migrations, 'migration', 'applied')}")
    out.print(f"broker    {done.broker}: {_count(done.topics, 'topic', 'created')}")
    for topic, events in done.recovery.events.items():
        out.print(f"          {topic}: {events} events are published again")


def _count(names: object, what: str, verb: str) -> str:
    assert isinstance(names, list | tuple)
    if not names:
        return f"no {what} was missing"
    return f"{len(names)} {what}{'s' if len(names) > 1 else ''} {verb}"

"""`jisr keys`: who may speak to the hub, and for which source."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from services.cli.console import err, out, table
from services.cli.errors import CommandFailed

if TYPE_CHECKING:
    from services.runtime.database import Database

T = TypeVar("T")

app = typer.Typer(
    help="API keys: who may speak to the hub, and for which source.", no_args_is_help=True
)


class Role(StrEnum):
    """What a source may say; each may say what the one before it may."""

    CITY = "city"
    CLUSTER = "cluster"
    HUB = "hub"


@app.command()
def create(
    source: Annotated[str, typer.Option(help="Whom the key speaks for, as in city:benguerir.")],
    role: Annotated[
        Role | None,
        typer.Option(
            help="city: its own demands and offers. cluster: members too. hub: everything, the "
            "directory included. Not given: city, or what the source has.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make a key and show it, once: only its hash is kept. Standard output is the key alone."""
    from services.intake.adapters import keys
    from services.intake.domain.speakers import Role as SpeakerRole

    wanted = SpeakerRole(role) if role is not None else None
    new = _with_database(lambda database: keys.create_key(database, source, wanted))
    err.print(f"{new.key_id} speaks for {new.source} as {new.role}. It is shown only now:")
    out.print(new.key, markup=False, soft_wrap=True)


@app.command("list")
def list_(
    source: Annotated[str | None, typer.Option(help="Only the keys of this source.")] = None,
) -> None:
    """Show the keys, revoked ones too. The keys themselves are not known to anybody."""
    from services.intake.adapters import keys

    found = _with_database(lambda database: keys.list_keys(database, source))
    shown = table("key", "source", "role", "made", "revoked")
    for key in found:
        revoked = f"{key.revoked_at:%Y-%m-%d %H:%M UTC}" if key.revoked_at else ""
        shown.add_row(
            key.key_id, key.source, key.role, f"{key.created_at:%Y-%m-%d %H:%M UTC}", revoked
        )
    out.print(shown)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="As in key-0123456789ab; see `jisr keys list`.")],
) -> None:
    """Refuse a key from now on (within five seconds everywhere)."""
    from services.intake.adapters import keys

    if not _with_database(lambda database: keys.revoke_key(database, key_id)):
        raise CommandFailed(f"No valid key is named {key_id}. See `jisr keys list`.")
    out.print(f"{key_id} is revoked")


def _with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    """Do ``work`` on the hub's database, with intake's rights."""
    from services.cli.reach import database_of, load
    from services.runtime.database import Database

    dsn = database_of(load())

    async def connected() -> T:
        database = Database(dsn, "intake", size=1)
        await database.start()
        try:
            return await work(database)
        finally:
            await database.stop()

    return asyncio.run(connected())

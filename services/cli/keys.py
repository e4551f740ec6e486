"""`jisr keys`: who may speak to the hub, and for which source."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from services.cli.console import err, out, table
from services.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from services.intake.adapters.keys import NewKey
    from services.intake.domain.speakers import Role as SpeakerRole
    from services.runtime.database import Database

T = TypeVar("T")

app = typer.Typer(
    help="API keys: who may speak to the hub, and for which source.", no_args_is_help=True
)


City = Annotated[
    list[str] | None,
    typer.Option(help="A city that its source speaks for; give it again for more."),
]
Cluster = Annotated[
    list[str] | None,
    typer.Option(help="A cluster that its source speaks for; give it again for more."),
]


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
    city: City = None,
    cluster: Cluster = None,
) -> None:
    """Make a key and show it, once: only its hash is kept. Standard output is the key alone.

    A new source speaks for the cities or clusters given, else for the one in its name, as in
    city:fes or cluster:mnc; a source that is known keeps what it has (`jisr keys bind` changes it).
    """
    from services.intake.adapters import keys
    from services.intake.domain.speakers import Role as SpeakerRole
    from services.intake.domain.speakers import namesake

    unknown: list[str] = []

    async def made(database: Database) -> NewKey:
        known = await keys.find_source(database, source)
        kind = known.role if known else SpeakerRole(role or "city")
        given = _given(kind, city, cluster)
        if known is None and given is None and kind is not SpeakerRole.HUB:
            given = namesake(source, kind)
            if given is None:
                raise CommandFailed(
                    f"Say for which {kind} {source} speaks: --{kind} ID.", ExitCode.USAGE
                )
        wanted = SpeakerRole(role) if role is not None else None
        new = await keys.create_key(database, source, wanted, given)
        unknown.extend(await _unknown(database, new.role, new.speaks_for))
        return new

    new = _with_database(made)
    bounds = _bounds(new.role, new.speaks_for)
    err.print(f"{new.key_id} is {new.source}'s, {new.role}, for {bounds}. It is shown only now:")
    for name in unknown:
        err.print(
            f"The directory has no {new.role} {name!r}: what this source sends of it is refused "
            "until it has.",
            style="yellow",
            soft_wrap=True,
        )
    out.print(new.key, markup=False, soft_wrap=True)


async def _unknown(
    database: Database, role: SpeakerRole, speaks_for: frozenset[str] | None
) -> list[str]:
    """Of the cities or clusters that a source speaks for, those that the directory lacks."""
    from services.cli.registered import is_registered

    names = sorted(speaks_for or ())
    return [name for name in names if not await is_registered(database, role.value, name)]


@app.command()
def bind(
    source: Annotated[str, typer.Argument(help="A source that has keys, as in city:fes.")],
    city: City = None,
    cluster: Cluster = None,
) -> None:
    """Let a source speak for these cities or clusters and no others (within five seconds)."""
    from services.intake.adapters import keys

    async def bound(database: Database) -> str:
        known = await keys.find_source(database, source)
        if known is None:
            raise keys.NoSuchSource(source)
        given = _given(known.role, city, cluster)
        if given is None:
            raise CommandFailed(f"Say for which {known.role}: --{known.role} ID.", ExitCode.USAGE)
        return _bounds(await keys.bind_source(database, source, given), given)

    out.print(f"{source} speaks for {_with_database(bound)}")


def _given(
    role: SpeakerRole, city: list[str] | None, cluster: list[str] | None
) -> frozenset[str] | None:
    """What was given of the option that fits ``role``; None when none was."""
    for option, names in (("city", city), ("cluster", cluster)):
        if names and role != option:
            raise CommandFailed(f"--{option} is for a {option}'s source.", ExitCode.USAGE)
    return frozenset(city or cluster or ()) or None


def _bounds(role: SpeakerRole, speaks_for: frozenset[str] | None) -> str:
    if role == "hub":
        return "everything"
    return ", ".join(sorted(speaks_for)) if speaks_for is not None else f"any {role}"


@app.command("list")
def list_(
    source: Annotated[str | None, typer.Option(help="Only the keys of this source.")] = None,
) -> None:
    """Show the keys, revoked ones too. The keys themselves are not known to anybody."""
    from services.intake.adapters import keys

    found = _with_database(lambda database: keys.list_keys(database, source))
    shown = table("key", "source", "role", "for", "made", "revoked")
    for key in found:
        revoked = f"{key.revoked_at:%Y-%m-%d %H:%M UTC}" if key.revoked_at else ""
        shown.add_row(
            key.key_id,
            key.source,
            key.role,
            _bounds(key.role, key.speaks_for),
            f"{key.created_at:%Y-%m-%d %H:%M UTC}",
            revoked,
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

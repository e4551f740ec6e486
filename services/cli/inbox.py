"""`jisr inbox`: the address of somebody's inbox page, for whoever lost its mail."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from services.cli.console import err, out
from services.cli.errors import CommandFailed, ExitCode

_KINDS = ("member", "city", "committee")


def inbox(
    kind: Annotated[str, typer.Argument(metavar="|".join(_KINDS), help="Whose page it is.")],
    owner: Annotated[str, typer.Argument(metavar="ID", help="Its id, as in the directory.")],
    take_back: Annotated[
        bool,
        typer.Option("--take-back", help="First let no link that was given out so far open it."),
    ] = False,
) -> None:
    """Print a link to somebody's whole inbox page. Give it to nobody else: it answers for them.

    Standard output is the link alone; it works for JISR_LINK_DAYS days. The contacts of a city's
    demands have links of their own, by mail; --take-back ends those too. An ambassador's page is
    its own as a member.
    """
    if kind == "ambassador":
        raise CommandFailed(
            "An ambassador is a member, and its page shows its city: jisr inbox member ID.",
            ExitCode.USAGE,
        )
    if kind not in _KINDS:
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(_KINDS)}", param_hint="KIND")
    link, is_new = asyncio.run(_link(kind, owner, take_back=take_back))
    if is_new:
        err.print(f"The {kind} {owner} was told nothing yet; its page is empty.")
    out.print(link, markup=False, soft_wrap=True)


async def _require(dsn: str, kind: str, owner: str) -> None:
    """Raise CommandFailed where the hub knows nobody of this name: the link would open nothing."""
    from services.cli.registered import is_registered
    from services.runtime.database import Database

    database = Database(dsn, "intake", size=1)
    await database.start()
    try:
        if not await is_registered(database, kind, owner):
            raise CommandFailed(
                f"The hub knows no {kind} {owner!r}. A member's id is its member_id; the others "
                "stand in the directory."
            )
    finally:
        await database.stop()


async def _link(kind: str, owner: str, *, take_back: bool) -> tuple[str, bool]:
    """The link, and whether it opens a page that was not there before."""
    from services.cli.reach import database_of, load, with_pages
    from services.notifier.adapters.postgres_store import Store
    from services.notifier.domain.messages import Party
    from services.notifier.inbox_links import inbox_address
    from services.runtime.database import Database

    settings = with_pages(load())
    party = Party(kind, owner)  # type: ignore[arg-type]
    database = Database(database_of(settings), "notifier", size=1)
    await database.start()
    try:
        store = Store(database)
        async with store.transaction() as ledger:
            is_new = not await ledger.known([party])
        if is_new:
            await _require(database_of(settings), kind, owner)
        if take_back:
            await store.revoke_links(party)
        now = datetime.now(UTC)
        return await inbox_address(settings, database, party.kind, party.id, now), is_new
    finally:
        await database.stop()

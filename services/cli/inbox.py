"""`jisr inbox`: the address of somebody's inbox page, for whoever lost its mail."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from services.cli.console import err, out


class Kind(StrEnum):
    """Who has an inbox."""

    MEMBER = "member"
    CITY = "city"
    COMMITTEE = "committee"


def inbox(
    kind: Annotated[Kind, typer.Argument(help="Whose page it is.")],
    owner: Annotated[str, typer.Argument(metavar="ID", help="Its id, as in the directory.")],
    take_back: Annotated[
        bool,
        typer.Option("--take-back", help="First let no link that was given out so far open it."),
    ] = False,
) -> None:
    """Print a link to somebody's whole inbox page. Give it to nobody else: it answers for them.

    Standard output is the link alone; it works for JISR_LINK_DAYS days. The contacts of a city's
    demands have links of their own, by mail; --take-back ends those too.
    """
    link, is_new = asyncio.run(_link(kind.value, owner, take_back=take_back))
    if is_new:
        err.print(f"The {kind} {owner} was told nothing yet; check the id if that surprises you.")
    out.print(link, markup=False, soft_wrap=True)


async def _link(kind: str, owner: str, *, take_back: bool) -> tuple[str, bool]:
    """The link, and whether it opens a page that was not there before."""
    from services.cli.reach import database_of, load
    from services.notifier.adapters.postgres_store import Store
    from services.notifier.domain.messages import Party
    from services.notifier.inbox_links import inbox_address
    from services.runtime.database import Database

    settings = load()
    party = Party(kind, owner)  # type: ignore[arg-type]
    database = Database(database_of(settings), "notifier", size=1)
    await database.start()
    try:
        store = Store(database)
        async with store.transaction() as ledger:
            is_new = not await ledger.known([party])
        if take_back:
            await store.revoke_links(party)
        now = datetime.now(UTC)
        return await inbox_address(settings, database, party.kind, party.id, now), is_new
    finally:
        await database.stop()

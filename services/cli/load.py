"""`jisr load`: fill a running hub with a directory and members."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from services.cli.console import out
from services.cli.errors import CommandFailed, ExitCode

_SHOWN = 5


class What(StrEnum):
    """Which file of the folder."""

    DIRECTORY = "directory"
    MEMBERS = "members"


def load(
    folder: Annotated[
        Path,
        typer.Argument(help="A folder with directory.jsonl and members.jsonl, as samples/ has."),
    ],
    key: Annotated[
        str,
        typer.Option(
            envvar="JISR_KEY", help="The API key, from `jisr keys create --role hub` or cluster."
        ),
    ],
    only: Annotated[
        What | None, typer.Option(help="Send one of the two files; without it, both.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="Base URL of intake; without it, the hub that runs here."),
    ] = None,
) -> None:
    """Send a directory and members to a running hub through its HTTP API.

    The directory takes a key of the hub. A member belongs to whoever sends it first: a cluster's
    own key lets the cluster change it later, the hub's keeps it with the hub. Sending
    the same again changes nothing, so an interrupted load is simply repeated.
    """
    from services.cli import reach

    base = (url or reach.address_of(reach.load(), "intake")).rstrip("/")
    refused = asyncio.run(_send(folder, base, key, only))
    if refused:
        raise CommandFailed(f"{refused} refused.", ExitCode.REFUSED)


async def _send(folder: Path, base: str, key: str, only: What | None) -> int:
    from services.cli.demo.doors import HUB, HttpDoor
    from services.cli.demo.samples import lines

    entries = [] if only is What.MEMBERS else lines(folder / "directory.jsonl")
    members = [] if only is What.DIRECTORY else lines(folder / "members.jsonl")
    door = HttpDoor(base, {HUB: key})
    try:
        await door.put_directory(entries)
        await door.put_members(members)
    finally:
        await door.close()
    for refusal in door.refusals[:_SHOWN]:
        out.print(refusal, markup=False, soft_wrap=True)
    out.print(f"{len(entries)} directory entries and {len(members)} members sent")
    return door.rejected

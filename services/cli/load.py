"""`jisr load`: fill a running hub with a directory, contacts and members."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote

import typer

from services.cli.console import Progress, out
from services.cli.errors import CommandFailed, ExitCode
from services.cli.taking_in import wait_for_supplies

if TYPE_CHECKING:
    from services.cli.demo.doors import HttpDoor, Refused

_SHOWN = 5
_LATER = (
    "The matcher analyses them now; until then they are not proposed. `jisr status` counts its "
    "supplies, and `jisr load --wait` waits for them."
)


class What(StrEnum):
    """Which file of the folder."""

    DIRECTORY = "directory"
    CONTACTS = "contacts"
    MEMBERS = "members"


def load(
    folder: Annotated[
        Path,
        typer.Argument(
            help="A folder with directory.jsonl, members.jsonl and, where cities and committees "
            "are to be written to, contacts.jsonl, as samples/ has."
        ),
    ],
    key: Annotated[
        str,
        typer.Option(
            envvar="JISR_KEY",
            help="The API key: the hub's (`jisr keys create --source hub --role hub`), or for "
            "the members of one cluster that cluster's.",
        ),
    ],
    only: Annotated[
        What | None, typer.Option(help="Send one of the files; without it, all.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="Base URL of intake; without it, the hub that runs here."),
    ] = None,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait",
            help="End when the matcher that `jisr status` shows counts as many supplies as members "
            "were taken. Of a hub that had more already it says nothing.",
        ),
    ] = False,
) -> None:
    """Send a directory, contacts and members to a running hub through its HTTP API.

    The directory and contacts take a key of the hub. A member belongs to its cluster, whoever
    writes it first: a cluster's own key may write the members of that cluster, the hub's those
    of all. The matcher analyses each after it was taken, and proposes nobody before. Sending
    the same again changes nothing, so an interrupted load is simply repeated. Demands and offers
    go by `jisr submit`.
    """
    from services.cli import reach

    settings = reach.load()
    base = (url or reach.address_of(settings, "intake")).rstrip("/")
    refused = asyncio.run(_send(folder, base, key, only))
    if only in (None, What.MEMBERS):
        if wait:
            here = _active(folder) - refused
            wait_for_supplies(reach.address_of(settings, "matcher"), here, Progress())
        else:
            out.print(_LATER, soft_wrap=True)
    if refused:
        raise CommandFailed(f"{refused} refused.", ExitCode.REFUSED)


def _active(folder: Path) -> int:
    """How many members of the folder can be proposed."""
    from services.cli.demo.samples import lines

    return sum(bool(one.get("active", True)) for one in lines(folder / "members.jsonl"))


async def _send(folder: Path, base: str, key: str, only: What | None) -> int:
    from aiohttp import ClientConnectionError

    from services.cli import reach
    from services.cli.demo.doors import HUB, HttpDoor
    from services.cli.demo.samples import contacts, lines

    def wanted(what: What) -> bool:
        return only in (None, what)

    entries = lines(folder / "directory.jsonl") if wanted(What.DIRECTORY) else []
    members = lines(folder / "members.jsonl") if wanted(What.MEMBERS) else []
    people = contacts(folder) if wanted(What.CONTACTS) else []
    if only is What.CONTACTS and not people:
        raise CommandFailed(f"{folder / 'contacts.jsonl'} has no contact.", ExitCode.USAGE)
    door = HttpDoor(base, {HUB: key})
    try:
        if not await door.admits(HUB):
            raise CommandFailed(f"{base}: {reach.NO_SUCH_KEY}.", ExitCode.REFUSED)
        if wanted(What.DIRECTORY):
            await door.put_directory(entries)
            _sum_up("directory entries", len(entries), door)
        if people:
            before = len(door.refusals)
            await door.put_contacts(people)
            _sum_up("contacts", len(people), door, before)
        if wanted(What.MEMBERS):
            before = len(door.refusals)
            await door.put_members(members)
            _sum_up("members", len(members), door, before)
    except ClientConnectionError as error:
        raise reach.silent(base, error) from error
    finally:
        await door.close()
    return door.rejected


def _sum_up(what: str, sent: int, door: HttpDoor, before: int = 0) -> None:
    """How many were taken; and of the refused, for each reason how many, and some of them."""
    refused = door.refusals[before:]
    more = f", {len(refused)} refused" if refused else ""
    out.print(f"{sent} {what}: {sent - len(refused)} taken{more}")
    for line in reasons(refused):
        out.print(f"  {line}", markup=False, soft_wrap=True)


def reasons(refused: Sequence[Refused]) -> Iterator[str]:
    """A line for each reason among ``refused``, the commonest first: status, code, how many, why,
    and the ids of some.
    """
    told = sorted((*_why(one), _id(one)) for one in refused)
    groups = [(why, [name for *_, name in of]) for why, of in groupby(told, lambda one: one[:2])]
    for (code, detail), names in sorted(groups, key=lambda group: -len(group[1])):
        more = ", ..." if len(names) > _SHOWN else ""
        yield f"{len(names)} x {code}: {detail} ({', '.join(names[:_SHOWN])}{more})"


def _why(one: Refused) -> tuple[str, str]:
    """The status with the code of the first fault, and that fault in words."""
    try:
        problem = json.loads(one.answer)
        fault = (problem.get("errors") or [{}])[0]
        code = fault.get("code") or str(problem.get("type", "")).rpartition(":")[2]
        where = f"{fault['pointer']}: " if fault.get("pointer") else ""
        detail = where + str(fault.get("detail") or problem.get("detail") or one.answer)
    except (ValueError, AttributeError):
        return str(one.status), one.answer[:200]
    return f"{one.status} {code}".rstrip(), detail


def _id(one: Refused) -> str:
    return unquote(one.path.rpartition("/")[2])

"""The demo's last words: what happened, and where to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape

from services.cli.console import table
from services.notifier.domain.messages import PartyKind
from services.runtime.settings import Settings

ENDS = """
The hub ends now, and its addresses with it. `make demo` without ONCE=1 (`jisr demo` without --once)
serves until Ctrl-C, and prints the addresses of its pages, its mails, the API and the events."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose page it is, what to call it, and why it is worth a look."""

    name: str
    kind: PartyKind
    id: str


SERVES = """
In another terminal of this folder, `{jisr} status` says whether all is well; every other command
finds this hub, too, as long as no `jisr run` serves beside it (then: JISR_VAR={var} before it).

[bold]The demo serves.[/] Ctrl-C stops it."""


def say(
    out: Console, summary: Mapping[str, Any], addresses: Mapping[str, str], jisr: str, var: Path
) -> None:
    """Print what happened, and the ``addresses`` by what is there, each whole on its own line:
    whoever copies one from a terminal gets all of it. None are left when the hub ends.

    ``jisr`` is how the command is called from here, ``var`` the folder that leads to the hub of
    the demo, whatever else runs.
    """
    out.print(told(summary))
    if not addresses:
        out.print(ENDS, soft_wrap=True)
        return
    for name, address in addresses.items():
        out.print(f"\n{name}", style="bold", markup=False, soft_wrap=True)
        out.print(address, markup=False, soft_wrap=True)
    out.print(SERVES.format(jisr=jisr, var=escape(str(var))), soft_wrap=True)


def told(summary: Mapping[str, Any]) -> RenderableType:
    """What happened, and on what."""
    made = table("", "", title="\n[bold]The hub[/]")
    made.show_header = False
    said = (
        f"{summary['demands']} demands: {summary['proposed']} proposed to members, "
        f"{summary['unmatched']} to the ambassador; {summary['notifications']} mails, "
        f"{summary['rejected']} rejected, {summary['seconds']} s"
    )
    rows = {
        "what happened": said,
        "broker": summary["broker"],
        "database": summary["database"],
    }
    for name, value in rows.items():
        made.add_row(name, value)
    return made


def readers(
    demands: Sequence[Mapping[str, Any]], directory: Sequence[Mapping[str, Any]], life: str | None
) -> list[Whose]:
    """A member, a city and an ambassador, so that their pages tell one story.

    It is that of the demand ``life``: the member who was introduced, or else was asked last, its
    city, and the ambassador there. Without it: the member who was proposed most often, and the
    city with most demands.
    """
    lived = [demand for demand in demands if demand["external_id"] == life]
    of = f"{life}: the" if lived else "a"
    found = []
    if member := _last_asked(lived) or _most_asked(demands):
        found.append(Whose(f"{of} member's page", "member", member))
    if demands:
        city = _most([str(demand["city"]) for demand in lived or demands])
        found.append(Whose(f"{of} city's page", "city", city))
        office = (e for e in directory if e["entry"] == "ambassador" and e["city"] == city)
        found += [Whose("its ambassador's page", "member", str(e["member_id"])) for e in office][:1]
    return found


def _last_asked(demands: Sequence[Mapping[str, Any]]) -> str | None:
    """The member that was introduced for ``demands``, or else was asked last; None: nobody was."""
    asked = sorted(_members(demands), key=lambda m: (m["state"] == "introduced", m["wave"]))
    return str(asked[-1]["who"]["id"]) if asked else None


def _most_asked(demands: Sequence[Mapping[str, Any]]) -> str | None:
    asked = [str(match["who"]["id"]) for match in _members(demands)]
    return _most(asked) if asked else None


def _members(demands: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The matches of ``demands`` with members."""
    return [m for demand in demands for m in demand["matches"] if m["who"]["kind"] == "member"]


def _most(names: Sequence[str]) -> str:
    return max(sorted(set(names)), key=names.count)


async def pages(settings: Settings, shown: Sequence[Whose]) -> dict[str, str]:
    """The addresses of the pages of ``shown``, by their names."""
    from services.notifier.inbox_links import inbox_address
    from services.runtime.database import Database

    database = Database(settings.dsn(), "notifier", size=1)
    await database.start()
    try:
        now = datetime.now(UTC)
        return {
            f"{one.name} ({one.id})": await inbox_address(settings, database, one.kind, one.id, now)
            for one in shown
        }
    finally:
        await database.stop()

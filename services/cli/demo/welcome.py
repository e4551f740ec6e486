"""The demo's last words: what happened, and where to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType

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


def told(summary: Mapping[str, Any], addresses: Mapping[str, str]) -> RenderableType:
    """What happened, and the ``addresses`` by what is there; none are left when the hub ends."""
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
        **addresses,
    }
    for name, value in rows.items():
        made.add_row(name, value)
    return made if addresses else Group(made, ENDS)


def readers(
    demands: Sequence[Mapping[str, Any]], directory: Sequence[Mapping[str, Any]], life: str | None
) -> list[Whose]:
    """A member, a city and an ambassador with much on their pages.

    The member who was proposed most often; the city of the demand ``life``, or else the one with
    most demands; its ambassador.
    """
    asked = [
        match["who"]["id"]
        for demand in demands
        for match in demand["matches"]
        if match["who"]["kind"] == "member"
    ]
    found = []
    if asked:
        found.append(Whose("a member's page", "member", _most(asked)))
    cities = [str(demand["city"]) for demand in demands]
    lived = [str(demand["city"]) for demand in demands if demand["external_id"] == life]
    if cities:
        city = lived[0] if lived else _most(cities)
        found.append(Whose("a city's page", "city", city))
        office = (e for e in directory if e["entry"] == "ambassador" and e["city"] == city)
        found += [Whose("its ambassador's page", "member", str(e["member_id"])) for e in office][:1]
    return found


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

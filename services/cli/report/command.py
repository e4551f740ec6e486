"""`jisr report`, the command."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.console import out
from services.cli.days import Since, Until

if TYPE_CHECKING:
    from services.cli.report.page import Period
    from services.cli.stored_lives import Stored


class Language(StrEnum):
    """In which the report is written."""

    EN = "en"
    FR = "fr"
    AR = "ar"


def report(
    since: Since = None,
    until: Until = None,
    html: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also write it as a page with plots.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also write everything as JSON.")
    ] = None,
    language: Annotated[
        Language, typer.Option(help="Of the tables and of the page.")
    ] = Language.EN,
) -> None:
    """Show how the hub's matching does: what share is accepted, how long it takes, who gets nobody.

    Of the demands opened in a time, by city, kind and niche, from the hub's database. Waits that
    are not over yet count in the medians as longer than so far.
    """
    import asyncio
    from json import dumps

    from services.cli.reach import database_of, load
    from services.cli.report import measures, showing
    from services.cli.report.page import page
    from services.cli.report.voice import Voice, names
    from services.cli.stored_lives import between, stored

    settings = load()
    began, ends = between(since, until)
    found = asyncio.run(stored(database_of(settings), began, ends))
    told = measures.report(found.lives, found.now)
    say = Voice(language.value, names(found.directory, language.value))
    period = _period(found, began if since else None, ends if until else None)
    out.print(period.words(say))
    out.print(showing.as_tables(told, say) if found.lives else say("nothing"))
    if html is not None:
        hub = say.names.get(("cluster", settings.hub_cluster), "")
        html.write_text(page(told, say, period, hub), encoding="utf-8")
    if json is not None:
        first, last = period.first.isoformat(), period.last.isoformat()
        data = {"since": first, "until": last, "now": found.now.isoformat()}
        text = dumps(data | showing.as_data(told), ensure_ascii=False, indent=1)
        json.write_text(text + "\n", encoding="utf-8")


def _period(found: Stored, began: datetime | None, ends: datetime | None) -> Period:
    """The days that were asked for; where none was named, from the first demand to today."""
    from services.cli.report.page import Period

    first = began or min((life.opened_at for life in found.lives), default=found.now)
    last = ends - timedelta(days=1) if ends else found.now
    return Period(first.date(), last.date(), found.now)

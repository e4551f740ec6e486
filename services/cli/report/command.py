"""`jisr report`, the command."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from services.cli.console import out
from services.cli.days import Since, Until


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
    from services.cli.report.wording import Voice, names
    from services.cli.stored_lives import between, stored

    began, ends = between(since, until)
    found = asyncio.run(stored(database_of(load()), began, ends))
    told = measures.report(found.lives, found.now)
    say = Voice(language.value, names(found.directory, language.value))
    opened = [life.opened_at for life in found.lives]
    first = (began if since else min(opened, default=found.now)).date().isoformat()
    last = (ends if until else found.now).date().isoformat()
    now = found.now.strftime("%Y-%m-%d %H:%M")
    out.print(say("period", since=first, until=last, now=now))
    out.print(showing.as_tables(told, say) if opened else say("nothing"))
    if html is not None:
        html.write_text(page(told, say, first, last, now), encoding="utf-8")
    if json is not None:
        data = {"since": first, "until": last, "now": found.now.isoformat()}
        text = dumps(data | showing.as_data(told), ensure_ascii=False, indent=1)
        json.write_text(text + "\n", encoding="utf-8")

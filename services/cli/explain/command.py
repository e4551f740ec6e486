"""`jisr explain`, the command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.cli.console import out


def explain(
    demand: Annotated[
        str,
        typer.Argument(
            help="A demand_id, an external_id (FES-2026-001), or source/external_id where several "
            "sources have the same."
        ),
    ],
    member: Annotated[str, typer.Argument(help="A member_id, or the id of an offer.")],
    folder: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="Explain a pair of this folder (members.jsonl, demands.jsonl), without a hub.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    cache: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="With --folder: keep vectors here for the next time."),
    ] = None,
) -> None:
    """Show why a member was proposed for a demand, or which rule or score kept it out.

    Reads what the hub has stored (or a folder) and judges the pair as the service does: each rule,
    the evidence, each part of the sum, the place among the others, and how the places were given.
    """
    from services.cli.explain import folder as folders
    from services.cli.explain import showing, stored
    from services.cli.reach import database_of, load
    from services.runtime.settings import Settings

    if folder is not None:
        found = folders.explained(Settings(), folder, demand, member, cache)
    else:
        settings = load()
        found = stored.explained(settings, database_of(settings), demand, member)
    if as_json:
        out.print_json(data=showing.as_data(found))
    else:
        showing.show(found)

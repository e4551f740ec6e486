"""`jisr judgements`, the command; and the same for `jisr train --from-hub`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.console import out, table
from services.cli.days import Since, Until

if TYPE_CHECKING:
    from services.cli.judgements.judging import Judged


def judgements(
    folder: Annotated[
        Path, typer.Option("--out", file_okay=False, help="Where to write: a folder of its own.")
    ],
    since: Since = None,
    until: Until = None,
) -> None:
    """Write what the hub's answers say of who fits whom, as `jisr train` and `evaluate` read it.

    Who accepted was right, and whom an ambassador added; "not my field" and whom an ambassador
    struck was wrong; other declines and silence say nothing of it. The folder has the texts of
    members and demands, and no contact data.
    """
    from services.cli.judgements.judging import GRADES, RIGHT
    from services.cli.judgements.writing import counts

    found = exported(folder, since, until)
    shown = table("said", "pairs", "counts as")
    for why, grade in GRADES.items():
        shown.add_row(why, str(found.counts.get(why, 0)), "right" if grade >= RIGHT else "wrong")
    shown.add_row("nothing of fit", str(found.silent), "")
    shown.add_row("of an offer", str(found.offers), "")
    out.print(shown)
    told = counts(found)
    out.print(
        f"\n{told['right']} right pairs and {told['wrong']} wrong ones of {told['demands']} "
        f"demands, in {folder}."
    )


def exported(folder: Path, since: datetime | None = None, until: datetime | None = None) -> Judged:
    """Write the judgements of the hub that the settings lead to into ``folder``.

    Raises CommandFailed where nothing leads to a database.
    """
    import asyncio

    from services.cli.judgements.judging import judged
    from services.cli.judgements.writing import write
    from services.cli.reach import database_of, load
    from services.cli.stored_lives import between, stored

    found = asyncio.run(stored(database_of(load()), *between(since, until)))
    said = judged(found.lives, found.verdicts)
    write(folder, found, said)
    return said

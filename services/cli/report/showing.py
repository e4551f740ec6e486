"""The report in the terminal, and as data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Group
from rich.table import Table

from services.cli.console import table
from services.cli.report.measures import Report, Row
from services.cli.report.voice import Voice
from services.cli.report.wording import COLUMNS


def as_tables(found: Report, say: Voice) -> Group:
    """The whole, and a table for each grouping."""
    parts: list[Any] = [_table([found.whole], "whole", say)]
    for grouping, rows in found.groups.items():
        parts += ["", _table(rows, grouping, say)]
    return Group(*parts, "", say("explained"))


def _table(rows: Any, grouping: str, say: Voice) -> Table:
    made = table("", *(say(name) for name in COLUMNS), title=say(grouping))
    for row in rows:
        name = say(grouping) if grouping == "whole" else say.name(grouping, row.name)
        made.add_row(name, *(str(cell) for _, cell in say.cells(row)))
    return made


def as_data(found: Report) -> dict[str, Any]:
    """Everything, with the shares left to the reader."""
    return {
        "whole": _row(found.whole),
        **{grouping: [_row(row) for row in rows] for grouping, rows in found.groups.items()},
        "first_answer_curve": found.first_answer,
        "introduction_curve": found.introduction,
    }


def _row(row: Row) -> dict[str, Any]:
    return asdict(row) | {"answers": dict(row.answers), "proposals": row.proposals, "due": row.due}

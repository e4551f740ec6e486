"""Days as options take them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer


def day(text: str | datetime) -> datetime:
    """The midnight that ``text`` begins with; a BadParameter says how a day is written."""
    if isinstance(text, datetime):
        return text
    try:
        return datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - days are of UTC where they are used
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day: write YYYY-MM-DD, as 2026-11-30") from None


Since = Annotated[
    datetime | None,
    typer.Option(
        parser=day,
        metavar="YYYY-MM-DD",
        help="Demands opened from this day on (UTC).",
        show_default=False,
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        parser=day, metavar="YYYY-MM-DD", help="And before this day (UTC).", show_default=False
    ),
]

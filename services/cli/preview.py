"""`jisr preview`: every mail and page with sample data, to look at before members do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.cli.console import out


def preview(
    folder: Annotated[Path, typer.Option("--folder", help="Where to write.")] = Path("var/preview"),
    shots: Annotated[
        Path | None,
        typer.Option("--shots", metavar="FOLDER", help="Also take the screenshots of the docs."),
    ] = None,
) -> None:
    """Render every kind of mail (HTML and text) and every page in three languages.

    Writes a folder with an index.html; opens no port, sends nothing, needs no hub. Screenshots
    need a Chromium on this machine.
    """
    from services.notifier.preview.folder import write
    from services.notifier.preview.shots import take

    index = write(folder)
    out.print(f"{index.resolve()}", markup=False, soft_wrap=True)
    if shots is not None:
        for name in take(folder, shots):
            out.print(f"{shots / name}", markup=False, soft_wrap=True)

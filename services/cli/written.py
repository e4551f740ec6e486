"""Files that options name to be written, judged before the work that fills them."""

from __future__ import annotations

from pathlib import Path

import typer


def writable(path: Path | None) -> Path | None:
    """``path``; BadParameter where its folder is not there."""
    if path is not None and not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}: make it first")
    return path

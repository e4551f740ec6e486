"""`jisr keys`: who may speak to the hub, and for which source."""

from __future__ import annotations

import typer

app = typer.Typer(
    help="API keys: who may speak to the hub, for which source.", no_args_is_help=True
)

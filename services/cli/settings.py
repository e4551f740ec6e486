"""`jisr settings`: what is set, and the example file that documents it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.console import out, table
from services.cli.errors import CommandFailed, ExitCode
from services.cli.usable import require_usable

if TYPE_CHECKING:
    from services.runtime.settings import Settings

_FILE = Path(".env.example")


def settings(
    example: Annotated[
        bool, typer.Option("--example", help="Write .env.example: every setting, its default.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="End with 4 when .env.example is not up to date.")
    ] = False,
) -> None:
    """Show every setting: its value now, whether it was set, and what it means.

    Settings come from the environment, then from .env in the working folder. Secrets and
    passwords are masked.
    """
    from services.runtime.settings import Settings
    from services.runtime.settings import example as example_text

    if check:
        if not _FILE.exists() or _FILE.read_text() != example_text():
            raise CommandFailed(
                f"{_FILE} is not what the settings say now. Run `jisr settings --example`.",
                ExitCode.DIFFERENT,
            )
    elif example:
        _FILE.write_text(example_text())
        out.print(f"{_FILE} written")
    else:
        found = Settings()
        _show(found)
        require_usable(found)


def _show(settings: Settings) -> None:
    from rich.text import Text

    from services.runtime.settings import environment_name

    shown = table("variable", "value", "", "meaning")
    for name, info in type(settings).model_fields.items():
        changed = name in settings.model_fields_set
        shown.add_row(
            environment_name(name),
            Text(masked(settings, name), style="bold" if changed else ""),
            "set" if changed else "default",
            Text(info.description or "", style="dim"),
        )
    out.print(shown)


def masked(settings: Settings, name: str) -> str:
    """The value of the setting ``name`` as it may be shown: no secret, no password."""
    from services.runtime.database import describe

    value = getattr(settings, name)
    if name == "database_url" and value is not None:
        return f"postgresql://…@{describe(value.get_secret_value())}"
    return "" if value is None else str(value)

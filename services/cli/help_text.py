"""Help as wide as the terminal: typer keeps a docstring's line ends, which break other widths."""

from __future__ import annotations

import inspect
import re

import typer

_OWN_LINE = re.compile(r"\n(?![ \-*\n]|\d+\. )")


def unwrapped(text: str) -> str:
    """``text`` with each paragraph on one line; blank lines, lists and indented lines stay."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(_OWN_LINE.sub(" ", paragraph) for paragraph in paragraphs)


def unwrap(app: typer.Typer) -> None:
    """Let every command of ``app``, and of the groups in it, say its docstring so."""
    for command in app.registered_commands:
        command.help = unwrapped(command.help or inspect.getdoc(command.callback) or "")
    for group in app.registered_groups:
        if group.typer_instance is not None:
            unwrap(group.typer_instance)

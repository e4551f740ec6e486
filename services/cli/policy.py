"""`jisr policy`: what the hub's policy comes to, and whether a file of it can be used."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.console import out, table
from services.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from rich.table import Table

    from services.matcher.domain.course import Course, Wave
    from services.matcher.domain.policy import Policy


_GENERAL = ("threshold", "lexical_threshold", "spare", "offers_per_need", "nearest", "history")


def policy(
    check: Annotated[
        Path | None,
        typer.Option(
            "--check",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Read this file instead of the hub's.",
        ),
    ] = None,
) -> None:
    """Show the whole policy: that of the hub (JISR_POLICY_FILE), or of a file to be tried.

    Ends with 2 and names line, key and remedy of each fault where the file cannot be used.
    """
    from services.matcher.adapters import policy_file
    from services.matcher.exceptions import PolicyRefused
    from services.runtime.settings import Settings

    path = check or Settings().policy_file
    try:
        found = policy_file.read(path).policy
    except PolicyRefused as refused:
        raise CommandFailed(str(refused), ExitCode.USAGE) from refused
    out.print(f"version [bold]{found.version}[/], from {path or 'the file that Jisr ships'}\n")
    out.print(_general(found))
    out.print()
    out.print(_courses(found))


def _general(policy: Policy) -> Table:
    from dataclasses import asdict

    from services.matcher.adapters.policy_said import NEVER

    made = table("choice", "value")
    for name in _GENERAL:
        made.add_row(name, _shown(getattr(policy, name)))
    made.add_row("batch", _shown(policy.batch, NEVER))
    made.add_row("rankings_bind", _shown(policy.rankings_bind))
    if policy.spread is None:
        made.add_row("spread", "off")
    else:
        for name, value in asdict(policy.spread).items():
            days = name in ("half_life", "window")
            made.add_row(f"spread.{name}", _shown(timedelta(days=value) if days else value))
    if policy.freeze is None:
        made.add_row("freeze", "off")
    else:
        for name, value in asdict(policy.freeze).items():
            made.add_row(f"freeze.{name}", _shown(value))
    return made


def _courses(policy: Policy) -> Table:
    """A column for each course, a row for each choice; waves first."""
    from dataclasses import fields

    from services.matcher.adapters.policy_said import FOR_EVER, NEVER

    courses = policy.courses
    named = {"others": courses.others, "interests": courses.interests, **courses.kinds}
    made = table("what happens when", *named)
    for number in range(max(len(course.waves) for course in named.values())):
        cells = (_wave(course, number, policy, name) for name, course in named.items())
        made.add_row(f"wave {number + 1}", *cells)
    instead = {"confirm_within": NEVER, "open_for": FOR_EVER}
    for name in (f.name for f in fields(courses.others) if f.name != "waves"):
        none = instead.get(name, "")
        made.add_row(name, *(_shown(getattr(c, name), none) for c in named.values()))
    return made


def _wave(course: Course, number: int, policy: Policy, name: str) -> str:
    if number >= len(course.waves):
        return "-"
    wave: Wave = course.waves[number]
    here = policy.in_wave(wave)
    many = f"{here.offers_per_need} offers" if name == "interests" else f"{here.spare} spare"
    return (
        f"{wave.reach}: {many}, from {here.threshold:g}; "
        f"{_shown(wave.answer_within)}, reminded after {_shown(wave.remind_after)}"
    )


def _shown(value: Any, none: str = "") -> str:
    from services.matcher.adapters.spans import written

    match value:
        case None:
            return none
        case str():
            return value
        case bool():
            return str(value).lower()
        case timedelta():
            return written(value)
        case _:
            return f"{value:g}"

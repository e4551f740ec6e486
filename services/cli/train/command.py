"""`jisr train`, the command."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from services.cli.console import out
from services.cli.errors import CommandFailed, ExitCode
from services.cli.written import writable


def train(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            exists=True,
            file_okay=False,
            help="Folders as `jisr evaluate` reads them: members, demands, and qrels.tsv.",
        ),
    ] = None,
    from_hub: Annotated[
        bool,
        typer.Option("--from-hub", help="Also learn from the answers that the hub has stored."),
    ] = False,
    models: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="Where to write; without it, JISR_MODELS, or else the folder models in JISR_VAR.",
        ),
    ] = None,
    write: Annotated[
        bool,
        typer.Option("--write", help="Write over the models that Jisr ships."),
    ] = False,
    space: Annotated[
        bool,
        typer.Option(help="Also fit the space of the embedding model, on the trilingual corpus."),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(dir_okay=False, callback=writable, help="Write the reliability plot, as SVG."),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(help="Name of the new score; without it, the day and a hash of its weights."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads for an embedding; without it, every core.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(file_okay=False, help="Keep vectors in this folder.")
    ] = None,
) -> None:
    """Fit the score to judged pairs, and say how far it can be believed.

    A pair is right from grade 2 on, or from 1 on in a set without higher grades; members that
    nobody judged count as wrong (of a hub's answers: only those that are far from the demand, for
    of the near ones nothing is known). Every number of calibration comes from demands that the
    model was not fitted on (five folds). The threshold for which nine of ten proposals are right is
    printed; it is the policy's to take over.

    The score is fitted for the embedding model that JISR_EMBEDDER names, and so is the space. A
    matcher with that model uses them where JISR_MODELS names the folder.
    """
    from services.cli.judgements.command import exported
    from services.cli.train import showing
    from services.cli.train.training import Wanted, trained
    from services.matcher.adapters import fitted
    from services.matcher.adapters.shipped import MODELS
    from services.runtime.settings import Settings

    if write and models is not None:
        raise CommandFailed("Give --models or --write, not both.", ExitCode.USAGE)
    if not folders and not from_hub:
        raise CommandFailed("Name a folder of judged demands, or --from-hub.", ExitCode.USAGE)
    if version is not None and not fitted.is_version(version):
        raise CommandFailed(
            f"{version!r} cannot name a score: letters, digits and . _ : / - alone, at most 120.",
            ExitCode.USAGE,
        )
    settings = Settings()
    with TemporaryDirectory() as place:
        hub = Path(place) / "hub"
        if from_hub and not exported(hub).judgements:
            raise CommandFailed("Nothing that the hub was answered says yet who fits whom.")
        wanted = Wanted(
            (*(folders or ()), *([hub] if from_hub else ())),
            MODELS if write else models or settings.models or settings.var / "models",
            space,
            version,
            datetime.now(UTC).date(),
            threads or len(os.sched_getaffinity(0)),
            cache,
        )
        result = trained(wanted)
    out.print(showing.as_tables(result))
    if plot is not None:
        plot.write_text(showing.reliability(result), encoding="utf-8")

"""`jisr evaluate`, the command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from services.cli.console import err, out
from services.cli.evaluate.method import Method
from services.cli.written import writable

_TOLD = 20


def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(
            exists=True,
            file_okay=False,
            help="A folder with members.jsonl, demands.jsonl and qrels.tsv.",
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            callback=writable,
            help="Write a TREC run: demand Q0 member rank score tag.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--json",
            dir_okay=False,
            callback=writable,
            help="Also write everything found to this file.",
        ),
    ] = None,
    method: Annotated[
        Method,
        typer.Option(
            help="hybrid: as the hub; lexical: as the hub without embeddings; "
            "dense: by closeness in meaning alone."
        ),
    ] = Method.HYBRID,
    depth: Annotated[
        int, typer.Option(min=0, help="Members of each demand in the run; 0: all of them.")
    ] = 100,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads for an embedding; without it, every core.")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Keep vectors in this folder for the next evaluation."),
    ] = None,
) -> None:
    """Measure the hub's ranking on demands whose right members are known.

    Runs a set through the matcher's own analysis, embedding and rank, without a service, and
    prints MRR, hit@1, 5 and 10, nDCG@10 and recall@50 with their bootstrap intervals, and the
    milliseconds for each demand. Demands are taken in the order of their file, and only earlier
    ones may influence a later one. A line that cannot be used is told, and the rest goes on.

    members.jsonl: member_id, and of name, description, keywords, niches, portfolio (title, text,
    year) what there is. demands.jsonl: external_id, and of title, summary, description, keywords,
    niches, language what there is. qrels.tsv: demand, 0, member, grade; from 1 on it is right.
    """
    from services.cli.evaluate import showing
    from services.cli.evaluate.evaluation import Wanted, evaluation

    threads = threads or len(os.sched_getaffinity(0))
    result = evaluation(folder, Wanted(method, run, depth, threads, cache))
    for line in result.faults[:_TOLD]:
        err.print(line, markup=False, soft_wrap=True)
    if len(result.faults) > _TOLD:
        err.print(f"and {len(result.faults) - _TOLD} more; --json has all of them")
    out.print(showing.as_tables(result))
    if report is not None:
        showing.write(result, report)

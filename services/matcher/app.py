"""The matcher, composed; nothing connects before the service is started."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from schemas.topics import DEMANDS, DIRECTORY, MEMBERS, OFFERS, RESPONSES, SUPPLIES, Topic
from services.matcher import metrics
from services.matcher.adapters import embedder, events, policy_file
from services.matcher.adapters.comparisons import comparisons_on
from services.matcher.adapters.embedder import Model
from services.matcher.adapters.fitted import Score, Scores
from services.matcher.adapters.leads import leads_on
from services.matcher.adapters.ledger import transactions_on
from services.matcher.adapters.policy_file import PolicyFile
from services.matcher.adapters.stored_vectors import StoredEmbedder
from services.matcher.domain import languages
from services.matcher.domain.eligibility import World
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.policy import Policy
from services.matcher.handlers import Handlers
from services.matcher.ownership import Ownership
from services.matcher.use_cases.changing import Engine, ModelChange
from services.matcher.use_cases.duplicates import DuplicateWatch, Space
from services.matcher.use_cases.filling import Filler
from services.matcher.use_cases.leads import LeadWatch
from services.matcher.use_cases.matchmaker import Matchmaker
from services.matcher.use_cases.places import PlaceKeeper
from services.matcher.use_cases.policy_change import PolicyChange
from services.matcher.use_cases.ports import KnownModel
from services.matcher.use_cases.timekeeping import Timekeeper
from services.runtime.backlog import read_up
from services.runtime.consumer import Subscription
from services.runtime.database import Database
from services.runtime.service import Service, create_service
from services.runtime.settings import Settings
from services.runtime.table import Apply, Table

GROUP = "jisr-matcher"
_HEARD_WITHIN_S = 60.0
_EMBEDDED_AT_ONCE = 8  # so that the first of a burst does not wait for the last


def _now() -> datetime:
    return datetime.now(UTC)


def _used(maker: Matchmaker, change: ModelChange, asked: str) -> str:
    """What /readyz says of the embedder."""
    embedder, progress = maker.embedder, change.progress()
    words = f"lexical: {embedder.away}" if embedder.away else embedder.model_name or "lexical"
    if progress is not None:
        return f"{words}; {progress}"
    if embedder.model_name is None and asked != "lexical":
        return f"lexical: {asked} cannot be loaded, see the log"
    return words


def _by_words(maker: Matchmaker, asked: str) -> bool:
    """Whether embeddings were asked for and cannot be had."""
    return asked != "lexical" and (maker.embedder.model_name is None or bool(maker.embedder.away))


def _index(model: Model | None, own: Path | None) -> SupplyIndex:
    return SupplyIndex(embedder.load_centres(model, own) if model else None)


def _changing(
    settings: Settings,
    database: Database,
    maker: Matchmaker,
    model: Model | None,
    scores: Scores,
) -> ModelChange:
    async def former(known: KnownModel | None) -> Engine:
        found = await asyncio.to_thread(embedder.load_former, known, settings)
        score = scores.of(found.name if found else None)
        return Engine(StoredEmbedder(database, found), _index(found, settings.models), score.model)

    return ModelChange(
        maker=maker,
        wanted=embedder.known_model(model),
        index=partial(_index, model, settings.models),
        model=maker.model,
        engine_of=former,
        need_of=events.need_of_stored,
        keep=timedelta(days=settings.embed_keep_days),
    )


def create_app(
    settings: Settings, policy: Policy | None = None, clock: Callable[[], datetime] = _now
) -> Service:
    """The matcher as a `Service`; ``policy`` and ``clock`` are the hub's own by default.

    Raises PolicyRefused where the hub's own policy cannot be used, FittedRefused where its own
    models cannot.
    """
    database = Database(settings.dsn(), "matcher")
    model, scores = embedder.load(settings), Scores(settings.models)
    stated = policy_file.read(settings.policy_file)
    maker = Matchmaker(
        transaction=transactions_on(database),
        embedder=StoredEmbedder(database, model),
        supplies=_index(model, settings.models),
        world=World({}, {}, settings.hub_cluster),
        policy=policy or stated.policy,
        model=scores.of(model.name if model else None).model,
        clock=clock,
    )
    change = _changing(settings, database, maker, model, scores)
    ruling = PolicyChange(maker, PolicyFile(settings.policy_file or policy_file.SHIPPED), stated)
    own = [] if policy else [ruling]
    metrics.LEXICAL_ONLY.set_function(lambda: float(_by_words(maker, settings.embedder)))

    def serving() -> Score:
        return scores.of(maker.embedder.model_name)

    metrics.SCORE_STANDS_IN.set_function(lambda: float(serving().lacking is not None))
    handlers = Handlers(maker)
    demands, members = Ownership(handlers, DEMANDS), Ownership(handlers, MEMBERS)
    many = _EMBEDDED_AT_ONCE if model else settings.batch
    servers = settings.kafka_bootstrap_servers or ""

    duplicates = DuplicateWatch(
        comparisons_on(database),
        lambda: Space(maker.embedder, maker.supplies.centres),
        settings.hub_cluster,
    )
    leads = LeadWatch(maker, leads_on(database), lambda: handlers.cities.known(handlers.niches))

    async def heard() -> bool:
        return await read_up(RESPONSES, GROUP, settings, _HEARD_WITHIN_S)

    def table(topic: Topic, apply: Apply) -> Table:
        return Table(topic, apply, settings, "matcher", servers)

    return create_service(
        "matcher",
        settings,
        FastAPI(title="Jisr matcher", docs_url=None, redoc_url=None),
        database,
        subscriptions=[
            Subscription(DEMANDS, GROUP, handlers.on_demands, many, listener=demands),
            Subscription(MEMBERS, GROUP, handlers.on_members, many, listener=members),
            Subscription(OFFERS, GROUP, handlers.on_offers, many),
            Subscription(RESPONSES, GROUP, handlers.on_responses, settings.batch),
        ],
        tables=[table(DIRECTORY, handlers.on_directory), table(SUPPLIES, handlers.on_supplies)],
        workers=[
            maker.look_again,
            demands.take_over,
            members.take_over,
            Timekeeper(maker.transaction, handlers.settler.ring, heard).run,
            PlaceKeeper(maker.transaction, handlers.settler.give_places).run,
            Filler(maker).run,
            duplicates.run,
            leads.run,
            change.run,
            *(one.run for one in own if settings.policy_file),
        ],
        before_start=[
            *(one.start for one in own),
            change.start,
            lambda: asyncio.to_thread(languages.warm),
        ],
        before_stop=[change.close],
        checks={
            "policy": ruling.said,
            "embedder": lambda: _used(maker, change, settings.embedder),
            "score_model": lambda: serving().said(),
            "supplies": lambda: len(maker.supplies),
            "open_needs": lambda: len(maker.needs),
        },
    )

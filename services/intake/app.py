"""Composes intake: what it serves, what it reads, and what it is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline

from schemas.topics import MATCHES, SUBMISSIONS
from services.intake.adapters.keys import Keys
from services.intake.adapters.language_model import LanguageModel
from services.intake.adapters.store import PostgresStore
from services.intake.handlers import documentation
from services.intake.handlers.gate import Gate, Identify
from services.intake.handlers.kafka import Matches, Submissions
from services.intake.handlers.pages import page_routes
from services.intake.handlers.problems import add_problems
from services.intake.handlers.reads import read_routes
from services.intake.handlers.submissions import Reader
from services.intake.handlers.talks import talk_routes
from services.intake.handlers.webhooks import webhook_routes
from services.intake.handlers.writes import write_routes
from services.intake.use_cases.ports import Begin, Store
from services.runtime.consumer import Subscription
from services.runtime.database import Database
from services.runtime.endpoints.book import opened_books
from services.runtime.service import Service, create_service
from services.runtime.settings import Settings

GROUP = "jisr-intake"


def create_app(settings: Settings) -> Service:
    """The intake service; nothing connects before it is started."""
    database = Database(settings.dsn(), "intake")
    languages = LanguageModel()
    reader = Reader(languages.classifier)
    submissions = Submissions(PostgresStore, reader)
    matches = Matches(PostgresStore)
    return create_service(
        "intake",
        settings,
        create_http(
            _transactions(database),
            reader,
            Keys(database).speaker,
            webhook_routes(opened_books(database), settings.egress()),
        ),
        database,
        subscriptions=[
            Subscription(
                SUBMISSIONS,
                GROUP,
                submissions.handle,
                max_records=settings.batch,
                raw=True,
                refuse=submissions.refuse,
            ),
            Subscription(MATCHES, GROUP, matches.handle, max_records=settings.batch),
        ],
        before_start=[languages.warm],
    )


def create_http(begin: Begin, reader: Reader, identify: Identify, webhooks: APIRouter) -> FastAPI:
    """The HTTP application: the /v1 addresses behind the gate, and the open documentation."""
    app = FastAPIOffline(title="Jisr intake", version="1", redirect_slashes=False)
    behind = (write_routes(begin, reader), read_routes(begin), talk_routes(begin), webhooks)
    for routes in (*behind, page_routes()):
        app.router.routes.extend(routes.routes)  # include_router would make each a second time
    add_problems(app)
    app.add_middleware(Gate, identify=identify)
    app.openapi = lambda: documentation.document(app)  # type: ignore[method-assign]
    return app


def _transactions(database: Database) -> Begin:
    @asynccontextmanager
    async def begin() -> AsyncIterator[Store]:
        async with database.transaction() as connection:
            yield PostgresStore(connection)

    return begin

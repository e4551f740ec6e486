"""The notifier, composed: `create_app` is its table of contents. Nothing connects before start."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from functools import partial

from fastapi import FastAPI

from schemas.topics import DIRECTORY, MATCHES, MEMBERS
from services.notifier.adapters.endpoint_targets import EndpointTargets
from services.notifier.adapters.hook_post import WebhookPost
from services.notifier.adapters.hook_store import HookStore
from services.notifier.adapters.letters import LetterWriter, concern_of
from services.notifier.adapters.live import LiveInboxes
from services.notifier.adapters.owner_letters import OwnerLetters, OwnerLetterWriter
from services.notifier.adapters.pages import Pages
from services.notifier.adapters.postgres_store import Store
from services.notifier.adapters.pushes import PushServices
from services.notifier.adapters.smtp import MailPost, MailServer, SmtpPool
from services.notifier.adapters.together import Together
from services.notifier.adapters.voice import Voice, voices
from services.notifier.domain.choices import (
    NOTHING,
    BadPreferences,
    Choices,
    laid_over,
    read,
)
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Locale
from services.notifier.domain.muting import FLAT, Tree
from services.notifier.domain.unsubscribing import Mailings, token_of
from services.notifier.handlers.city import CityPages
from services.notifier.handlers.demands import OwnDemandPages
from services.notifier.handlers.dispatch import Dispatcher
from services.notifier.handlers.door import Door, Guard
from services.notifier.handlers.endpoint_api import EndpointApi
from services.notifier.handlers.endpoints import EndpointPages
from services.notifier.handlers.events import EventHandlers
from services.notifier.handlers.hooks import HookDispatcher
from services.notifier.handlers.inbox import InboxPages
from services.notifier.handlers.live import LiveStream
from services.notifier.handlers.owner_letters import OwnerMail
from services.notifier.handlers.preferences import PreferencePages
from services.notifier.handlers.purging import Purging
from services.notifier.handlers.retell import Retelling
from services.notifier.handlers.strays import add_strays
from services.notifier.handlers.unsubscribe import PATH, UnsubscribePages
from services.notifier.inbox_links import create_inbox_link, use_secret
from services.notifier.push_workers import pushes
from services.notifier.use_cases.hooks import attempt
from services.notifier.use_cases.ports import Claimed
from services.notifier.use_cases.send import deliver
from services.runtime.consumer import Subscription
from services.runtime.database import Database
from services.runtime.endpoints.book import opened_books
from services.runtime.exceptions import HubError
from services.runtime.service import Service, create_service
from services.runtime.settings import Settings
from services.runtime.table import Table

GROUP = "jisr-notifier"
AHEAD = 24
"""Mails claimed beside those under way."""


def utc_now() -> datetime:
    """The clock of the service."""
    return datetime.now(UTC)


@dataclass
class _Links:
    """Inbox links, signed with a key that is known once the database answers."""

    settings: Settings
    store: Store
    secret: bytes = b""

    async def learn_secret(self) -> None:
        self.secret = await use_secret(self.settings, self.store)

    def to(self, claimed: Claimed, now: datetime) -> tuple[str, datetime]:
        party, settings = claimed.recipient.inbox, self.settings
        link = create_inbox_link(
            *(settings, self.secret, party.kind, party.id, now),
            epoch=claimed.link_epoch,
            scope=claimed.scope,
        )
        # Several people read for a city or a committee; a member has told its own language.
        spoken = "" if party.kind == "member" else f"?lang={claimed.recipient.locale}"
        return link + spoken, now + timedelta(days=settings.link_days)

    def unsubscribe(self, claimed: Claimed) -> str:
        """The address that ends mails of the kind of ``claimed`` to its reader."""
        mailings = Mailings(claimed.recipient.inbox, concern_of(claimed), claimed.scope)
        spoken = f"?lang={claimed.recipient.locale}"
        token = token_of(mailings, self.secret)
        return f"{self.settings.public_address()}{PATH}/{token}{spoken}"


def mail_server(settings: Settings) -> MailServer:
    """The mail server that ``settings`` name."""
    return MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_tls,
        settings.smtp_verify,
        settings.smtp_ca_file,
        settings.smtp_user,
        settings.smtp_password.get_secret_value(),
    )


class BadDefaults(HubError):
    """JISR_DEFAULT_PREFERENCES cannot be used"""


def default_preferences(settings: Settings) -> Choices:
    """How everybody is told who chose nothing. Raises `BadDefaults`."""
    try:
        given = read(settings.default_preferences)
    except BadPreferences as error:
        raise BadDefaults(str(error)) from error
    return laid_over(NOTHING, given)


def create_app(settings: Settings, directory: Directory | None = None) -> Service:
    """The notifier: plans from matches, sends by SMTP, shows inboxes and takes answers.

    ``directory`` is what it fills from ``jisr.directory.v1``; an empty one by default.
    """
    directory = Directory() if directory is None else directory
    database = Database(settings.dsn(), "notifier")
    defaults = default_preferences(settings)
    store, spoken, cluster = Store(database, defaults), voices(), settings.hub_cluster
    links = _Links(settings, store)
    pool = SmtpPool(mail_server(settings), settings.smtp_connections)
    writer = LetterWriter(
        *(spoken, directory, cluster, settings.mail_from), links.to, links.unsubscribe
    )
    send = partial(
        deliver,
        post=MailPost(writer, pool, utc_now, settings.mail_bounces),
        within=Together(store.gathering).within,
        clock=utc_now,
        random=random.random,
        tree=directory.parents,
    )
    hooks = webhooks(settings, database, directory.parents)
    retelling = Retelling(store, directory, cluster, utc_now)
    events = EventHandlers(directory, cluster, utc_now, retelling.look, defaults)
    http = FastAPI(title="Jisr notifier", docs_url=None, redoc_url=None, openapi_url=None)
    pages = Pages(spoken, directory, cluster)
    http.add_middleware(Guard, public_url=settings.public_address())
    door = Door(store, pages, settings.public_address(), lambda: links.secret, utc_now)
    live = LiveInboxes(database)
    services = PushServices(settings.push_schemes())
    books = opened_books(database)
    own = (door, books, EndpointTargets(settings.egress(), services))
    # The inbox takes any name below it, so it comes last.
    first = (EndpointPages(*own), EndpointApi(*own), CityPages(door), OwnDemandPages(door))
    others = (UnsubscribePages(door), PreferencePages(door, books), LiveStream(door, live))
    for routes in (*first, *others, InboxPages(door)):
        routes.add_to(http)
    add_strays(http, pages)
    servers = settings.kafka_bootstrap_servers or ""
    return create_service(
        "notifier",
        settings,
        http,
        database,
        subscriptions=[
            Subscription(MATCHES, GROUP, events.tell),
            Subscription(MEMBERS, GROUP, events.know_members),
        ],
        tables=[Table(DIRECTORY, events.know_directory, settings, "notifier", servers)],
        workers=[
            Dispatcher(store, store.claim, send, ahead=AHEAD, lease_s=settings.mail_lease_s).run,
            hooks.run,
            *(one.run for one in pushes(settings, store, directory, spoken)),
            owner_mail(settings, database, directory, pool, spoken).run,
            retelling.run,
            live.run,
            Purging(store, timedelta(days=settings.delivery_days)).run,
        ],
        before_start=[links.learn_secret],
        before_stop=[pool.close],
        farewells=[live.close],
    )


def webhooks(settings: Settings, database: Database, tree: Tree = FLAT) -> HookDispatcher:
    """The worker that sends webhooks; it has its own slots, so that mail waits for none of them.
    ``tree``: of the niches.
    """
    store = HookStore(database, default_preferences(settings), tree)
    post = WebhookPost(
        settings.egress(), settings.webhook_timeout_s, settings.webhook_slots, utc_now
    )
    return HookDispatcher(
        store,
        partial(
            attempt,
            post=post,
            chosen=store,
            clock=utc_now,
            random=random.random,
            monotonic=time.monotonic,
        ),
        utc_now,
        slots=settings.webhook_slots,
        of_lane=settings.webhook_host_slots,
        lease_s=3 * settings.webhook_timeout_s,
        before_end=post.close,
    )


def owner_mail(
    settings: Settings,
    database: Database,
    directory: Directory,
    pool: SmtpPool | None = None,
    spoken: dict[Locale, Voice] | None = None,
) -> OwnerMail:
    """The worker that writes to owners of endpoints; with a pool of its own where none is given."""
    sender = settings.mail_from
    return OwnerMail(
        Store(database, default_preferences(settings)),
        OwnerLetters(database),
        OwnerLetterWriter(spoken or voices(), directory, settings.hub_cluster, sender),
        pool or SmtpPool(mail_server(settings), 1),
        settings.mail_bounces or parseaddr(sender)[1],
        utc_now,
        random.random,
        settings.mail_lease_s,
    )

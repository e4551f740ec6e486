"""The door of every page: who may come in, which posts are its own, and the headers of all answers.

A page is opened by a signed link (`domain/links.py`). GET only shows: mail scanners open links.
A post counts when the browser says that our own page sent it (Sec-Fetch-Site, or Origin where a
browser has no such header), and when it carries the token that is on that page and on no other.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from urllib.parse import parse_qs, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.notifier import metrics
from services.notifier.adapters.pages import Pages, Visit
from services.notifier.adapters.postgres_store import Store
from services.notifier.domain.answers import LONGEST_FORM, MOST_FIELDS, Act, Fields
from services.notifier.domain.exceptions import (
    AlreadyAnswered,
    BadAnswer,
    ForeignForm,
    ForgedLink,
    InboxProblem,
    IncompleteForm,
    LinkExpired,
    ProposalClosed,
    UnknownEndpoint,
    UnknownEntry,
    UnknownMember,
    WholeInboxOnly,
)
from services.notifier.domain.links import form_token, form_token_fits
from services.notifier.domain.messages import LOCALES, Locale
from services.notifier.domain.tabs import tabs_of
from services.notifier.use_cases.city import asks_demands, cities_of
from services.notifier.use_cases.inbox import Visitor, admit
from services.runtime.exceptions import is_transient

logger = logging.getLogger(__name__)

# What each problem is called in page/problem.html, and its status (RFC 9110, section 15.5).
PROBLEMS: dict[type[InboxProblem], tuple[str, int]] = {
    ForgedLink: ("forged", 404),
    LinkExpired: ("expired", 410),
    ForeignForm: ("foreign", 403),
    UnknownEntry: ("unknown", 404),
    UnknownEndpoint: ("unknown", 404),
    WholeInboxOnly: ("unknown", 404),
    UnknownMember: ("stranger", 422),
    BadAnswer: ("bad", 422),
    IncompleteForm: ("incomplete", 422),
    AlreadyAnswered: ("answered", 409),
    ProposalClosed: ("closed", 409),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_A_YEAR_S = 31_536_000
_ACTS: tuple[str, ...] = get_args(Act)


class Guard:
    """Puts `HEADERS` on every answer that does not say otherwise, errors too; middleware, so that
    no page can forget them. ``public_url``: over https, browsers are told to stay there (RFC 6797).
    """

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self.app = app
        self.headers = dict(HEADERS)
        if public_url.startswith("https:"):
            self.headers["Strict-Transport-Security"] = f"max-age={_A_YEAR_S}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, guarded if scope["type"] == "http" else send)


def page(html: str, status: int = 200) -> HTMLResponse:
    """A page, whose headers `Guard` completes."""
    return HTMLResponse(html, status)


def wanted_locale(request: Request) -> Locale | None:
    """The language that the address asks for (``?lang=``)."""
    asked = request.query_params.get("lang")
    return next((locale for locale in LOCALES if locale == asked), None)


def done_by(request: Request) -> str | None:
    """What its reader has just said on a page, as the address of that page has it (``?done=``)."""
    done = request.query_params.get("done")
    return done if done in _ACTS else None


@dataclass(frozen=True)
class Door:
    """``secret`` signs the links; ``public_url`` is where the pages are served."""

    store: Store
    pages: Pages
    public_url: str
    secret: Callable[[], bytes]
    clock: Callable[[], datetime]

    async def admit(self, token: str) -> Visitor:
        """Who comes by the link ``token``. Raises `ForgedLink` or `LinkExpired`."""
        try:
            async with self.store.transaction() as ledger:
                visitor = await admit(ledger, token, self.secret(), self.clock())
        except InboxProblem as problem:
            metrics.VISITS.labels(PROBLEMS[type(problem)][0]).inc()
            raise
        metrics.VISITS.labels("good").inc()
        return visitor

    async def visit(self, token: str, notice: str | None = None) -> Visit:
        """What a page opened by ``token`` is made from; ``notice`` is the news on top of it.

        Raises `ForgedLink` or `LinkExpired`.
        """
        visitor = await self.admit(token)
        async with self.store.transaction() as ledger:
            directory, cluster = self.pages.directory, self.pages.cluster
            cities = tuple(await cities_of(ledger, directory, cluster, visitor))
        return Visit(
            visitor,
            token,
            form_token(token, self.secret()),
            self.clock(),
            notice,
            cities,
            tabs_of(
                represents=bool(cities),
                sees_all=visitor.link.scope is None,
                asks=asks_demands(visitor),
            ),
        )

    async def form(self, request: Request, token: str) -> Fields:
        """The fields of a form that the page of ``token`` sent.

        Raises `ForeignForm` for one that came from elsewhere, `IncompleteForm` for one that cannot
        be read.
        """
        if not self._same_origin(request):
            raise ForeignForm
        fields = await fields_of(request)
        if not form_token_fits(fields.get("form", [""])[0], token, self.secret()):
            raise ForeignForm
        return fields

    def _same_origin(self, request: Request) -> bool:
        """Whether the browser says that our own page sent this; what it leaves out passes.

        Under "Referrer-Policy: no-referrer" a form of our own comes with "Origin: null" (Fetch
        standard, "append a request Origin header"); the form's token decides then.
        """
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = request.headers.get("origin")
        ours = urlsplit(self.public_url)
        return origin in (None, "null", f"{ours.scheme}://{ours.netloc}")

    async def patiently(self, request: Request, work: Awaitable[Response]) -> Response:
        """The outcome of ``work``, or a page that asks to come back when the database is away."""
        try:
            return await work
        except Exception as error:
            if not is_transient(error):
                raise
            logger.warning("an inbox page could not be served: %r", error)
            away = page(self.pages.problem("away", wanted_locale(request)), 503)
            away.headers["Retry-After"] = "60"
            return away

    def problem(
        self, problem: InboxProblem, locale: Locale | None, back: str | None = None
    ) -> HTMLResponse:
        """A page that says what is wrong; ``back``: where the visitor goes on."""
        kind, status = PROBLEMS[type(problem)]
        if status == 409:
            metrics.ANSWERS.labels("late").inc()
        return page(self.pages.problem(kind, locale, back), status)


async def body_of(
    request: Request, most: int = LONGEST_FORM, refusal: type[Exception] = IncompleteForm
) -> bytes:
    """What was sent, read no further than ``most`` bytes. Raises ``refusal`` past them."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise refusal
    return body


async def fields_of(request: Request) -> Fields:
    """The fields of a form, as sent. Raises `IncompleteForm`."""
    body = await body_of(request)
    try:
        return parse_qs(body.decode("utf-8"), max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise IncompleteForm from error

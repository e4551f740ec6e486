"""The inbox over HTTP. GET only shows (mail scanners open links); POST answers, guarded."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.notifier import metrics
from services.notifier.adapters.pages import STYLE, STYLE_PATH, Pages, Visit
from services.notifier.adapters.postgres_store import Store
from services.notifier.domain.answers import LONGEST_FORM, MOST_FIELDS, Act, Fields, read_given
from services.notifier.domain.exceptions import (
    AlreadyAnswered,
    BadAnswer,
    ForeignForm,
    ForgedLink,
    InboxProblem,
    IncompleteForm,
    LinkExpired,
    ProposalClosed,
    UnknownEntry,
    UnknownMember,
)
from services.notifier.domain.identity import kind_of
from services.notifier.domain.links import form_token, form_token_fits
from services.notifier.domain.messages import LOCALES, Locale
from services.notifier.use_cases.inbox import Visitor, admit, speak
from services.runtime.exceptions import is_transient

logger = logging.getLogger(__name__)

# What each problem is called in page/problem.html, and its status (RFC 9110, section 15.5).
PROBLEMS: dict[type[InboxProblem], tuple[str, int]] = {
    ForgedLink: ("forged", 404),
    LinkExpired: ("expired", 410),
    ForeignForm: ("foreign", 403),
    UnknownEntry: ("unknown", 404),
    UnknownMember: ("stranger", 422),
    BadAnswer: ("bad", 422),
    IncompleteForm: ("incomplete", 422),
    AlreadyAnswered: ("answered", 409),
    ProposalClosed: ("closed", 409),
}
_NOTICES: tuple[str, ...] = get_args(Act)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def _page(html: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(html, status, headers=_HEADERS)


def _wanted_locale(request: Request) -> Locale | None:
    asked = request.query_params.get("lang")
    return next((locale for locale in LOCALES if locale == asked), None)


@dataclass(frozen=True)
class InboxPages:
    """The routes. ``secret`` signs the links; ``public_url`` is where the page is served."""

    store: Store
    pages: Pages
    public_url: str
    secret: Callable[[], bytes]
    clock: Callable[[], datetime]

    def add_to(self, http: FastAPI) -> None:
        """Register the routes with ``http``."""
        http.get("/", response_class=HTMLResponse)(self.home)
        http.get("/inbox/{token}", response_class=HTMLResponse)(self.show)
        http.post("/inbox/{token}/{entry_id}", response_class=HTMLResponse)(self.answer)
        http.get(STYLE_PATH)(self.style)

    async def style(self) -> Response:
        """The style sheet; its address changes with its content, so it may be kept for ever."""
        kept = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(STYLE, media_type="text/css", headers={**_HEADERS, **kept})

    async def home(self, request: Request) -> Response:
        """What somebody sees who comes without a link."""
        return _page(self.pages.problem("home", _wanted_locale(request)))

    async def show(self, request: Request, token: str) -> Response:
        """The inbox that ``token`` opens."""
        return await self._patiently(request, self._show(request, token))

    async def answer(self, request: Request, token: str, entry_id: str) -> Response:
        """Record an answer, then show the inbox with it (303, so that reloading asks nothing)."""
        return await self._patiently(request, self._answer(request, token, entry_id))

    async def _patiently(self, request: Request, work: Awaitable[Response]) -> Response:
        """The outcome of ``work``, or a page that asks to come back when the database is away."""
        try:
            return await work
        except Exception as error:
            if not is_transient(error):
                raise
            logger.warning("an inbox page could not be served: %r", error)
            page = _page(self.pages.problem("away", _wanted_locale(request)), 503)
            page.headers["Retry-After"] = "60"
            return page

    async def _show(self, request: Request, token: str) -> Response:
        try:
            visitor = await self._admit(token)
        except InboxProblem as problem:
            return self._problem(problem, _wanted_locale(request))
        locale = _wanted_locale(request) or visitor.known.locale
        entries = await self.store.entries(visitor.party, visitor.link.scope)
        done = request.query_params.get("done")
        notice = done if done in _NOTICES else None
        visit = Visit(visitor, token, form_token(token, self.secret()), notice, self.clock())
        # Whom an ambassador may add; nobody else's page names the members.
        is_asked = any(kind_of(entry.message) == "confirmation-asked" for entry in entries)
        members = await self.store.members() if is_asked else []
        return _page(self.pages.inbox(visit, entries, locale, members))

    async def _answer(self, request: Request, token: str, entry_id: str) -> Response:
        locale = _wanted_locale(request)
        back: str | None = None
        try:
            visitor = await self._admit(token)
            locale = locale or visitor.known.locale
            back = f"/inbox/{token}?lang={locale}"
            fields = await self._form(request, token)
            given = read_given(fields)
            async with self.store.transaction() as ledger:
                await speak(ledger, visitor, _uuid(entry_id), given, self.clock())
        except InboxProblem as problem:
            return self._problem(problem, locale, back)
        metrics.ANSWERS.labels(given.act).inc()
        return RedirectResponse(f"{back}&done={given.act}", 303, headers=_HEADERS)

    async def _admit(self, token: str) -> Visitor:
        try:
            async with self.store.transaction() as ledger:
                visitor = await admit(ledger, token, self.secret(), self.clock())
        except InboxProblem as problem:
            metrics.VISITS.labels(PROBLEMS[type(problem)][0]).inc()
            raise
        metrics.VISITS.labels("good").inc()
        return visitor

    async def _form(self, request: Request, token: str) -> Fields:
        if not self._same_origin(request):
            raise ForeignForm
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_FORM:
                raise IncompleteForm
        try:
            fields = parse_qs(body.decode("utf-8"), max_num_fields=MOST_FIELDS)
        except ValueError as error:
            raise IncompleteForm from error
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

    def _problem(
        self, problem: InboxProblem, locale: Locale | None, back: str | None = None
    ) -> HTMLResponse:
        kind, status = PROBLEMS[type(problem)]
        if status == 409:
            metrics.ANSWERS.labels("late").inc()
        return _page(self.pages.problem(kind, locale, back), status)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise UnknownEntry from error

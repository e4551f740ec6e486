"""The inbox over HTTP. GET only shows; POST answers, guarded by the `Door`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.notifier import metrics
from services.notifier.adapters.demand_pages import path_of
from services.notifier.adapters.live import mark_of
from services.notifier.adapters.pages import SCRIPT, SCRIPT_PATH, STYLE, STYLE_PATH
from services.notifier.domain.answers import Fields, read_given
from services.notifier.domain.exceptions import InboxProblem, UnknownEntry
from services.notifier.domain.identity import kind_of
from services.notifier.handlers.door import Door, done_by, page, wanted_locale
from services.notifier.use_cases.inbox import speak

KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
"""For what has its content's hash in its address."""


@dataclass(frozen=True)
class InboxPages:
    """The routes."""

    door: Door

    def add_to(self, http: FastAPI) -> None:
        """Register the routes with ``http``."""
        http.get("/", response_class=HTMLResponse)(self.home)
        http.get("/inbox/{token}", response_class=HTMLResponse)(self.show)
        http.post("/inbox/{token}/revoke", response_class=HTMLResponse)(self.revoke)
        http.post("/inbox/{token}/{entry_id}", response_class=HTMLResponse)(self.answer)
        http.get(STYLE_PATH)(self.style)
        http.get(SCRIPT_PATH)(self.script)

    async def style(self) -> Response:
        """The style sheet; its address changes with its content, so it may be kept for ever."""
        return Response(STYLE, media_type="text/css", headers=KEPT)

    async def script(self) -> Response:
        """The one script, kept as the style sheet is."""
        return Response(SCRIPT, media_type="text/javascript", headers=KEPT)

    async def home(self, request: Request) -> Response:
        """What somebody sees who comes without a link."""
        return page(self.door.pages.problem("home", wanted_locale(request)))

    async def show(self, request: Request, token: str) -> Response:
        """The inbox that ``token`` opens."""
        return await self.door.patiently(request, self._show(request, token))

    async def answer(self, request: Request, token: str, entry_id: str) -> Response:
        """Record an answer, then show the page on which it was given (303, so that reloading asks
        nothing).
        """
        return await self.door.patiently(request, self._answer(request, token, entry_id))

    async def revoke(self, request: Request, token: str) -> Response:
        """Let no link that was given out so far open this inbox again."""
        return await self.door.patiently(request, self._revoke(request, token))

    async def _show(self, request: Request, token: str) -> Response:
        door = self.door
        try:
            visit = await door.visit(token, done_by(request))
        except InboxProblem as problem:
            return door.problem(problem, wanted_locale(request))
        visitor = visit.visitor
        locale = wanted_locale(request) or visitor.known.spoken
        # Before the entries: what changes in between is told, rather than missed.
        mark = await mark_of(door.store.database, visitor.party)
        entries = await door.store.entries(visitor.party, visitor.link.scope)
        # Whom an ambassador may add; nobody else's page names the members.
        is_asked = any(kind_of(entry.message) == "confirmation-asked" for entry in entries)
        members = await door.store.members() if is_asked else []
        return page(door.pages.inbox(replace(visit, mark=mark), entries, locale, members))

    async def _answer(self, request: Request, token: str, entry_id: str) -> Response:
        door, locale = self.door, wanted_locale(request)
        back: str | None = None
        try:
            visitor = await door.admit(token)
            locale = locale or visitor.known.spoken
            back = f"/inbox/{token}?lang={locale}"
            fields = await door.form(request, token)
            back = f"/inbox/{token}{_path_of_form(fields)}?lang={locale}"
            given = read_given(fields)
            async with door.store.transaction() as ledger:
                await speak(ledger, visitor, _uuid(entry_id), given, door.clock())
        except InboxProblem as problem:
            return door.problem(problem, locale, back)
        metrics.ANSWERS.labels(given.act).inc()
        return RedirectResponse(f"{back}&done={given.act}", 303)

    async def _revoke(self, request: Request, token: str) -> Response:
        door, locale = self.door, wanted_locale(request)
        try:
            visitor = await door.admit(token)
            locale = locale or visitor.known.spoken
            await door.form(request, token)
            if visitor.link.scope is not None:
                # Its links are the organisation's too; the contact of one item ends none of them.
                raise UnknownEntry
        except InboxProblem as problem:
            return door.problem(problem, locale)
        await door.store.revoke_links(visitor.party)
        return page(door.pages.problem("revoked", locale))


def _path_of_form(fields: Fields) -> str:
    """The page on which a form stood, after the link's own path: that of a demand, or the inbox.
    Whatever the field says, its characters are escaped, so it leads nowhere outside of the link.
    """
    demand = fields.get("demand", [""])[0]
    return path_of(demand) if demand.strip(".") else ""


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise UnknownEntry from error

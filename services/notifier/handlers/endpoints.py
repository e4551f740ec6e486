"""The page on which a member, a city or a committee says which of its systems hears what is new."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.notifier.adapters.pages import EndpointsVisit, Visit
from services.notifier.domain.answers import Fields
from services.notifier.domain.exceptions import InboxProblem, IncompleteForm
from services.notifier.domain.messages import Locale
from services.notifier.domain.tabs import SYSTEMS
from services.notifier.handlers.door import Door, page, wanted_locale
from services.notifier.use_cases.endpoints import (
    SIMPLE,
    Act,
    Add,
    EndpointIsOff,
    Order,
    Targets,
    carry_out,
    owner_of,
)
from services.runtime.egress.targets import ForbiddenTarget
from services.runtime.endpoints.book import (
    Book,
    Endpoint,
    KnownEndpoint,
    Open,
    Owner,
    TooManyEndpoints,
)
from services.runtime.exceptions import HubError

# What each problem is called in page/endpoints.html, and its status.
PROBLEMS: dict[type[HubError], tuple[str, int]] = {
    ForbiddenTarget: ("address", 422),
    KnownEndpoint: ("known", 409),
    TooManyEndpoints: ("many", 409),
    EndpointIsOff: ("off", 409),
}
_PATH = f"/inbox/{{token}}{SYSTEMS.path}"
_LONGEST = {"url": 2_000, "note": 200}


@dataclass(frozen=True)
class EndpointPages:
    """The routes. ``open_book``: the endpoints, in a transaction of its own."""

    door: Door
    open_book: Open
    targets: Targets

    def add_to(self, http: FastAPI) -> None:
        """Register the routes with ``http``, before those that take any name below an inbox."""
        http.get(_PATH, response_class=HTMLResponse)(self.show)
        http.post(_PATH, response_class=HTMLResponse)(self.change)

    async def show(self, request: Request, token: str) -> Response:
        """The endpoints of whoever ``token`` lets in."""
        return await self.door.patiently(request, self._show(request, token))

    async def change(self, request: Request, token: str) -> Response:
        """Register one, or do something with one that is there."""
        return await self.door.patiently(request, self._change(request, token))

    async def _show(self, request: Request, token: str) -> Response:
        locale = wanted_locale(request)
        try:
            visit, owner = await self._visit(token)
        except InboxProblem as problem:
            return self.door.problem(problem, locale)
        async with self.open_book() as book:
            shown = EndpointsVisit(visit, await book.of(owner))
        done = request.query_params.get("done")
        if done in SIMPLE:
            shown = replace(shown, done=done)
        return page(self._html(shown, locale or visit.visitor.known.spoken))

    async def _change(self, request: Request, token: str) -> Response:
        locale = wanted_locale(request)
        back: str | None = None
        try:
            visit, owner = await self._visit(token)
            locale = locale or visit.visitor.known.spoken
            back = f"/inbox/{token}{SYSTEMS.path}?lang={locale}"
            fields = await self.door.form(request, token)
            order = _order(fields)
            async with self.open_book() as book:
                made = await carry_out(book, owner, order, self.targets, visit.now)
                shown = await self._after(book, owner, visit, order, made)
        except InboxProblem as problem:
            return self.door.problem(problem, locale, back)
        except tuple(PROBLEMS) as error:
            told_in = locale or visit.visitor.known.spoken
            return await self._refused(visit, owner, told_in, fields, error)
        if shown is None:
            done = order.what if isinstance(order, Act) else "on"
            return RedirectResponse(f"{back}&done={done}", 303)
        # The secret is in this answer alone, so it cannot be a redirection.
        return page(self._html(shown, locale))

    def _html(self, shown: EndpointsVisit, locale: Locale) -> str:
        services = self.targets.push_services()
        return self.door.pages.endpoints(replace(shown, services=services), locale)

    async def _visit(self, token: str) -> tuple[Visit, Owner]:
        visit = await self.door.visit(token)
        return visit, owner_of(visit.visitor)

    async def _after(
        self, book: Book, owner: Owner, visit: Visit, order: Order, made: Endpoint | None
    ) -> EndpointsVisit | None:
        """The page with a secret that was just made; None where there is none to show."""
        is_fresh = isinstance(order, Add) or order.what == "secret"
        return EndpointsVisit(visit, await book.of(owner), fresh=made) if is_fresh else None

    async def _refused(
        self, visit: Visit, owner: Owner, locale: Locale, fields: Fields, error: Exception
    ) -> Response:
        name, status = next(told for kind, told in PROBLEMS.items() if isinstance(error, kind))
        typed = {key: _text(fields, key) for key in _LONGEST}
        async with self.open_book() as book:
            shown = EndpointsVisit(visit, await book.of(owner), problem=name, typed=typed)
        return page(self._html(shown, locale), status)


def _order(fields: Fields) -> Order:
    """What a form asks for. Raises `IncompleteForm`."""
    do = fields.get("do", [""])[0]
    if do == "add":
        url, note = _text(fields, "url"), _text(fields, "note")
        if not url:
            raise IncompleteForm
        return Add(url, note)
    for what in SIMPLE:
        if what == do:
            return Act(what, fields.get("endpoint", [""])[0])
    raise IncompleteForm


def _text(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[0].strip()[: _LONGEST[name]]

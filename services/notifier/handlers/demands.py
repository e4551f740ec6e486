"""The pages of a city about the demands that it asks: a list, and one of each. They only show; the
forms on them are those of the inbox.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from services.notifier.adapters.city_reader import own_demands
from services.notifier.adapters.demand_pages import DemandPages
from services.notifier.adapters.live import mark_of
from services.notifier.adapters.pages import Visit
from services.notifier.domain.exceptions import InboxProblem, UnknownEntry
from services.notifier.domain.messages import Locale, Scope
from services.notifier.domain.tabs import DEMANDS
from services.notifier.handlers.door import Door, done_by, page, wanted_locale


@dataclass(frozen=True)
class OwnDemandPages:
    """The routes."""

    door: Door

    def add_to(self, http: FastAPI) -> None:
        """Register the routes with ``http``."""
        path = f"/inbox/{{token}}{DEMANDS.path}"
        http.get(path, response_class=HTMLResponse)(self.listed)
        # The id of a demand may have slashes in it.
        http.get(f"{path}/{{demand_id:path}}", response_class=HTMLResponse)(self.one)

    async def listed(self, request: Request, token: str) -> Response:
        """The open demands of the visitor's city; a friendly 404 for who asks nothing."""
        return await self.door.patiently(request, self._show(request, token, None))

    async def one(self, request: Request, token: str, demand_id: str) -> Response:
        """One demand of the visitor's city, open or over; a friendly 404 for any other."""
        return await self.door.patiently(request, self._show(request, token, demand_id))

    async def _show(self, request: Request, token: str, demand_id: str | None) -> Response:
        door, locale = self.door, wanted_locale(request)
        back: str | None = None
        try:
            visit = await door.visit(token, done_by(request))
            locale = locale or visit.visitor.known.spoken
            back = f"/inbox/{token}?lang={locale}"
            html = await self._html(visit, demand_id, locale)
        except InboxProblem as problem:
            return door.problem(problem, locale, back)
        return page(html)

    async def _html(self, visit: Visit, demand_id: str | None, locale: Locale) -> str:
        """The page. Raises `UnknownEntry` for what the visitor's link does not open."""
        visitor, store = visit.visitor, self.door.store
        scope = visitor.link.scope
        wanted = demand_id or (scope.id if scope else None)
        if DEMANDS not in visit.tabs or (scope and scope.id != wanted):
            raise UnknownEntry
        # Before the demand: what changes in between is told, rather than missed.
        mark = await mark_of(store.database, visitor.party, demand_id or "")
        found = await own_demands(store.database, visitor.party.id, wanted)
        shown = DemandPages(self.door.pages)
        if demand_id is None:
            entries = await store.entries(visitor.party, scope)
            return shown.listed(visit, found, entries, locale)
        if not found:
            raise UnknownEntry
        entries = await store.entries(visitor.party, Scope("demand", demand_id))
        return shown.one(replace(visit, mark=mark), found[0], entries, locale)

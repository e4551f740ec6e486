"""The page of an ambassador about the cities in which it represents the cluster. It only shows:
what there is to say is said on the inbox page, to which it leads.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from services.notifier.adapters.city_reader import open_demands
from services.notifier.domain.exceptions import InboxProblem, UnknownEntry
from services.notifier.domain.tabs import CITY
from services.notifier.handlers.door import Door, page, wanted_locale


@dataclass(frozen=True)
class CityPages:
    """The route."""

    door: Door

    def add_to(self, http: FastAPI) -> None:
        """Register the route with ``http``."""
        path = f"/inbox/{{token}}{CITY.path}"
        http.get(path, response_class=HTMLResponse)(self.show)

    async def show(self, request: Request, token: str) -> Response:
        """The open demands of the visitor's cities; a friendly 404 for who looks after none."""
        return await self.door.patiently(request, self._show(request, token))

    async def _show(self, request: Request, token: str) -> Response:
        door, locale = self.door, wanted_locale(request)
        back: str | None = None
        try:
            visit = await door.visit(token)
            locale = locale or visit.visitor.known.spoken
            back = f"/inbox/{token}?lang={locale}"
            if not visit.cities:
                raise UnknownEntry
        except InboxProblem as problem:
            return door.problem(problem, locale, back)
        demands = await open_demands(door.store.database, visit.cities)
        entries = await door.store.entries(visit.visitor.party)
        return page(door.pages.city(visit, demands, entries, locale))

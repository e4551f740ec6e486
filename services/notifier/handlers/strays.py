"""What is asked for at an address, or by a method, that the notifier does not have: a page for
people, and a problem (RFC 9457) for programs.
"""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from services.notifier.adapters.pages import Pages
from services.notifier.handlers.door import page, wanted_locale
from services.notifier.handlers.programs import problem

_BELOW_A_LINK = 3
"""Parts of a path that is an inbox's own: nothing, "inbox" and the token; more are below it."""


def add_strays(http: FastAPI, pages: Pages) -> None:
    """Answer in ``http``'s stead whatever none of its routes takes."""

    async def stray(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        allowed = _allowed(request) if status == 405 else ""
        headers = {"Allow": allowed} if allowed else {}
        if request.url.path.startswith("/api/"):
            title = f"{request.method} is not answered here" if allowed else "There is nothing here"
            slug = "method-not-allowed" if allowed else "not-found"
            return problem(slug, title, status, headers=headers)
        parts = request.url.path.split("/")
        kind = "home" if request.url.path.rstrip("/") == "/inbox" else "nowhere"
        # Whoever reloads the address of an answer is led back to the page that it belongs to.
        below = parts[1] == "inbox" and len(parts) > _BELOW_A_LINK
        back = f"/inbox/{parts[2]}" if below else None
        shown = page(pages.problem(kind, wanted_locale(request), back), status)
        shown.headers.update(headers)
        return shown

    http.add_exception_handler(404, stray)
    http.add_exception_handler(405, stray)


def _allowed(request: Request) -> str:
    """The methods of all routes at this path; each route knows its own alone."""
    methods: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] != Match.NONE:
            methods |= route.methods or set()
    return ", ".join(sorted(methods))

"""The contract of the topics, for people and for programs; neither needs a key."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from schemas.asyncapi import document
from services.runtime.asyncapi_page import CONTENT_SECURITY_POLICY, render


@cache
def _page() -> str:
    return render(document())


def page_routes() -> APIRouter:
    """The router; the page is made when it is first asked for."""
    routes = APIRouter(tags=["documentation"])

    @routes.get("/", include_in_schema=False)
    async def start() -> RedirectResponse:
        return RedirectResponse("/docs")

    @routes.get("/asyncapi", response_class=HTMLResponse)
    async def asyncapi_page() -> HTMLResponse:
        """The topics and what they carry, as a page."""
        return HTMLResponse(_page(), headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})

    @routes.get("/asyncapi.json")
    async def asyncapi_document() -> dict[str, Any]:
        """The same as an AsyncAPI 3.0 document."""
        return document()

    return routes

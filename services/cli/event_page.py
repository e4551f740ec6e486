"""The AsyncAPI page: the topics and what they carry, at /asyncapi of intake."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse

from schemas.asyncapi import document
from services.runtime.asyncapi_page import render


def add_event_page(http: FastAPI) -> None:
    """Serve the contract as a page at /asyncapi and as AsyncAPI 3.0 at /asyncapi.json."""
    contract = document()
    page = render(contract)

    @http.get("/asyncapi", include_in_schema=False)
    async def show_page() -> HTMLResponse:
        return HTMLResponse(page)

    @http.get("/asyncapi.json", include_in_schema=False)
    async def show_document() -> JSONResponse:
        return JSONResponse(contract)

"""Stands before every /v1 address: no valid key, no answer but 401."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable

from fastapi import Request, Security
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.intake import metrics
from services.intake.domain.speakers import Speaker
from services.intake.exceptions import Unauthenticated
from services.intake.handlers.linger import Lingering
from services.intake.handlers.problems import refused, unavailable
from services.runtime import telemetry
from services.runtime.exceptions import is_transient

Identify = Callable[[str], Awaitable[Speaker | None]]
BEHIND_THE_GATE = (
    Security(HTTPBearer(auto_error=False, description="A key made by `jisr keys create`.")),
)
"""What the documentation says of every route behind the gate; the gate itself reads the key."""
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})
_HOW = "Send one in the header Authorization: Bearer jisr_... (`jisr keys create` makes one)."
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def speaker_of(request: Request) -> Speaker:
    """Who sent this request, as the gate found; nobody gets past it unknown."""
    speaker = getattr(request.state, "speaker", None)
    if not isinstance(speaker, Speaker):
        raise Unauthenticated
    return speaker


def _key(headers: Headers) -> str:
    """The Bearer token (RFC 6750, section 2.1), or ""."""
    given = headers.getlist("authorization")
    if len(given) != 1:
        return ""
    scheme, _, token = given[0].partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class Gate:
    """ASGI middleware: identifies the speaker, continues its trace, measures the request."""

    def __init__(self, app: ASGIApp, identify: Identify) -> None:
        self._app = app
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        body = Lingering(scope, receive)

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if status >= 400:
                    await body.discard()
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-store"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        try:
            await self._pass(scope, body, answer)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            elapsed = time.perf_counter() - started
            method = scope["method"] if scope["method"] in _METHODS else "other"
            metrics.REQUEST_SECONDS.labels(method, route, str(status)).observe(elapsed)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        trace = headers.get("traceparent", "")
        telemetry.work_under(trace if _TRACEPARENT.fullmatch(trace) else None)
        turned_away = await self._admit(scope, headers)
        if turned_away is None:
            await self._app(scope, receive, send)
        else:
            await turned_away(scope, receive, send)

    async def _admit(self, scope: Scope, headers: Headers) -> JSONResponse | None:
        try:
            speaker = await self._identify(_key(headers))
        except Exception as error:
            if not is_transient(error):
                raise
            return unavailable(scope["path"])
        if speaker is None:
            return refused(Unauthenticated(_HOW), scope["path"])
        scope.setdefault("state", {})["speaker"] = speaker
        return None

"""Every refusal as RFC 9457 problem+json: the one place where a refusal gets its status."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from services.intake import exceptions as refusals
from services.intake import metrics
from services.runtime.exceptions import HubError, is_transient

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[refusals.Refusal], int] = {
    refusals.Malformed: 400,
    refusals.Unauthenticated: 401,
    refusals.Forbidden: 403,
    refusals.NotFound: 404,
    refusals.NotAcceptable: 406,
    refusals.TooSlow: 408,
    refusals.Stale: 409,
    refusals.NotPossible: 409,
    refusals.ChangedSince: 412,
    refusals.TooLarge: 413,
    refusals.UnsupportedMedia: 415,
    refusals.Invalid: 422,
    refusals.DoesNotFit: 422,
    refusals.PreconditionRequired: 428,
}
_HEADERS: Mapping[type[refusals.Refusal], dict[str, str]] = {
    refusals.Unauthenticated: {"WWW-Authenticate": 'Bearer realm="jisr"'},
    refusals.UnsupportedMedia: {"Accept-Encoding": "identity"},
    refusals.TooSlow: {"Connection": "close"},
}
_RETRY_AFTER_S = "5"
_ASK_AGAIN_S = "1"
_QUOTED = re.compile(r"'([^']+)'")


def problem(
    slug: str,
    title: str,
    status: int,
    detail: str,
    instance: str,
    errors: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """The members of a problem (RFC 9457, section 3.1), with ``errors`` as its extension."""
    body: dict[str, Any] = {
        "type": f"urn:jisr:problem:{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
    }
    if errors:
        body["errors"] = list(errors)
    return body


def problem_of(refusal: refusals.Refusal, instance: str) -> dict[str, Any]:
    """The problem that tells of ``refusal``."""
    metrics.REFUSED.labels("http", refusal.slug()).inc()
    errors = [
        {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
        for fault in refusal.faults
    ]
    body = problem(
        refusal.slug(),
        refusal.title(),
        STATUS[type(refusal)],
        refusal.detail,
        instance,
        errors,
    )
    return body if refusal.present is None else {**body, "present": dict(refusal.present)}


def refused(refusal: refusals.Refusal, instance: str) -> JSONResponse:
    """The response that tells of ``refusal``."""
    body = problem_of(refusal, instance)
    headers = dict(_HEADERS.get(type(refusal), {}))
    if refusal.present is not None and "version" in refusal.present:
        headers["ETag"] = f'"{refusal.present["version"]}"'
    if refusal.may_pass:
        headers["Retry-After"] = _ASK_AGAIN_S
    return JSONResponse(body, body["status"], headers, media_type=MEDIA_TYPE)


def unavailable(instance: str) -> JSONResponse:
    """503: nothing was taken that was not answered; the same request may be sent again."""
    body = problem(
        "unavailable",
        "The hub cannot store anything at the moment",
        503,
        "Send it again later: what was taken already will be answered as unchanged.",
        instance,
    )
    return JSONResponse(body, 503, {"Retry-After": _RETRY_AFTER_S}, media_type=MEDIA_TYPE)


def add_problems(app: FastAPI) -> None:
    """Let ``app`` answer everything that goes wrong with a problem."""
    app.add_exception_handler(refusals.Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_parameters)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    for kind in (
        OSError,
        HubError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
    ):
        app.add_exception_handler(kind, _on_failure)
    app.add_exception_handler(Exception, _on_unforeseen)


async def _on_refusal(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, refusals.Refusal):
        raise error
    return refused(error, request.url.path)


async def _on_parameters(request: Request, error: Exception) -> JSONResponse:
    """A path or query parameter; it has a name and a place instead of a pointer."""
    if not isinstance(error, RequestValidationError):
        raise error
    of: dict[tuple[str, str], list[Any]] = {}
    for item in error.errors():
        # Behind the name stand the parts of a union, in pydantic's words for them.
        of.setdefault((str(item["loc"][0]), str(item["loc"][1])), []).append(item)
    found = [
        {"in": place, "parameter": name, "code": items[0]["type"], "detail": _remedy(items)}
        for (place, name), items in of.items()
    ]
    title = "A parameter of the address does not follow its schema"
    detail = f"Not valid: {', '.join(name for _, name in of)}."
    body = problem("invalid-parameter", title, 422, detail, request.url.path, found)
    return JSONResponse(body, 422, media_type=MEDIA_TYPE)


def _remedy(items: Sequence[Any]) -> str:
    """What to write for a parameter; where it takes certain values alone, all of them at once."""
    wanted = [
        value
        for item in items
        if item["type"] in ("enum", "literal_error")
        for value in _QUOTED.findall(item["ctx"]["expected"])
    ]
    if wanted:
        return f"Write one of: {', '.join(wanted)}."
    return "; ".join(str(item["msg"]) for item in items)


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    known = {
        404: ("not-found", refusals.NotFound.title(), "See /docs for what there is."),
        405: (
            "method-not-allowed",
            "This address does not take this method",
            "The Allow header names those it takes.",
        ),
    }
    fallback = (f"http-{error.status_code}", error.detail, error.detail)
    slug, title, detail = known.get(error.status_code, fallback)
    body = problem(slug, title, error.status_code, detail, request.url.path)
    return JSONResponse(body, error.status_code, error.headers, media_type=MEDIA_TYPE)


async def _on_disconnect(request: Request, _: Exception) -> JSONResponse:
    refusal = refusals.Malformed("The connection ended before the body did.")
    return refused(refusal, request.url.path)


async def _on_failure(request: Request, error: Exception) -> JSONResponse:
    if not is_transient(error):
        raise error
    return unavailable(request.url.path)


async def _on_unforeseen(request: Request, _: Exception) -> JSONResponse:
    """A fault of ours; Starlette raises it again after this answer, so it is logged."""
    detail = "This is the hub's fault; its log says more."
    body = problem("internal", "The hub failed", 500, detail, request.url.path)
    return JSONResponse(body, 500, media_type=MEDIA_TYPE)

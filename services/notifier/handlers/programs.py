"""What the addresses for programs have in common: JSON, with the token of an inbox link as a bearer
token (RFC 6750).

A browser never sends that by itself, and a form of another site cannot, so nothing more guards
these (CSRF). What is wrong is a problem of RFC 9457, named as intake names its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from services.notifier.domain.exceptions import (
    ForgedLink,
    InboxProblem,
    LinkExpired,
    MissingToken,
)
from services.notifier.handlers import door as pages
from services.notifier.handlers.door import PROBLEMS, Door
from services.notifier.use_cases.inbox import Visitor
from services.runtime.exceptions import is_transient

LARGEST = 16 * 1024
"""Bytes of a body."""


class TooLarge(Exception):
    """The body has more than 16 KiB"""


class NotJson(ValueError):
    """The body has to be a JSON object"""

    def __init__(self, where: str = "") -> None:
        super().__init__(where)
        self.where = where


_BEARER = {"WWW-Authenticate": 'Bearer realm="the token of an inbox link"'}


async def visitor_of(door: Door, request: Request) -> Visitor:
    """Whose token the request bears. Raises `MissingToken`, `ForgedLink` or `LinkExpired`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise MissingToken
    return await door.admit(token.strip())


async def body_of(request: Request) -> bytes:
    """The body. Raises `TooLarge` past `LARGEST` bytes."""
    return await pages.body_of(request, LARGEST, TooLarge)


async def told(work: Awaitable[Response]) -> Response:
    """The outcome of ``work``, or the problem that it met."""
    try:
        return await work
    except MissingToken as error:
        return problem("missing-token", error.__doc__ or "", 401, headers=_BEARER)
    except (ForgedLink, LinkExpired) as error:
        return problem(PROBLEMS[type(error)][0], error.__doc__ or "", 401, headers=_BEARER)
    except TooLarge as error:
        return problem("too-large", error.__doc__ or "", 413)
    except InboxProblem as error:
        slug, status = PROBLEMS[type(error)]
        return problem(slug, error.__doc__ or slug, status)
    except Exception as error:
        if not is_transient(error):
            raise
        away = {"Retry-After": "60"}
        return problem("unavailable", "The hub is away for a moment", 503, headers=away)


def problem(
    slug: str,
    title: str,
    status: int,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem; ``errors`` say where (``pointer``, RFC 6901) and what (``detail``)."""
    body = {"type": f"urn:jisr:problem:{slug}", "title": title, "status": status}
    return JSONResponse(
        body | ({"errors": list(errors)} if errors else {}),
        status,
        headers=dict(headers or {}),
        media_type="application/problem+json",
    )

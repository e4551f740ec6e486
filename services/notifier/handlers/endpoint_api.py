"""The same for programs: a member's endpoints as JSON, see `programs`."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from schemas.webhook import MessageWebhookSubmission, ReplaySubmission
from services.notifier.domain.messages import NoticeKind
from services.notifier.handlers.door import Door
from services.notifier.handlers.endpoints import PROBLEMS
from services.notifier.handlers.programs import NotJson, body_of, problem, told, visitor_of
from services.notifier.use_cases.endpoints import (
    SIMPLE,
    Act,
    Add,
    Order,
    Targets,
    carry_out,
    owner_of,
)
from services.runtime.endpoints.book import Endpoint, Open, Owner

MESSAGE_TYPES = tuple(
    f"message.{kind}" for kind in ("proposal", "ambassador-note", *get_args(NoticeKind))
)
"""What an endpoint of somebody with an inbox can ask for."""


class UnknownOrder(Exception):
    """Of an endpoint can be asked: POST to test, replay, secret, on or off below it, or DELETE"""


class UnknownTypes(Exception):
    """Some of these types are unknown; ``places``: which of those that were named."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__(places)
        self.places = places


@dataclass(frozen=True)
class EndpointApi:
    """The routes under ``/api/webhooks``."""

    door: Door
    open_book: Open
    targets: Targets

    def add_to(self, http: FastAPI) -> None:
        """Register the routes with ``http``."""
        http.get("/api/webhooks")(self.list)
        http.post("/api/webhooks")(self.register)
        http.delete("/api/webhooks/{endpoint_id}")(self.remove)
        http.post("/api/webhooks/{endpoint_id}/{what}")(self.act)

    async def list(self, request: Request) -> Response:
        """Your endpoints, oldest first."""
        return await _told(self._list(request))

    async def register(self, request: Request) -> Response:
        """Register one; its secret is in this answer alone."""
        return await _told(self._register(request))

    async def remove(self, request: Request, endpoint_id: str) -> Response:
        """Take one away."""
        return await _told(self._carry_out(request, Act("remove", endpoint_id)))

    async def act(self, request: Request, endpoint_id: str, what: str) -> Response:
        """``what``: test, replay (with since), secret, on or off."""
        return await _told(self._act(request, endpoint_id, what))

    async def _owner(self, request: Request) -> Owner:
        return owner_of(await visitor_of(self.door, request))

    async def _list(self, request: Request) -> Response:
        owner = await self._owner(request)
        async with self.open_book() as book:
            return JSONResponse({"items": [_shown(one) for one in await book.of(owner)]})

    async def _register(self, request: Request) -> Response:
        body = await _body(request, MessageWebhookSubmission)
        unknown = [place for place, one in enumerate(body.types) if one not in MESSAGE_TYPES]
        if unknown:
            raise UnknownTypes(unknown)
        return await self._carry_out(request, Add(body.url, body.note, body.types))

    async def _act(self, request: Request, endpoint_id: str, what: str) -> Response:
        for known in SIMPLE:
            if known == what and known != "remove":
                since = await _since(request) if known == "replay" else None
                return await self._carry_out(request, Act(known, endpoint_id, since))
        raise UnknownOrder

    async def _carry_out(self, request: Request, order: Order) -> Response:
        owner = await self._owner(request)
        async with self.open_book() as book:
            made = await carry_out(book, owner, order, self.targets, self.door.clock())
        if made is None:
            return Response(status_code=204)
        fresh = isinstance(order, Add) or order.what == "secret"
        signed = made.channel == "webhook"  # a push has a secret in its address, or none
        shown = _shown(made) | ({"secret": made.shown_secret} if fresh and signed else {})
        return JSONResponse(shown, 201 if isinstance(order, Add) else 200)


async def _body(request: Request, model: type[Any]) -> Any:
    """The body as ``model``. Raises `ValidationError` or `TooLarge`."""
    return model.model_validate_json(await body_of(request))


async def _since(request: Request) -> datetime | None:
    """From when on is sent again; None where there is no body. Raises as `_body`."""
    body = await body_of(request)
    return ReplaySubmission.model_validate_json(body).since if body else None


async def _told(work: Awaitable[Response]) -> Response:
    return await told(_judged(work))


async def _judged(work: Awaitable[Response]) -> Response:
    """The outcome of ``work``, or what is wrong with a body or an endpoint."""
    try:
        return await work
    except UnknownOrder as error:
        return problem("not-found", error.__doc__ or "", 404)
    except ValidationError as error:
        return _unfit(error)
    except UnknownTypes as error:
        known = f"Input should be one of: {', '.join(MESSAGE_TYPES)}"
        wrong = [{"pointer": f"/types/{place}", "detail": known} for place in error.places]
        return problem("invalid", "The body does not follow its schema", 422, wrong)
    except tuple(PROBLEMS) as error:
        slug, status = next(named for kind, named in PROBLEMS.items() if isinstance(error, kind))
        return problem(slug, str(error), status)


def _unfit(error: ValidationError) -> Response:
    """400 for what is no JSON, else 422 with each fault."""
    found = error.errors(include_url=False, include_input=False)
    faults = [
        {"pointer": "".join(f"/{part}" for part in one["loc"]), "detail": one["msg"]}
        for one in found
    ]
    if any(one["type"] == "json_invalid" for one in found):
        return problem("malformed", NotJson.__doc__ or "", 400, faults)
    return problem("invalid", "The body does not follow its schema", 422, faults)


def _shown(one: Endpoint) -> dict[str, Any]:
    times = ("failing_since", "last_ok_at", "last_failed_at", "created_at", "old_until")
    told = {name: at.isoformat() if (at := getattr(one, name)) else None for name in times}
    return {
        "id": one.endpoint_id,
        "url": one.url,
        "types": list(one.wants),
        "note": one.note,
        "state": one.state,
        "off_because": one.off_because,
        "last_failure": one.last_failure,
        **told,
    }

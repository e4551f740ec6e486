"""The addresses by which a system says where it wants to hear of its demands and its offers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from schemas.values import Identifier
from schemas.webhook import ReplaySubmission, SystemEvent, WebhookSubmission
from services.intake.domain.speakers import Role, Speaker
from services.intake.exceptions import Fault, Invalid, NotFound, NotPossible
from services.intake.handlers.bodies import JSON, read_body, require_accepted, require_json
from services.intake.handlers.documentation import REPLAY, WEBHOOK
from services.intake.handlers.documents import read_document, validate
from services.intake.handlers.gate import BEHIND_THE_GATE
from services.intake.handlers.writes import Who
from services.runtime.egress.targets import Egress, ForbiddenTarget
from services.runtime.endpoints.book import (
    Book,
    Endpoint,
    KnownEndpoint,
    Open,
    Owner,
    TooManyEndpoints,
    Wish,
)

Found = TypeVar("Found")
Model = TypeVar("Model", bound=BaseModel)


class Webhook(BaseModel):
    """An endpoint, and how it fares."""

    id: str
    url: str
    types: list[SystemEvent] = Field(description="None named: all.")
    note: str
    email: str | None
    state: Literal["on", "off"]
    off_because: Literal["gone", "failing", "owner"] | None = Field(
        description="gone: it answered 410. failing: all failed for five days. owner: you."
    )
    failing_since: datetime | None = Field(description="Null: the last attempt went well.")
    last_ok_at: datetime | None
    last_failed_at: datetime | None
    last_failure: str
    created_at: datetime
    old_secret_until: datetime | None = Field(
        description="Until then each event is signed with the secret before this one too."
    )


class WebhookSecret(Webhook):
    """The same with its secret, at the only moment when it can be read."""

    secret: str = Field(description="whsec_ and base64, as Standard Webhooks libraries take it.")


class Webhooks(BaseModel):
    """Your endpoints, oldest first."""

    items: list[Webhook]


def webhook_routes(open_book: Open, egress: Egress) -> APIRouter:
    """The router; ``open_book`` opens the endpoints on a transaction of its own."""
    routes = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], dependencies=BEHIND_THE_GATE)
    _add_book(routes, open_book, egress)
    _add_one(routes, open_book)
    _add_orders(routes, open_book)
    return routes


def _owner(speaker: Speaker) -> Owner:
    return Owner("source", speaker.source)


def _shown(one: Endpoint) -> dict[str, Any]:
    return {
        "id": one.endpoint_id,
        "url": one.url,
        "types": list(one.wants),
        "note": one.note,
        "email": one.email,
        "state": one.state,
        "off_because": one.off_because,
        "failing_since": one.failing_since,
        "last_ok_at": one.last_ok_at,
        "last_failed_at": one.last_failed_at,
        "last_failure": one.last_failure,
        "created_at": one.created_at,
        "old_secret_until": one.old_until,
    }


def _with_secret(one: Endpoint) -> WebhookSecret:
    return WebhookSecret(**_shown(one), secret=one.shown_secret)


def _found(one: Found | None) -> Found:
    if not one:
        raise NotFound("No endpoint of yours has this id.")
    return one


def _wish(body: WebhookSubmission, speaker: Speaker, egress: Egress) -> Wish:
    """Raises `Invalid` with a pointer to the address when the hub does not send there."""
    try:
        host = egress.check(body.url)
    except ForbiddenTarget as error:
        raise Invalid(faults=[Fault("/url", "forbidden-target", str(error))]) from error
    cities = speaker.speaks_for if speaker.role is Role.CITY else None
    city = min(cities) if cities else None
    return Wish(body.url, host, body.types, body.note, email=body.email, told_city=city)


async def _body(request: Request, model: type[Model]) -> Model:
    require_json(request)
    require_accepted(request, JSON)
    return validate(model, read_document(await read_body(request)))


def _add_book(routes: APIRouter, open_book: Open, egress: Egress) -> None:
    @routes.post("", **WEBHOOK, response_model=WebhookSecret)
    async def register(request: Request, speaker: Who) -> Response:
        """Register an endpoint: each change of your demands, of their matches and of those on your
        offers is sent there, signed (docs/webhooks.md). The secret is in this answer and never
        shown again.
        """
        wish = _wish(await _body(request, WebhookSubmission), speaker, egress)
        try:
            async with open_book() as book:
                made = await book.add(_owner(speaker), wish)
        except (TooManyEndpoints, KnownEndpoint) as error:
            raise NotPossible(f"{error}.") from error
        address = {"Location": f"/v1/webhooks/{made.endpoint_id}"}
        return JSONResponse(_with_secret(made).model_dump(mode="json"), 201, address)

    @routes.get("")
    async def list_webhooks(request: Request, speaker: Who) -> Webhooks:
        """Your endpoints, and how each fares."""
        require_accepted(request, JSON)
        async with open_book() as book:
            found = await book.of(_owner(speaker))
        return Webhooks(items=[Webhook(**_shown(one)) for one in found])


def _add_one(routes: APIRouter, open_book: Open) -> None:
    @routes.get("/{id}")
    async def get_webhook(id: Identifier, request: Request, speaker: Who) -> Webhook:  # noqa: A002
        """One of your endpoints."""
        require_accepted(request, JSON)
        async with open_book() as book:
            return Webhook(**_shown(_found(await book.find(_owner(speaker), id))))

    @routes.delete("/{id}", status_code=204)
    async def remove(id: Identifier, speaker: Who) -> Response:  # noqa: A002
        """Take an endpoint away, with its secret; what was to go there is not sent."""
        async with open_book() as book:
            _found(await book.remove(_owner(speaker), id))
        return Response(status_code=204)

    @routes.post("/{id}/secret")
    async def rotate(id: Identifier, speaker: Who) -> WebhookSecret:  # noqa: A002
        """Get a new secret. For a day each event is signed with the present one as well."""
        async with open_book() as book:
            return _with_secret(_found(await book.rotate(_owner(speaker), id)))

    async def switch(speaker: Speaker, name: str, state: Literal["on", "off"]) -> Webhook:
        async with open_book() as book:
            return Webhook(**_shown(_found(await book.switch(_owner(speaker), name, state))))

    @routes.post("/{id}/on")
    async def switch_on(id: Identifier, speaker: Who) -> Webhook:  # noqa: A002
        """Switch an endpoint on again; what it missed comes with a replay."""
        return await switch(speaker, id, "on")

    @routes.post("/{id}/off")
    async def switch_off(id: Identifier, speaker: Who) -> Webhook:  # noqa: A002
        """Switch an endpoint off until you switch it on."""
        return await switch(speaker, id, "off")


def _add_orders(routes: APIRouter, open_book: Open) -> None:
    async def ordered(
        speaker: Speaker, name: str, order: Callable[[Book], Awaitable[None]]
    ) -> Response:
        async with open_book() as book:
            one = _found(await book.find(_owner(speaker), name))
            if one.state == "off":
                raise NotPossible("The endpoint is off; switch it on first.")
            await order(book)
        return JSONResponse({"id": name, "status": "accepted"}, 202)

    @routes.post("/{id}/test", status_code=202)
    async def test(id: Identifier, speaker: Who) -> Response:  # noqa: A002
        """Have an event of type `test` sent there now."""
        return await ordered(speaker, id, lambda book: book.order(id, "test"))

    @routes.post("/{id}/replay", **REPLAY)
    async def replay(id: Identifier, request: Request, speaker: Who) -> Response:  # noqa: A002
        """Have all that failed since a moment sent again, each event under the id that it had."""
        since = (await _body(request, ReplaySubmission)).since
        return await ordered(speaker, id, lambda book: book.order(id, "replay", since))

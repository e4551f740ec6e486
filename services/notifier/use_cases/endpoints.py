"""What somebody with an inbox does with its own endpoints, on its page or by the API beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeAlias

from services.notifier.domain.exceptions import UnknownEndpoint, WholeInboxOnly
from services.notifier.use_cases.inbox import Visitor
from services.runtime.endpoints.book import Book, Endpoint, Owner, Wish
from services.runtime.exceptions import HubError

REPLAYED = timedelta(days=30)
"""How far back a replay from the page goes."""

Simple = Literal["test", "replay", "secret", "on", "off", "remove"]
SIMPLE: tuple[Simple, ...] = ("test", "replay", "secret", "on", "off", "remove")


class EndpointIsOff(HubError):
    """The endpoint is off; switch it on first"""


@dataclass(frozen=True, slots=True)
class Add:
    """Register ``url``. ``types``: which events it wants; none named: all."""

    url: str
    note: str = ""
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """Do something with one that is there. ``since``: of a replay; None: `REPLAYED` ago."""

    what: Simple
    endpoint_id: str
    since: datetime | None = None


Order: TypeAlias = Add | Act


class Targets(Protocol):
    """Where endpoints may be."""

    def wish(self, add: Add) -> Wish:
        """``add`` as the book takes it. Raises `ForbiddenTarget`."""

    def push_services(self) -> tuple[str, ...]:
        """The services that a push address may name; none where pushes are not installed."""


def owner_of(visitor: Visitor) -> Owner:
    """Whose endpoints a visitor may see. Raises `WholeInboxOnly` for who sees one item alone."""
    if visitor.link.scope is not None:
        raise WholeInboxOnly
    return Owner(visitor.party.kind, visitor.party.id)


async def carry_out(
    book: Book, owner: Owner, order: Order, targets: Targets, now: datetime
) -> Endpoint | None:
    """Do what ``owner`` asks; the endpoint as it is then, None when it was taken away.

    Raises `UnknownEndpoint`, `ForbiddenTarget`, `KnownEndpoint`, `TooManyEndpoints` or
    `EndpointIsOff`.
    """
    if isinstance(order, Add):
        return await book.add(owner, targets.wish(order))
    found = await book.find(owner, order.endpoint_id)
    if found is None:
        raise UnknownEndpoint
    match order.what:
        case "remove":
            await book.remove(owner, order.endpoint_id)
            return None
        case "secret":
            return await book.rotate(owner, order.endpoint_id)
        case "on" | "off":
            return await book.switch(owner, order.endpoint_id, order.what)
    if found.state == "off":
        raise EndpointIsOff
    since = (order.since or now - REPLAYED) if order.what == "replay" else None
    await book.order(order.endpoint_id, order.what, since)
    return found

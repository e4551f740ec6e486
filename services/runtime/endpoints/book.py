"""The book of endpoints: what their owners do with them. Rows stand in the vault (design, I6).

Secrets follow the Standard Webhooks specification 1.0 ("Signature scheme"): random, at least 24
bytes, shown as ``whsec_`` and base64. One is shown when it is made, and never again.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from services.runtime.database import Connection, Database
from services.runtime.exceptions import HubError

MOST_ENDPOINTS = 5
"""Of one owner. Each costs the hub connections when its host is slow."""

KEEP_OLD_S = 24 * 3600.0
"""How long the secret before the present one signs too, in seconds."""

ORDERS = "jisr_endpoints"
"""The channel on which it is announced that an owner asks for something; it names nobody."""

OwnerKind = Literal["source", "member", "city", "committee"]
Channel = Literal["webhook", "push"]
_SECRET_BYTES = 32
_COLUMNS = (
    "endpoint_id, owner_kind, owner_id, channel, url, wants, note, email, secret, old_until, state,"
    " off_because, off_at, failing_since, last_ok_at, last_failed_at, last_failure, created_at"
)
_ADD = f"""
INSERT INTO vault.endpoints
    (endpoint_id, owner_kind, owner_id, channel, url, lane, wants, note, email, told_city, secret)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
RETURNING {_COLUMNS}
"""  # noqa: S608 - columns are ours
_ROTATE = f"""
UPDATE vault.endpoints SET
    old_secret = secret, old_until = clock_timestamp() + make_interval(secs => $4), secret = $3
WHERE endpoint_id = $1 AND owner_kind || ':' || owner_id = $2
RETURNING {_COLUMNS}
"""  # noqa: S608
_SWITCH = f"""
UPDATE vault.endpoints SET
    state = $3, off_because = CASE WHEN $3 = 'off' THEN 'owner' END,
    off_at = CASE WHEN $3 = 'off' THEN clock_timestamp() END,
    failing_since = CASE WHEN state <> $3 THEN NULL ELSE failing_since END
WHERE endpoint_id = $1 AND owner_kind || ':' || owner_id = $2
RETURNING {_COLUMNS}
"""  # noqa: S608


class TooManyEndpoints(HubError):
    """This owner has as many endpoints as the hub keeps for one"""


class KnownEndpoint(HubError):
    """This owner has an endpoint with this address already"""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose endpoint it is: a source that speaks to intake, or somebody with an inbox."""

    kind: OwnerKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody registers. ``host``: "host:port" of ``url``, as `Egress.check` gave it.

    ``wants``: types of events, none named for all. ``email``: who is written to when it is switched
    off; ``told_city``: the city whose address is used where there is none.
    """

    url: str
    host: str
    wants: Sequence[str] = ()
    note: str = ""
    channel: Channel = "webhook"
    email: str | None = field(default=None, repr=False)
    told_city: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint as its owner sees it. Times are UTC."""

    endpoint_id: str
    owner: Owner
    channel: Channel
    url: str = field(repr=False)
    wants: tuple[str, ...]
    note: str
    email: str | None = field(repr=False)
    secret: bytes = field(repr=False)
    old_until: datetime | None
    state: Literal["on", "off"]
    off_because: str | None
    off_at: datetime | None
    failing_since: datetime | None
    last_ok_at: datetime | None
    last_failed_at: datetime | None
    last_failure: str
    created_at: datetime

    @property
    def shown_secret(self) -> str:
        """The secret as receivers' libraries take it."""
        return f"whsec_{b64encode(self.secret).decode()}"


def lane_of(host: str) -> str:
    """The mark of a receiving host, the same for all its endpoints; not to be read back."""
    return hashlib.sha256(b"jisr lane\0" + host.encode()).hexdigest()[:16]


class Book:
    """Reads and writes on one connection, which is inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, owner: Owner, wish: Wish) -> Endpoint:
        """Register an endpoint. Raises `TooManyEndpoints`, or `KnownEndpoint`."""
        await self._connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('endpoints of ' || $1, 0))", str(owner)
        )
        present = await self.of(owner)
        if any(one.url == wish.url and one.channel == wish.channel for one in present):
            raise KnownEndpoint("change it, or take it away first")
        if len(present) >= MOST_ENDPOINTS:
            raise TooManyEndpoints(f"{MOST_ENDPOINTS}; take one away first")
        row = await self._connection.fetchrow(
            _ADD,
            f"ep-{secrets.token_hex(8)}",
            *(owner.kind, owner.id, wish.channel, wish.url, lane_of(wish.host)),
            *(list(wish.wants), wish.note, wish.email, wish.told_city),
            secrets.token_bytes(_SECRET_BYTES),
        )
        return _endpoint(row)

    async def of(self, owner: Owner) -> list[Endpoint]:
        """The endpoints of ``owner``, oldest first."""
        rows = await self._connection.fetch(
            f"SELECT {_COLUMNS} FROM vault.endpoints WHERE owner_kind = $1 AND owner_id = $2"  # noqa: S608
            " ORDER BY created_at, endpoint_id",
            *(owner.kind, owner.id),
        )
        return [_endpoint(row) for row in rows]

    async def find(self, owner: Owner, endpoint_id: str) -> Endpoint | None:
        """That endpoint of ``owner``."""
        found = [one for one in await self.of(owner) if one.endpoint_id == endpoint_id]
        return found[0] if found else None

    async def rotate(self, owner: Owner, endpoint_id: str) -> Endpoint | None:
        """Give it a new secret; the present one signs too for `KEEP_OLD_S`."""
        fresh = secrets.token_bytes(_SECRET_BYTES)
        row = await self._connection.fetchrow(
            _ROTATE, endpoint_id, str(owner), fresh, float(KEEP_OLD_S)
        )
        return _endpoint(row) if row else None

    async def switch(
        self, owner: Owner, endpoint_id: str, state: Literal["on", "off"]
    ) -> Endpoint | None:
        """Switch it on (its failures are forgotten) or off."""
        row = await self._connection.fetchrow(_SWITCH, endpoint_id, str(owner), state)
        return _endpoint(row) if row else None

    async def remove(self, owner: Owner, endpoint_id: str) -> bool:
        """Take it away with its secrets; False when there was none."""
        done = await self._connection.fetchval(
            "DELETE FROM vault.endpoints WHERE endpoint_id = $1"
            " AND owner_kind || ':' || owner_id = $2 RETURNING endpoint_id",
            *(endpoint_id, str(owner)),
        )
        return done is not None

    async def order(
        self, endpoint_id: str, what: Literal["test", "replay"], since: datetime | None = None
    ) -> None:
        """Ask the notifier for a test event, or to send again what failed since ``since``."""
        await self._connection.execute(
            "INSERT INTO vault.endpoint_orders (endpoint_id, what, since) VALUES ($1, $2, $3)",
            *(endpoint_id, what, since),
        )
        await self._connection.execute("SELECT pg_notify($1, '')", ORDERS)


Open: TypeAlias = Callable[[], AbstractAsyncContextManager[Book]]
"""A book on a transaction of its own, committed at the end."""


def opened_books(database: Database) -> Open:
    """Opens books on ``database``."""

    @asynccontextmanager
    async def open_book() -> AsyncIterator[Book]:
        async with database.transaction() as connection:
            yield Book(connection)

    return open_book


def _endpoint(row: Any) -> Endpoint:
    values = dict(row)
    owner = Owner(values.pop("owner_kind"), values.pop("owner_id"))
    values["wants"] = tuple(values["wants"])
    return Endpoint(owner=owner, **values)

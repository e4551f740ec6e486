"""API keys: made, listed, revoked and looked up.

A key is 256 random bits, shown once; only its SHA-256 is kept. Slow hashes (bcrypt, Argon2)
exist because people choose guessable passwords; nobody guesses 256 random bits, so a fast hash
keeps the secret as well and costs nothing on each request. Looking a hash up in an index
compares no secret byte by byte, so the time it takes tells nothing about a key.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.domain.speakers import Role, Speaker
from services.runtime.database import Database
from services.runtime.exceptions import HubError

PREFIX = "jisr_"
"""Lets a scanner of leaked secrets recognise a key."""

_SHAPE = re.compile(r"jisr_[A-Za-z0-9_-]{43}")
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,119}")
_KEPT_S = 5.0
_MOST_KEPT = 1_024


class SourceHasAnotherRole(HubError):
    """The source is registered with another role"""


class SourceSpeaksForOthers(HubError):
    """The source is registered to speak for others"""


class NoSuchSource(HubError):
    """No such source is registered, or it is the hub's own, which speaks for all"""


class NotASource(HubError):
    """A source is 1 to 120 letters, digits and ._:/- and begins with a letter or a digit"""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the only moment when it can be read; never log it."""

    key_id: str
    key: str
    source: str
    role: Role
    speaks_for: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What is known of a key; the key itself is not."""

    key_id: str
    source: str
    role: Role
    speaks_for: frozenset[str] | None
    created_at: datetime
    revoked_at: datetime | None


def hash_key(key: str) -> bytes:
    """What is kept of ``key``."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


async def register_source(
    database: Database, source: str, role: Role, speaks_for: Collection[str] | None = None
) -> None:
    """Let ``source`` speak on Kafka, or give it another role. Raises `NotASource`.

    ``speaks_for``: the cities or clusters that it may speak for; None: any.
    """
    _require_source(source)
    await database.pool.execute(
        "INSERT INTO sources (source, role, speaks_for) VALUES ($1, $2, $3)"
        " ON CONFLICT (source) DO UPDATE"
        " SET role = excluded.role, speaks_for = excluded.speaks_for",
        source,
        role,
        None if speaks_for is None else sorted(speaks_for),
    )


async def bind_source(database: Database, source: str, speaks_for: Collection[str]) -> Role:
    """Let ``source`` speak for these cities or clusters and no others, from now on (within five
    seconds everywhere); its role. Raises `NoSuchSource`.
    """
    role = await database.pool.fetchval(
        "UPDATE sources SET speaks_for = $2 WHERE source = $1 AND role <> 'hub' RETURNING role",
        source,
        sorted(speaks_for),
    )
    if role is None:
        raise NoSuchSource(source)
    return Role(role)


async def find_source(database: Database, source: str) -> Speaker | None:
    """The source as it is registered; None when it is not."""
    row = await database.pool.fetchrow(
        "SELECT source, role, speaks_for FROM sources WHERE source = $1", source
    )
    return speaker_of(row) if row else None


def speaker_of(row: Mapping[str, Any]) -> Speaker:
    """Who a row of ``sources`` is."""
    bound = row["speaks_for"]
    return Speaker(row["source"], Role(row["role"]), None if bound is None else frozenset(bound))


def _require_source(source: str) -> None:
    if not _SOURCE.fullmatch(source):
        raise NotASource(repr(source))


async def create_key(
    database: Database,
    source: str,
    role: Role | None = None,
    speaks_for: Collection[str] | None = None,
) -> NewKey:
    """Make a key for ``source``, registering it if it is new (role: city unless given).

    Raises `SourceHasAnotherRole` or `SourceSpeaksForOthers` when what is given differs from what
    is registered, since it would change what the source's other keys may do, and `NotASource`.
    """
    _require_source(source)
    registered = await find_source(database, source)
    if registered is None:
        await register_source(database, source, role or Role.CITY, speaks_for)
        registered = await find_source(database, source)
        assert registered is not None
    elif role is not None and registered.role != role:
        raise SourceHasAnotherRole(f"{source} is {registered.role}, not {role}")
    elif speaks_for is not None and registered.speaks_for != frozenset(speaks_for):
        present = ", ".join(sorted(registered.speaks_for or ())) or "any"
        raise SourceSpeaksForOthers(f"{source} speaks for {present}; `jisr keys bind` changes it")
    new = NewKey(
        f"key-{secrets.token_hex(6)}",
        PREFIX + secrets.token_urlsafe(32),
        source,
        registered.role,
        registered.speaks_for,
    )
    await database.pool.execute(
        "INSERT INTO api_keys (key_id, source, hash) VALUES ($1, $2, $3)",
        new.key_id,
        source,
        hash_key(new.key),
    )
    return new


async def list_keys(database: Database, source: str | None = None) -> list[KeyInfo]:
    """Every key, revoked ones too, or those of one source; oldest first."""
    rows = await database.pool.fetch(
        "SELECT key_id, source, role, speaks_for, k.created_at, revoked_at"
        " FROM api_keys k JOIN sources USING (source)"
        " WHERE $1::text IS NULL OR source = $1 ORDER BY k.created_at, key_id",
        source,
    )
    return [_info(row) for row in rows]


def _info(row: Mapping[str, Any]) -> KeyInfo:
    known = speaker_of(row)
    return KeyInfo(
        row["key_id"],
        known.source,
        known.role,
        known.speaks_for,
        row["created_at"],
        row["revoked_at"],
    )


async def revoke_key(database: Database, key_id: str) -> bool:
    """Refuse a key from now on, within five seconds everywhere; False when it was already."""
    done = await database.pool.fetchval(
        "UPDATE api_keys SET revoked_at = clock_timestamp()"
        " WHERE key_id = $1 AND revoked_at IS NULL RETURNING key_id",
        key_id,
    )
    return done is not None


class Keys:
    """Says who holds a key. Answers are kept for five seconds, which bounds a revocation."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[float, Speaker]] = OrderedDict()

    async def speaker(self, key: str) -> Speaker | None:
        """Whose ``key`` it is; None when it is nobody's (unknown keys are not remembered)."""
        if not _SHAPE.fullmatch(key):
            return None
        hashed = hash_key(key)
        now = self._clock()
        until, speaker = self._kept.get(hashed, (0.0, None))
        if speaker is not None and now < until:
            return speaker
        self._kept.pop(hashed, None)
        row = await self._database.pool.fetchrow(
            "SELECT source, role, speaks_for FROM api_keys JOIN sources USING (source)"
            " WHERE hash = $1 AND revoked_at IS NULL",
            hashed,
        )
        if row is None:
            return None
        speaker = speaker_of(row)
        self._kept[hashed] = (now + _KEPT_S, speaker)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return speaker

"""PostgreSQL: a pool that speaks as one service, and the numbered migrations.

Each service has a schema of its own name and a role ``jisr_<service>`` that reaches only what
the design grants it: the vault is intake's to write, the notifier's to read, and nothing to the
matcher (I6).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import asyncpg

from services.runtime.exceptions import DatabaseUnreachable

SERVICES = ("intake", "matcher", "notifier")
Connection: TypeAlias = "asyncpg.Connection[Any]"

_HERE = Path(__file__).parent
_LOCK = 0x6A697372  # "jisr": one migration at a time


def describe(dsn: str) -> str:
    """``dsn`` without its password, for messages and pages."""
    parts = urlsplit(dsn)
    return f"{parts.hostname}:{parts.port or 5432}{parts.path}"


async def _prepare(connection: Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
        )


class Database:
    """A connection pool of one service. `start` before use; `stop` ends it."""

    def __init__(self, dsn: str, service: str, *, size: int = 8) -> None:
        self.dsn = dsn
        self.service = service
        self._size = size
        self._pool: asyncpg.Pool[Any] | None = None

    def _session(self) -> dict[str, str]:
        return {
            "role": f"jisr_{self.service}",
            "search_path": f"{self.service},vault",
            "application_name": f"jisr-{self.service}",
        }

    async def start(self) -> None:
        """Connect. Raises `DatabaseUnreachable` with the address and the server's own words."""
        try:
            self._pool = await asyncpg.create_pool(
                self.dsn,
                min_size=1,
                max_size=self._size,
                init=_prepare,
                timeout=10,
                command_timeout=60,
                max_inactive_connection_lifetime=120,
                server_settings=self._session(),
            )
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise DatabaseUnreachable(f"{describe(self.dsn)} ({error})") from error

    async def stop(self) -> None:
        """Close every connection; a statement that runs on is cut after five seconds."""
        if self._pool is None:
            return
        try:
            await asyncio.wait_for(self._pool.close(), 5)
        except TimeoutError:
            self._pool.terminate()

    @property
    def pool(self) -> asyncpg.Pool[Any]:
        """The pool itself, for single statements."""
        if self._pool is None:
            raise DatabaseUnreachable("the pool was not started")
        return self._pool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction: commits at the end, rolls back on any exception."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection

    async def dedicated(self) -> Connection:
        """A connection outside the pool, for session locks and LISTEN; the caller closes it."""
        connection = await asyncpg.connect(self.dsn, timeout=10, server_settings=self._session())
        await _prepare(connection)
        return connection

    async def ping(self) -> bool:
        """True when the database answers within two seconds."""
        try:
            await self.pool.fetchval("SELECT 1", timeout=2)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            return False
        except DatabaseUnreachable:
            return False
        return True


async def wait_until_up(dsn: str, limit: float = 30.0) -> None:
    """Return once the database answers; raise `DatabaseUnreachable` after ``limit`` seconds."""
    end = time.monotonic() + limit
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=5)
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            if time.monotonic() > end:
                raise DatabaseUnreachable(
                    f"{describe(dsn)} ({error}); check DATABASE_URL and that the server is up"
                ) from error
            await asyncio.sleep(0.2)
        else:
            await connection.close()
            return


def _files(service: str) -> list[Path]:
    folder = _HERE.parent / service / "migrations"
    own = sorted(folder.glob("[0-9]*.sql")) if folder.is_dir() else []
    shared = sorted((_HERE / "migrations").glob("[0-9]*.sql"))
    return shared + own


async def _roles(connection: Connection) -> None:
    for service in SERVICES:
        role = f"jisr_{service}"
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            await connection.execute(f"CREATE ROLE {role} NOLOGIN")
        await connection.execute(f"GRANT {role} TO CURRENT_USER")
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {role}")


async def migrate(dsn: str) -> list[str]:
    """Bring the database to the present; returns the names of the migrations applied now.

    Safe to run from several processes at once. A migration runs in one transaction as the
    owner of its service's schema; ``vault`` belongs to intake.
    """
    await wait_until_up(dsn)
    connection = await asyncpg.connect(dsn, timeout=10)
    applied: list[str] = []
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await _roles(connection)
        await connection.execute("CREATE SCHEMA IF NOT EXISTS vault AUTHORIZATION jisr_intake")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS public.jisr_migrations (name text PRIMARY KEY,"
            " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        done = {r["name"] for r in await connection.fetch("SELECT name FROM jisr_migrations")}
        for service in SERVICES:
            for file in _files(service):
                name = f"{service}/{file.parent.parent.name}/{file.name}"
                if name not in done:
                    await _apply(connection, service, name, file.read_text())
                    applied.append(name)
    finally:
        await connection.close()
    return applied


async def _apply(connection: Connection, service: str, name: str, statements: str) -> None:
    async with connection.transaction():
        await connection.execute(f"SET LOCAL ROLE jisr_{service}")
        await connection.execute(f"SET LOCAL search_path = {service},vault")
        await connection.execute(statements)
        await connection.execute("RESET ROLE")
        await connection.execute("INSERT INTO public.jisr_migrations (name) VALUES ($1)", name)

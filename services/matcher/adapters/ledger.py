"""The matcher's transactions on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.matcher.adapters.lines import PostgresLines
from services.matcher.adapters.models import PostgresModels
from services.matcher.adapters.needs import PostgresNeeds
from services.matcher.adapters.policies import PostgresPolicies
from services.matcher.adapters.supplies import PostgresSupplies
from services.matcher.use_cases.ports import Transactions
from services.runtime.database import Connection, Database


class PostgresLedger:
    """See `ports.Ledger`; open on ``connection``, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self.needs = PostgresNeeds(connection)
        self.supplies = PostgresSupplies(connection)
        self.models = PostgresModels(connection)
        self.lines = PostgresLines(connection)
        self.policies = PostgresPolicies(connection)


def transactions_on(database: Database) -> Transactions:
    """What begins transactions on ``database``."""

    @asynccontextmanager
    async def transaction() -> AsyncIterator[PostgresLedger]:
        async with database.transaction() as connection:
            yield PostgresLedger(connection)

    return transaction

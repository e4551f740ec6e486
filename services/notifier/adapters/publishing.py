"""Events that are published with the transaction that they tell of."""

from __future__ import annotations

from collections.abc import Sequence

from services.runtime import outbox
from services.runtime.database import Connection

_SOURCE = "/jisr/notifier"
# Whoever publishes under a key holds the key's lock until the commit, so that the outbox's ids
# of one key grow in commit order (design, I4).
_LOCK_KEYS = """
SELECT pg_advisory_xact_lock(hashtextextended(key, 0))
FROM (SELECT DISTINCT key COLLATE "C" AS key FROM unnest($1::text[]) AS k(key) ORDER BY 1) AS sorted
"""


async def publish(connection: Connection, events: Sequence[outbox.Outgoing]) -> None:
    """Put ``events`` into the outbox, in their order; those of one key after those that another
    transaction has put before.
    """
    if events:
        await connection.execute(_LOCK_KEYS, [event.key for event in events])
        await outbox.put(connection, _SOURCE, events)

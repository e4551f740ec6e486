"""What can go wrong in the runtime; an exception's docstring is its message."""

from __future__ import annotations

import asyncio

import asyncpg


class HubError(Exception):
    """The hub's runtime failed"""

    def __init__(self, detail: str = "") -> None:
        headline = (type(self).__doc__ or "").strip()
        super().__init__(f"{headline}: {detail}" if detail else headline)


class DatabaseUnreachable(HubError):
    """The database does not answer"""


class BrokerUnreachable(HubError):
    """The Kafka broker does not answer"""


class TopicMismatch(HubError):
    """A topic exists with other settings than schemas/topics.py says"""


class TooManyDeadLetters(HubError):
    """Too many records in a row could not be processed, so the consumer stopped"""


class Interrupted(HubError):
    """Stopped before everything had ended in order"""


class Refused(Exception):
    """A record that no retry can help: it goes to the dead letters with this reason"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_TRANSIENT = (
    OSError,
    TimeoutError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.exceptions.CannotConnectNowError,
    asyncpg.exceptions.TooManyConnectionsError,
    asyncpg.exceptions.AdminShutdownError,
    asyncpg.exceptions.CrashShutdownError,
    asyncpg.exceptions.SerializationError,
    asyncpg.exceptions.DeadlockDetectedError,
    asyncpg.exceptions.QueryCanceledError,
    asyncpg.exceptions.InsufficientResourcesError,
    DatabaseUnreachable,
    BrokerUnreachable,
)


def is_transient(error: BaseException) -> bool:
    """True when the same work may succeed later without anybody changing the input."""
    # asyncpg's error for a value that does not fit its column is an InterfaceError, too.
    return isinstance(error, _TRANSIENT) and not isinstance(error, ValueError)

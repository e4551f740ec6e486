"""Wakes those who look at an inbox when something in it changes, whichever replica changed it.

The database says which inboxes changed (``migrations/0010_live.sql``). What a viewer gets is the
inbox's *mark*, a digest of what it shows: no log of changes is kept, and whoever comes back with
the mark that it saw last learns whether it missed anything, after any time, from any replica.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import asyncpg

from services.notifier.adapters.sql_files import statement
from services.notifier.domain.messages import Party
from services.runtime.database import Database

CHANNEL = "jisr_inbox"
_EVERYBODY = "*"
_MARK = statement("inbox_mark")


async def mark_of(database: Database, party: Party, demand_id: str = "") -> str:
    """The mark of the inbox of ``party``, as it is committed now; with the id of one of its own
    demands, of the page about that.
    """
    value = await database.pool.fetchval(_MARK, party.kind, party.id, demand_id)
    return str(value or "")


@dataclass
class LiveInboxes:
    """A worker of the service. ``most``: viewers of this process at once; ``most_each``: of one
    inbox.
    """

    database: Database
    most: int = 1_000
    most_each: int = 20
    _viewers: defaultdict[str, set[asyncio.Event]] = field(
        default_factory=lambda: defaultdict(set), init=False
    )
    is_closing: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Listen until cancelled. Raises when the connection is lost; the service starts it again,
        and then everybody looks, since something may have been missed.
        """
        listener = await self.database.dedicated()
        try:
            await listener.add_listener(CHANNEL, lambda *heard: self._wake(str(heard[3])))
            lost = asyncio.Event()
            listener.add_termination_listener(lambda _: lost.set())
            self._wake(_EVERYBODY)
            await lost.wait()
            raise asyncpg.ConnectionDoesNotExistError("the listening connection was lost")
        finally:
            listener.terminate()

    def close(self) -> None:
        """Let every viewer go; the process is about to end."""
        self.is_closing = True
        self._wake(_EVERYBODY)

    def is_full(self, party: Party) -> bool:
        """True when nobody more may watch the inbox of ``party``."""
        own = self._viewers.get(_name(party), set())
        return len(own) >= self.most_each or self.count() >= self.most

    @contextmanager
    def watching(self, party: Party) -> Iterator[asyncio.Event]:
        """An event that is set whenever the inbox of ``party`` may have changed."""
        inbox = _name(party)
        woken = asyncio.Event()
        self._viewers[inbox].add(woken)
        try:
            yield woken
        finally:
            self._viewers[inbox].discard(woken)
            if not self._viewers[inbox]:
                del self._viewers[inbox]

    def count(self) -> int:
        """Who watches now."""
        return sum(map(len, self._viewers.values()))

    def _wake(self, named: str) -> None:
        inboxes = list(self._viewers) if named == _EVERYBODY else named.split(",")
        for inbox in inboxes:
            for woken in self._viewers.get(inbox, ()):
                woken.set()


def _name(party: Party) -> str:
    """How the database names an inbox."""
    return f"{party.kind}:{party.id}"

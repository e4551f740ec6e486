"""What PostgreSQL knows of one reader; see `use_cases.reader_ports.ReaderLedger`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notifier.adapters.events import restore
from services.notifier.adapters.sql_files import statement
from services.notifier.adapters.standings import standing_of
from services.notifier.domain.choices import NOTHING, Choices, laid_over
from services.notifier.domain.concerns import CONCERNS
from services.notifier.domain.messages import Party
from services.notifier.domain.preferences import PUSHED
from services.notifier.use_cases.reader_ports import DigestItem, Reader, Turn
from services.runtime.database import Connection

CHANNEL = "jisr_notifier_deliveries"
_LOCK = statement("lock_reader")
_CHOICES = statement("reader_choices")
_CHOOSE = statement("choose")
_ASK_ANEW = statement("ask_anew")
_ASK_SYSTEMS_ANEW = statement("ask_systems_anew")
_TURN = statement("turn")
_BEGIN = statement("begin_delivery")
_HOLD = statement("hold_delivery")
_GATHER = statement("gather")
_RELEASE = statement("release_strangers")
_ITEMS = statement("digest_items")
_FINISH_ITEMS = statement("finish_items")


class PostgresReaders:
    """Reads and writes about readers, in one transaction. ``defaults``: the hub's choice for all
    who chose nothing.
    """

    def __init__(self, connection: Connection, defaults: Choices = NOTHING) -> None:
        self._connection = connection
        self._defaults = defaults

    async def hold_reader(self, reader: Reader) -> None:
        """Nobody else sends to it, or changes its preferences, until the end."""
        await self._connection.execute(_LOCK, reader.party.kind, reader.party.id)

    async def layers(self, reader: Reader) -> tuple[Choices, Choices]:
        """What was chosen for it, and what it chose itself."""
        row = await self._connection.fetchrow(_CHOICES, *_named(reader))
        if row is None:
            return self._defaults, NOTHING
        # What is published of an organisation is not the wish of one item's own contact.
        published = NOTHING if reader.scope else published_of(row)
        return laid_over(self._defaults, published), row["chosen"]

    async def choose(self, reader: Reader, chosen: Choices, now: datetime) -> None:
        """Store what it chose, and let what waits for it be asked anew."""
        await self._connection.execute(
            "INSERT INTO recipients (kind, id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            *(reader.party.kind, reader.party.id),
        )
        await self._connection.execute(_CHOOSE, *_named(reader), dict(chosen), now)
        await self.ask_anew(reader.party)

    async def ask_anew(self, party: Party) -> None:
        """Let what waits for ``party`` and has not begun be asked at once, as it wants it now."""
        for anew in (_ASK_ANEW, _ASK_SYSTEMS_ANEW):
            await self._connection.execute(anew, party.kind, party.id)
        await self._connection.execute("SELECT pg_notify($1, '')", CHANNEL)

    async def turn(self, delivery: UUID, attempt: int, reader: Reader, since: datetime) -> Turn:
        """What stands around a delivery."""
        row = await self._connection.fetchrow(_TURN, delivery, attempt, *_named(reader), since)
        if row is None or not row["is_mine"]:
            return Turn(False)
        is_digest = row["digest"] is not None
        return Turn(True, row["slot"], is_digest, tuple(row["begun"]), tuple(row["slots"]))

    async def begin(
        self, delivery: UUID, attempt: int, reader: Reader, now: datetime, *, digest: bool
    ) -> None:
        """Count it as begun at ``now``."""
        await self._connection.execute(_BEGIN, delivery, attempt, now, *_named(reader), digest)

    async def hold(
        self, delivery: UUID, attempt: int, wait_s: float, slot: datetime | None
    ) -> None:
        """Let it be asked again after ``wait_s`` seconds, in the digest of ``slot`` if given."""
        await self._connection.execute(_HOLD, delivery, attempt, wait_s, slot)

    async def gather(
        self, delivery: UUID, reader: Reader, now: datetime, *, anew: bool
    ) -> list[DigestItem]:
        """All that the digest tells, newest first."""
        if anew:
            await self._connection.execute(_GATHER, delivery, *_named(reader), now)
        else:
            await self._connection.execute(_RELEASE, delivery, *_named(reader))
        rows = await self._connection.fetch(_ITEMS, delivery)
        return [_item(row) for row in rows]

    async def let_go(self, delivery: UUID) -> None:
        """Let what this digest took along go its own way again."""
        await self._connection.execute(
            "UPDATE deliveries SET state = 'waiting', digest = NULL, slot = NULL,"
            " due_at = clock_timestamp() WHERE digest = $1 AND state = 'gathered'",
            delivery,
        )

    async def finish_items(
        self, delivery: UUID, state: str, moot: Sequence[UUID], why: str, detail: str
    ) -> None:
        """Record what became of all that a digest told."""
        await self._connection.execute(_FINISH_ITEMS, delivery, state, list(moot), why, detail)


def published_of(row: Mapping[str, Any]) -> Choices:
    """What a member's own system said of it: whether mail at all, and anything else it knows."""
    layer = dict(row["published"])
    if "mail" not in row["channels"]:
        others = [channel for channel in PUSHED if channel != "mail"]
        layer["channels"] = dict.fromkeys(CONCERNS, others)
    return layer


def _named(reader: Reader) -> tuple[str, str, str, str]:
    scope = (reader.scope.kind, reader.scope.id) if reader.scope else ("", "")
    return (reader.party.kind, reader.party.id, *scope)


def _item(row: Mapping[str, Any]) -> DigestItem:
    return DigestItem(
        row["delivery_id"],
        row["recipient_kind"],
        restore(row["message"], row["content"]),
        row["created_at"],
        standing_of(row),
    )

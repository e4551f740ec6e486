"""The notifier's database in memory: deliveries and choices, as its ledger knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.notifier.domain.attempts import Delivered, Retry, Verdict
from services.notifier.domain.choices import NOTHING, Choices
from services.notifier.domain.messages import Message, Party
from services.notifier.domain.routing import Planned
from services.notifier.domain.standing import Standing
from services.notifier.use_cases.ports import Claimed, Report
from services.notifier.use_cases.reader_ports import DigestItem, Reader, Turn


@dataclass
class Row:
    """A delivery, as migrations/0007_preferences.sql has it."""

    planned: Planned
    message: Message
    need_id: str
    told_at: datetime
    due_at: datetime
    tried_from: datetime
    standing: Callable[[], Standing]
    state: str = "waiting"
    attempt: int = 0
    holds: int = 0
    slot: datetime | None = None
    digest: UUID | None = None
    began_at: datetime | None = None
    began_for: Reader | None = None
    finished_at: datetime | None = None
    detail: str = ""

    @property
    def id(self) -> UUID:
        """Of the delivery, and of its mail."""
        return self.planned.delivery_id

    @property
    def reader(self) -> Party:
        """Who reads it."""
        return self.planned.recipient.inbox


@dataclass
class Shelf:
    """Does what the statements of `adapters.postgres_readers` do. ``wake`` is called for each row
    that may be due at another time.
    """

    clock: Callable[[], datetime]
    wake: Callable[[Row], None]
    rows: dict[UUID, Row] = field(default_factory=dict)
    of_reader: defaultdict[Party, list[Row]] = field(default_factory=lambda: defaultdict(list))
    chosen: dict[Party, Choices] = field(default_factory=dict)

    def put(self, row: Row) -> None:
        """Store what was not planned before."""
        if row.id not in self.rows:
            self.rows[row.id] = row
            self.of_reader[row.reader].append(row)
            self.wake(row)

    async def hold_reader(self, reader: Reader) -> None:
        """Nobody else is here."""

    async def layers(self, reader: Reader) -> tuple[Choices, Choices]:
        """The hub's defaults, and what the reader chose."""
        return NOTHING, self.chosen.get(reader.party, NOTHING)

    async def choose(self, reader: Reader, chosen: Choices, now: datetime) -> None:
        """Store it, and ask anew what waits and has not begun."""
        self.chosen[reader.party] = chosen
        for row in self._open(reader.party):
            if row.began_at is None:
                row.due_at, row.slot = now, None
                self.wake(row)

    async def turn(self, delivery: UUID, attempt: int, reader: Reader, since: datetime) -> Turn:
        """What stands around a delivery."""
        row = self.rows[delivery]
        if row.state != "waiting" or row.attempt != attempt:
            return Turn(False)
        others = [one for one in self.of_reader[reader.party] if one is not row]
        begun = tuple(one.began_at for one in others if one.began_at and one.began_at >= since)
        slots = (
            one.slot
            for one in others
            if one.slot and one.state == "waiting" and one.began_at is None
        )
        return Turn(True, row.slot, row.digest is not None, begun, tuple(slots))

    async def begin(
        self, delivery: UUID, attempt: int, reader: Reader, now: datetime, *, digest: bool
    ) -> None:
        """Count it as begun."""
        row = self.rows[delivery]
        if row.attempt == attempt:
            row.began_at, row.began_for = now, reader
            row.digest = delivery if digest else None

    async def hold(
        self, delivery: UUID, attempt: int, wait_s: float, slot: datetime | None
    ) -> None:
        """Let it be asked again."""
        row = self.rows[delivery]
        if row.attempt == attempt:
            row.due_at = row.tried_from = self.clock() + timedelta(seconds=wait_s)
            row.slot, row.holds = slot, row.holds + 1

    async def gather(
        self, delivery: UUID, reader: Reader, now: datetime, *, anew: bool
    ) -> list[DigestItem]:
        """All that the digest tells, newest first."""
        for row in self._open(reader.party) if anew else ():
            if row.id != delivery and row.slot and row.slot <= now and row.began_at is None:
                row.state, row.digest, row.attempt = "gathered", delivery, row.attempt + 1
        told = [one for one in self.of_reader[reader.party] if one.digest == delivery]
        return [
            DigestItem(one.id, one.planned.recipient.kind, one.message, one.told_at, one.standing())
            for one in sorted(told, key=lambda one: (one.told_at, one.id), reverse=True)
            if one.state in ("waiting", "gathered")
        ]

    async def let_go(self, delivery: UUID) -> None:
        """Let what this digest took along go its own way again."""
        for row in self.of_reader[self.rows[delivery].reader]:
            if row.digest == delivery and row.state == "gathered":
                row.state, row.digest, row.slot = "waiting", None, None
                row.due_at = self.clock()
                self.wake(row)

    async def finish_items(
        self, delivery: UUID, state: str, moot: Sequence[UUID], why: str, detail: str
    ) -> None:
        """What became of all that a digest told."""
        for row in self.of_reader[self.rows[delivery].reader]:
            if row.digest == delivery and (row.state == "gathered" or row.id == delivery):
                is_moot = row.id in moot
                row.state, row.detail = ("failed", why) if is_moot else (state, detail)
                row.finished_at = self.clock()

    async def finish(self, claimed: Claimed, verdict: Verdict, now: datetime) -> bool:
        """Record a result."""
        row = self.rows[claimed.delivery_id]
        if row.state != "waiting" or row.attempt != claimed.attempt:
            return False
        if isinstance(verdict, Retry):
            row.due_at = verdict.at
        else:
            row.state = "delivered" if isinstance(verdict, Delivered) else "failed"
            row.finished_at = now
        return True

    async def report(self, reports: Sequence[Report], now: datetime) -> None:
        """Nobody reads it here."""

    def _open(self, party: Party) -> list[Row]:
        return [row for row in self.of_reader[party] if row.state == "waiting"]

"""A notifier whose clock is the test's: PostgreSQL, a real mail server, no broker.

What is due is judged by the database's clock, told as seconds from now; letting time pass is
therefore pulling the due times nearer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from zoneinfo import ZoneInfo

import asyncpg
from pydantic import BaseModel

from services.notifier.adapters.letters import LetterWriter
from services.notifier.adapters.postgres_ledger import PostgresLedger
from services.notifier.adapters.postgres_store import Store
from services.notifier.adapters.smtp import MailPost, SmtpPool
from services.notifier.adapters.smtp import MailServer as Server
from services.notifier.adapters.together import Together
from services.notifier.adapters.voice import voices
from services.notifier.domain.choices import NOTHING, Choices
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Party, Scope
from services.notifier.handlers.events import hear
from services.notifier.use_cases.passing import Held, Lost
from services.notifier.use_cases.ports import Claimed
from services.notifier.use_cases.preferences import Chosen, change
from services.notifier.use_cases.retell import hand_over
from services.notifier.use_cases.send import alone, deliver
from services.runtime.database import Database
from tests.flow.mail_server import MailServer

MOROCCO = ZoneInfo("Africa/Casablanca")
TUESDAY = datetime(2026, 11, 24, 10, tzinfo=MOROCCO)
LINK = ("https://hub.example/inbox/token", datetime(2027, 1, 1, tzinfo=MOROCCO))


@dataclass
class Office:
    """``now`` is the time; `run` sends all that is due, as often as anything is."""

    store: Store
    mail: MailServer
    directory: Directory
    now: datetime = TUESDAY
    results: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        writer = LetterWriter(
            *(voices(), self.directory, "mnc", "Jisr <hub@jisr.example>"),
            lambda *_: LINK,
            lambda _: "https://hub.example/unsubscribe/token",
        )
        self.pool = SmtpPool(Server("127.0.0.1", self.mail.port))
        self._send = partial(
            deliver,
            post=MailPost(writer, self.pool, self.clock),
            within=Together(self.store.gathering).within,
            clock=self.clock,
            random=lambda: 0.5,
            tree=self.directory.parents,
        )

    def clock(self) -> datetime:
        return self.now

    async def tell(self, *told: BaseModel) -> None:
        """Hear what came by Kafka in one batch."""
        async with self.store.transaction() as ledger:
            await hear(ledger, told, self.directory, "mnc", self.now)

    async def choose(
        self, party: Party, scope: Scope | None = None, /, **changes: object
    ) -> Chosen:
        """Change somebody's preferences."""
        async with self.store.transaction() as ledger:
            return await change(ledger, party, changes, self.now, scope)

    async def contact(self, kind: str, name: str, email: str) -> None:
        """Give somebody an address."""
        connection = await asyncpg.connect(self.store.database.dsn)
        await connection.execute(
            "INSERT INTO vault.contacts (kind, id, email) VALUES ($1, $2, $3)"
            " ON CONFLICT (kind, id) DO UPDATE SET email = EXCLUDED.email",
            *(kind, name, email),
        )
        await connection.close()

    async def erase(self, kind: str, name: str) -> None:
        """Take somebody's address away."""
        connection = await asyncpg.connect(self.store.database.dsn)
        await connection.execute(
            "DELETE FROM vault.contacts WHERE kind = $1 AND id = $2", kind, name
        )
        await connection.close()

    async def hand_over(self) -> None:
        """Let whoever holds an office now have what is for it."""
        async with self.store.transaction() as ledger:
            await hand_over(ledger, self.directory)

    async def pass_until(self, moment: datetime) -> None:
        """Let time pass, then send what is due."""
        passed = (moment - self.now).total_seconds()
        assert passed >= 0
        self.now = moment
        await self.store.database.pool.execute(
            "UPDATE deliveries SET due_at = due_at - make_interval(secs => $1),"
            " tried_from = tried_from - make_interval(secs => $1)",
            passed,
        )
        await self.run()

    async def pass_by(self, **time: float) -> None:
        """As `pass_until`, by so much."""
        await self.pass_until(self.now + timedelta(**time))

    async def claim(self) -> list[Claimed]:
        """What is due, held."""
        return await self.store.claim(50, 60)

    async def send(self, claimed: Iterable[Claimed]) -> None:
        """Send all of it at once, as the workers do."""
        found = await asyncio.gather(*map(self._send, claimed))
        self.results += [one for one in found if not isinstance(one, Lost)]

    async def send_and_die(self, claimed: Claimed) -> None:
        """Hand the mail over and die before that is recorded, as kill -9 does."""
        alive = [True]

        @asynccontextmanager
        async def dying() -> AsyncIterator[PostgresLedger]:
            if not alive:
                raise ConnectionError
            alive.clear()
            async with self.store.transaction() as ledger:
                yield ledger

        await self._send(claimed, within=alone(dying))

    async def run(self) -> None:
        """Send until nothing more is due."""
        while claimed := await self.claim():
            await self.send(claimed)

    async def held(self) -> int:
        """How often something was held so far."""
        return sum(isinstance(one, Held) for one in self.results)

    async def states(self) -> list[str]:
        """The states of all deliveries."""
        rows = await self.store.database.pool.fetch("SELECT state FROM deliveries ORDER BY 1")
        return [row["state"] for row in rows]

    def letters(self) -> list[EmailMessage]:
        """The mails that came since the last time."""
        came, self.mail.letters = self.mail.letters, []
        return came


@asynccontextmanager
async def open_office(database_url: str, defaults: Choices = NOTHING) -> AsyncIterator[Office]:
    """An office on the test's own database."""
    database = Database(database_url, "notifier")
    await database.start()
    mail = MailServer()
    await mail.start()
    office = Office(Store(database, defaults), mail, Directory())
    try:
        yield office
    finally:
        await office.pool.close()
        mail.stop()
        await database.stop()


def text_of(letter: EmailMessage) -> str:
    """The plain text of a mail."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())

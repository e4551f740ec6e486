"""Hands mails to the mail server over a few connections that are kept and used again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage

import aiosmtplib

from services.notifier.adapters.letters import LetterWriter
from services.notifier.domain.attempts import (
    Accepted,
    Deferred,
    Outcome,
    Refused,
    without_addresses,
)
from services.notifier.use_cases.ports import Claimed

logger = logging.getLogger(__name__)
_TIMEOUT_S = 30.0
_IDLE_S = 30.0


@dataclass
class _Connection:
    client: aiosmtplib.SMTP
    used_at: float = 0.0

    def is_fresh(self) -> bool:
        return self.client.is_connected and time.monotonic() - self.used_at < _IDLE_S


@dataclass
class SmtpPool:
    """At most ``size`` connections to one mail server; STARTTLS where the server offers it."""

    host: str
    port: int
    size: int = 4
    _idle: list[_Connection] = field(default_factory=list, init=False)
    _slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.size)

    async def send(self, letter: EmailMessage, sender: str, address: str) -> str:
        """The server's words for its 250. Raises what `aiosmtplib` raises."""
        async with self._connection() as client:
            _, reply = await client.send_message(letter, sender=sender, recipients=[address])
            return reply

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        async with self._slots:
            connection = self._kept() or await self._connect()
            try:
                yield connection.client
            except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused):
                # The client has reset the conversation (RSET); it can be used again.
                self._keep(connection)
                raise
            except BaseException:
                connection.client.close()
                raise
            self._keep(connection)

    def _keep(self, connection: _Connection) -> None:
        if connection.client.is_connected:
            connection.used_at = time.monotonic()
            self._idle.append(connection)

    def _kept(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_fresh():
                return connection
            connection.client.close()
        return None

    async def _connect(self) -> _Connection:
        client = aiosmtplib.SMTP(hostname=self.host, port=self.port, timeout=_TIMEOUT_S)
        await client.connect()
        return _Connection(client)

    async def close(self) -> None:
        """Say QUIT on every connection."""
        while self._idle:
            client = self._idle.pop().client
            try:
                await client.quit(timeout=2)
            except (aiosmtplib.SMTPException, OSError):
                client.close()


@dataclass(frozen=True)
class MailPost:
    """Writes and sends a mail; what the server does comes out as an `Outcome`."""

    writer: LetterWriter
    pool: SmtpPool
    clock: Callable[[], datetime]

    async def send(self, claimed: Claimed) -> Outcome:
        """See `use_cases.ports.Post`."""
        try:
            letter = self.writer.write(claimed, self.clock())
        except ValueError as error:
            return Refused(without_addresses(f"the mail cannot be written: {error}"))
        try:
            reply = await self._hand_over(letter, claimed.address or "")
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return outcome_of(error)
        return Accepted(without_addresses(reply))

    async def _hand_over(self, letter: EmailMessage, address: str) -> str:
        sender = self.writer.sender_address
        try:
            return await self.pool.send(letter, sender, address)
        except aiosmtplib.SMTPServerDisconnected:
            # The server closed a connection that we kept; a new one tells whether it is away.
            return await self.pool.send(letter, sender, address)


def outcome_of(error: BaseException) -> Outcome:
    """What a failed attempt means: only 5xx is for good (RFC 5321, section 4.2.1)."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Refused("the mail server takes no address of this kind")
    detail = without_addresses(str(error)) or type(error).__name__
    code = getattr(error, "code", None)
    if isinstance(code, int) and 500 <= code < 600 and not _about_the_server(error):
        return Refused(f"{code} {without_addresses(getattr(error, 'message', ''))}")
    return Deferred(detail)


def _about_the_server(error: BaseException) -> bool:
    """True for a 5xx that says nothing of this mail: the server serves nobody now."""
    return isinstance(error, aiosmtplib.SMTPConnectError | aiosmtplib.SMTPHeloError)

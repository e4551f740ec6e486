"""Hands mails to the mail server over a few connections that are kept and used again.

Retried is what may pass later: the server is away, says 4xx, or refuses us (a login, our sender)
rather than the mail. A 5xx about the recipient or the mail is for good (RFC 5321, section 4.2.1).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal
from uuid import UUID

import aiosmtplib

from services.notifier.adapters.letters import LetterWriter
from services.notifier.adapters.rfc5322 import Letter
from services.notifier.domain.attempts import (
    Accepted,
    Deferred,
    Outcome,
    Refused,
    without_addresses,
)
from services.notifier.use_cases.ports import Claimed
from services.runtime.exceptions import HubError

logger = logging.getLogger(__name__)
_TIMEOUT_S = 30.0
_IDLE_S = 30.0
_TOO_LARGE = 552
_UTF8 = ("SMTPUTF8", "BODY=8BITMIME")  # RFC 6531, section 3.4
# A login or TLS is asked for first (RFC 4954, section 6; RFC 3207, section 4).
_NOT_LET_IN = (530, 534, 535, 538)


class UnreadableAuthorities(HubError):
    """JISR_SMTP_CA_FILE is no PEM file with certificates that can be read"""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in, and how.

    ``tls``: "auto" takes STARTTLS where it is offered, "starttls" insists on it, "implicit" speaks
    TLS from the first byte (RFC 8314). ``verify``: the certificate must be good, and for ``host``;
    ``ca_file`` (PEM) names other authorities than the system's. With a ``user`` nothing is sent
    without TLS.
    """

    host: str
    port: int
    tls: Literal["auto", "starttls", "implicit", "none"] = "auto"
    verify: bool = True
    ca_file: Path | None = None
    user: str = ""
    password: str = field(default="", repr=False)

    def client(self, context: ssl.SSLContext | None) -> aiosmtplib.SMTP:
        """A client that is not connected yet; ``context`` is what `trust` gave."""
        start_tls = {"auto": True if self.user else None, "starttls": True}.get(self.tls, False)
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user or None,
            password=self.password or None,
            use_tls=self.tls == "implicit",
            start_tls=start_tls,
            tls_context=context,
            timeout=_TIMEOUT_S,
        )

    def trust(self) -> ssl.SSLContext | None:
        """Whom to believe that it is the server; None when nothing is encrypted. Reads files.

        Raises `UnreadableAuthorities`.
        """
        return None if self.tls == "none" else _trust(self.ca_file, self.verify)


@cache
def _trust(ca_file: Path | None, verify: bool) -> ssl.SSLContext:
    """Made once a process: to read all authorities of a system takes 50 ms."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise UnreadableAuthorities(f"{ca_file} ({error})") from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@dataclass
class _Connection:
    client: aiosmtplib.SMTP
    used_at: float = 0.0

    def is_fresh(self) -> bool:
        return self.client.is_connected and time.monotonic() - self.used_at < _IDLE_S


@dataclass
class SmtpPool:
    """At most ``size`` connections to one mail server."""

    server: MailServer
    size: int = 4
    _idle: list[_Connection] = field(default_factory=list, init=False)
    _slots: asyncio.Semaphore = field(init=False)
    _context: ssl.SSLContext | None = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.size)
        self._context = self.server.trust()

    async def send(self, letter: Letter, sender: str, address: str) -> str:
        """The server's words for its 250. Raises what `aiosmtplib` raises, and ValueError."""
        utf8 = not (sender + address).isascii()
        content, options = letter.as_bytes(utf8=utf8), _UTF8 if utf8 else ()
        async with self._connection() as client:
            _, reply = await client.sendmail(sender, [address], content, mail_options=options)
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
        client = self.server.client(self._context)
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
    """Writes and sends a mail; what the server does comes out as an `Outcome`.

    ``bounces``: the envelope's sender, to which servers on the way report what they could not
    deliver (RFC 5321, section 4.4); ``{id}`` in it becomes the delivery's id, so that a report
    names its mail. Empty: the address that the mail is from.
    """

    writer: LetterWriter
    pool: SmtpPool
    clock: Callable[[], datetime]
    bounces: str = ""

    async def send(self, claimed: Claimed) -> Outcome:
        """See `use_cases.ports.Post`."""
        try:
            letter = self.writer.write(claimed, self.clock())
            reply = await self._hand_over(letter, claimed)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return outcome_of(error)
        except ValueError as error:
            return Refused(without_addresses(f"the mail cannot be written: {error}"))
        return Accepted(without_addresses(reply))

    async def _hand_over(self, letter: Letter, claimed: Claimed) -> str:
        sender, address = self.envelope_sender(claimed.delivery_id), claimed.address or ""
        try:
            return await self.pool.send(letter, sender, address)
        except aiosmtplib.SMTPServerDisconnected:
            # The server closed a connection that we kept; a new one tells whether it is away.
            return await self.pool.send(letter, sender, address)

    def envelope_sender(self, delivery_id: UUID) -> str:
        """Whom the servers on the way tell that this mail cannot be delivered."""
        if not self.bounces:
            return self.writer.sender_address
        return self.bounces.replace("{id}", str(delivery_id))


def outcome_of(error: BaseException) -> Outcome:
    """What a failed attempt means for the mail."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Refused("the mail server takes no address of this kind")
    detail = without_addresses(str(error)) or type(error).__name__
    code = getattr(error, "code", None)
    if isinstance(code, int) and 500 <= code < 600 and not _about_us(error, code):
        return Refused(f"{code} {without_addresses(getattr(error, 'message', ''))}")
    return Deferred(detail)


def _about_us(error: BaseException, code: int) -> bool:
    """True for a 5xx that says nothing of this mail: the server serves nobody now, or not us.

    A refused login or sender is a setting to be mended; the mails wait for it. 552 answers the
    size that MAIL FROM names (RFC 1870), so it is about the mail.
    """
    match error:
        case aiosmtplib.SMTPConnectError() | aiosmtplib.SMTPHeloError():
            return True
        case aiosmtplib.SMTPAuthenticationError():
            return True
        case aiosmtplib.SMTPSenderRefused():
            return code != _TOO_LARGE
    return code in _NOT_LET_IN

"""A mail server on loopback."""

from __future__ import annotations

import asyncio
import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP


class MailServer:
    """An SMTP server on loopback that keeps what it takes. ``replies`` answers DATA in turn;
    ``refused`` says what it answers to single addresses, ``rcpt_reply`` to all.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.replies: list[str] = []
        self.rcpt_reply: str | None = None
        self.refused: dict[str, str] = {}
        self.connections = 0
        self.port = 0
        self.implicit_tls: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; again on the same port after a `stop`."""
        self._server = await asyncio.get_running_loop().create_server(
            self._protocol, "127.0.0.1", self.port, ssl=self.implicit_tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def _protocol(self) -> SMTP:
        self.connections += 1
        return SMTP(self, hostname="mail.test")

    def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.rcpt_reply is not None:
            return self.rcpt_reply.format(address=address)
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.replies:
            reply = self.replies.pop(0)
            if not reply.startswith("250"):
                return reply
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients += envelope.rcpt_tos
        return "250 taken"

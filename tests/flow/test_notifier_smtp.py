"""How a mail is handed in: encrypted as the settings say, and never a password in clear."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from pydantic import SecretStr, ValidationError

from services.notifier.adapters.letters import LetterWriter
from services.notifier.adapters.smtp import MailPost, SmtpPool, UnreadableAuthorities
from services.notifier.adapters.voice import voices
from services.notifier.app import mail_server
from services.notifier.domain.attempts import Accepted, Deferred, Outcome, Refused
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Recipient
from services.notifier.use_cases.ports import Claimed
from services.runtime.settings import Settings
from tests.flow.certificates import Certificate, make
from tests.flow.mail_server import MailServer
from tests.unit.notifier.messages import NOW, PROPOSAL

LOGIN: dict[str, Any] = {"smtp_user": "hub", "smtp_password": SecretStr("hunter2")}


class SecureServer(MailServer):
    """As `MailServer`, with TLS; notes which conversations were encrypted and who logged in."""

    def __init__(self, certificate: Certificate, *, implicit: bool = False, login: bool = False):
        super().__init__()
        self.context: ssl.SSLContext | None = None
        if implicit:
            self.implicit_tls = certificate.server_side()
        else:
            self.context = certificate.server_side()
        self.login = login
        self.encrypted: list[bool] = []
        self.senders: list[str] = []
        self.passwords: list[bytes] = []

    def _protocol(self) -> SMTP:
        self.connections += 1
        return SMTP(
            self,
            hostname="mail.test",
            tls_context=self.context,
            authenticator=self._check if self.login else None,
            auth_required=self.login,
            auth_require_tls=self.context is not None,
        )

    def _check(self, _server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> Any:
        assert isinstance(data, LoginPassword)
        self.passwords.append(data.password)
        return AuthResult(success=data.password == b"hunter2", handled=False)

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        self.encrypted.append(session.ssl is not None or self.implicit_tls is not None)
        self.senders.append(address)
        envelope.mail_from = address
        return "250 OK"


Server = TypeVar("Server", bound=MailServer)


@asynccontextmanager
async def listening(server: Server) -> AsyncIterator[Server]:
    await server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def of_somebody_else(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make(tmp_path_factory.mktemp("other"), "DNS:elsewhere.example")


async def hand_in(server: MailServer, address: str = "s@k.example", **settings: Any) -> Outcome:
    """What becomes of one mail under ``settings``."""
    chosen = Settings(_env_file=None, smtp_port=server.port, **settings)
    link = ("https://hub.example/inbox/token", NOW + timedelta(days=60))
    writer = LetterWriter(
        *(voices(), Directory(), "mnc", chosen.mail_from),
        lambda *_: link,
        lambda _: "https://hub.example/unsubscribe/token",
    )
    pool = SmtpPool(mail_server(chosen))
    claimed = Claimed(
        UUID(int=7), Recipient("member", "khlasspay"), PROPOSAL, 1, NOW, 1, address=address
    )
    try:
        return await MailPost(writer, pool, lambda: NOW, chosen.mail_bounces).send(claimed)
    finally:
        await pool.close()


@pytest.mark.parametrize(("tls", "implicit"), [("starttls", False), ("implicit", True)])
async def test_a_mail_goes_encrypted_and_logged_in(
    certificate: Certificate, tls: str, implicit: bool
) -> None:
    async with listening(SecureServer(certificate, implicit=implicit, login=True)) as server:
        outcome = await hand_in(server, smtp_tls=tls, smtp_ca_file=certificate.file, **LOGIN)
        assert isinstance(outcome, Accepted), outcome
        assert server.encrypted == [True]
        assert len(server.letters) == 1


async def test_starttls_is_taken_where_it_is_offered(certificate: Certificate) -> None:
    async with listening(SecureServer(certificate)) as server:
        assert isinstance(await hand_in(server, smtp_ca_file=certificate.file), Accepted)
        assert server.encrypted == [True]
    async with listening(MailServer()) as plain:
        assert isinstance(await hand_in(plain), Accepted)


@pytest.mark.parametrize("tls", ["auto", "starttls"])
async def test_a_server_without_tls_hears_no_password(certificate: Certificate, tls: str) -> None:
    server = SecureServer(certificate, login=True)
    server.context = None  # It offers no STARTTLS, and takes logins in clear.
    async with listening(server):
        outcome = await hand_in(server, smtp_tls=tls, **LOGIN)
        assert isinstance(outcome, Deferred)
        assert server.passwords == []
        assert server.letters == []


@pytest.mark.parametrize(("tls", "implicit"), [("starttls", False), ("implicit", True)])
async def test_nothing_is_said_to_a_server_with_a_bad_certificate(
    certificate: Certificate, of_somebody_else: Certificate, tls: str, implicit: bool
) -> None:
    async with listening(SecureServer(certificate, implicit=implicit, login=True)) as unknown:
        assert isinstance(await hand_in(unknown, smtp_tls=tls, **LOGIN), Deferred)
        assert (unknown.passwords, unknown.letters) == ([], [])
    wrong = SecureServer(of_somebody_else, implicit=implicit, login=True)
    async with listening(wrong):
        trusted: dict[str, Any] = {"smtp_tls": tls, "smtp_ca_file": of_somebody_else.file}
        assert isinstance(await hand_in(wrong, **trusted, **LOGIN), Deferred)
        assert (wrong.passwords, wrong.letters) == ([], [])
        unverified = await hand_in(wrong, **trusted, **LOGIN, smtp_verify=False)
        assert isinstance(unverified, Accepted)


async def test_a_wrong_password_makes_mails_wait_and_loses_none(certificate: Certificate) -> None:
    wrong: dict[str, Any] = {"smtp_user": "hub", "smtp_password": SecretStr("wrong")}
    async with listening(SecureServer(certificate, login=True)) as server:
        outcome = await hand_in(server, smtp_ca_file=certificate.file, **wrong)
        assert isinstance(outcome, Deferred)
        assert outcome.detail.startswith("(535")
        no_login = await hand_in(server, smtp_ca_file=certificate.file)
        assert isinstance(no_login, Deferred), "530: log in first"


async def test_reports_of_undeliverable_mails_go_where_the_setting_says(
    certificate: Certificate,
) -> None:
    async with listening(SecureServer(certificate)) as server:
        trusted: dict[str, Any] = {
            "smtp_ca_file": certificate.file,
            "mail_from": "Jisr <hub@jisr.example>",
        }
        await hand_in(server, **trusted)
        await hand_in(server, **trusted, mail_bounces="bounces+{id}@jisr.example")
        assert server.senders == ["hub@jisr.example", f"bounces+{UUID(int=7)}@jisr.example"]
        assert [letter["From"] for letter in server.letters] == [trusted["mail_from"]] * 2


async def test_a_sender_that_is_refused_is_no_fault_of_the_mail() -> None:
    class Picky(MailServer):
        reply = "550 5.7.1 we take nothing from you"

        async def handle_MAIL(self, *_: Any) -> str:  # noqa: N802
            return self.reply

    async with listening(Picky()) as server:
        assert isinstance(await hand_in(server), Deferred)
        server.reply = "552 5.3.4 too large"
        assert isinstance(await hand_in(server), Refused)


def test_a_login_needs_both_halves_and_tls() -> None:
    for bad in (
        {"smtp_user": "hub"},
        {"smtp_password": "hunter2"},
        {"smtp_user": "hub", "smtp_password": "hunter2", "smtp_tls": "none"},
        {"mail_bounces": "bounces"},
        {"mail_bounces": "b+{name}@jisr.example"},
        {"mail_bounces": "b@jisr.example\r\nRCPT TO:<x@y.example>"},
    ):
        with pytest.raises(ValidationError) as caught:
            Settings(_env_file=None, **bad)  # type: ignore[arg-type]
        assert "hunter2" not in str(caught.value)


def test_authorities_that_cannot_be_read_are_named_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "authorities.pem"
    for content in (None, "no certificate"):
        if content:
            file.write_text(content)
        server = mail_server(Settings(_env_file=None, smtp_ca_file=file))
        with pytest.raises(UnreadableAuthorities, match=r"authorities\.pem"):
            SmtpPool(server)

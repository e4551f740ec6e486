"""The mail that tells an owner that its endpoint was switched off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime, parseaddr
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from schemas.delivery import Delivery
from schemas.topics import DELIVERIES
from services.notifier.adapters.letters import mailbox
from services.notifier.adapters.rfc5322 import Letter, header_text
from services.notifier.adapters.sql_files import statement
from services.notifier.adapters.voice import HUB_ZONE, Voice
from services.notifier.domain.attempts import Delivered, Retry, Verdict
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import LOCALES, Locale, Party
from services.notifier.use_cases.reader_ports import Reader
from services.runtime import outbox
from services.runtime.database import Database

_CLAIM = statement("claim_owner_letters")
_FINISH = statement("finish_delivery")
_STATES: dict[type[Verdict], Any] = {Delivered: "delivered", Retry: "waiting"}
SUBJECT = "A webhook of yours was switched off"


@dataclass(frozen=True, slots=True)
class OwnerLetter:
    """One to send now. ``address`` and ``url`` are the owner's, read as it is claimed. ``reader``:
    whose address it is, by the hub's inboxes. ``holds``: claims that found it was to wait.
    ``zone``: the reader's clock.
    """

    delivery_id: UUID
    attempt: int
    planned_at: datetime
    owner_kind: str
    owner_id: str
    endpoint_id: str
    locale: Locale
    because: str
    since: datetime
    detail: str
    url: str = field(repr=False)
    address: str | None = field(repr=False)
    reader: Reader | None = None
    holds: int = 0
    zone: ZoneInfo = HUB_ZONE

    @property
    def tries(self) -> int:
        """How often it was tried, this time included."""
        return self.attempt - self.holds


@dataclass(frozen=True)
class OwnerLetterWriter:
    """Writes it; ``sender`` is the From header."""

    voices: Mapping[Locale, Voice]
    directory: Directory
    cluster: str
    sender: str

    def write(self, one: OwnerLetter, now: datetime) -> Letter:
        """The message to send now. Raises ValueError when the address is none."""
        voice = self.voices[one.locale]
        values = {
            "url": one.url,
            "because": one.because,
            "since": one.since,
            "detail": one.detail,
            "endpoint_id": one.endpoint_id,
            "is_system": one.owner_kind == "source",
            "cluster": self.directory.label("cluster", self.cluster, one.locale),
            "zone": one.zone,
        }
        domain = parseaddr(self.sender)[1].rpartition("@")[2]
        headers = (
            ("From", mailbox(*parseaddr(self.sender))),
            ("To", mailbox("", one.address or "")),
            ("Subject", header_text(voice.translations.ugettext(SUBJECT))),
            ("Date", format_datetime(now)),
            ("Message-ID", f"<{one.delivery_id}@{domain}>"),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
            ("Content-Language", one.locale),
        )
        text = voice.text.get_template("mail/endpoint-off.txt").render(values)
        html = voice.html.get_template("mail/endpoint-off.html").render(values)
        return Letter(headers, text, html)


class OwnerLetters:
    """Claims and results of them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def claim(self, limit: int, lease_s: float) -> list[OwnerLetter]:
        """Up to ``limit`` that are due, held for ``lease_s`` seconds."""
        return [_letter(row) for row in await self.database.pool.fetch(_CLAIM, limit, lease_s)]

    async def finish(self, one: OwnerLetter, verdict: Verdict, now: datetime) -> None:
        """Record a result with its event, unless a later attempt has taken it over."""
        wait_s = (verdict.at - now).total_seconds() if isinstance(verdict, Retry) else None
        state = _STATES.get(type(verdict), "failed" if one.address else "undeliverable")
        async with self.database.transaction() as connection:
            found = await connection.fetchval(
                _FINISH, one.delivery_id, one.attempt, state, verdict.detail, wait_s
            )
            if found is not None:
                kind = "jisr.delivery.attempted"
                event = outbox.Outgoing(DELIVERIES, one.owner_id, kind, _event(one, verdict, now))
                await outbox.put(connection, "/jisr/notifier", [event])


def _letter(row: Mapping[str, Any]) -> OwnerLetter:
    content = row["content"]
    locale = next((one for one in LOCALES if one == row["locale"]), LOCALES[0])
    return OwnerLetter(
        row["delivery_id"],
        row["attempt"],
        row["created_at"],
        row["recipient_kind"],
        row["recipient_id"],
        row["endpoint_id"],
        locale,
        content["because"],
        datetime.fromisoformat(content["since"]),
        row["last_failure"],
        row["url"],
        row["address"],
        Reader(Party(row["reader_kind"], row["reader_id"])) if row["reader_kind"] else None,
        row["holds"],
    )


def _event(one: OwnerLetter, verdict: Verdict, now: datetime) -> Delivery:
    states = {Delivered: "delivered", Retry: "retrying"}
    return Delivery.model_validate(
        {
            "delivery_id": str(one.delivery_id),
            "recipient_kind": one.owner_kind,
            "recipient_id": one.owner_id,
            "channel": "mail",
            "endpoint_id": one.endpoint_id,
            "message": "endpoint-off",
            "locale": one.locale,
            "state": states.get(type(verdict), "failed"),
            "attempt": one.tries,
            "detail": verdict.detail,
            "at": now,
        }
    )

"""The mail itself: one RFC 5322 message in two forms, plain text and HTML.

Message-ID is made of the delivery's id, so that a mail sent twice is the same mail (RFC 5322,
3.6.4); References and In-Reply-To name the thread of the need, so that all mails about one
demand stand together; Auto-Submitted keeps vacation responders quiet (RFC 3834, section 5), and
X-Auto-Response-Suppress those of Exchange, which do not read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.utils import format_datetime, parseaddr
from functools import cached_property
from zoneinfo import ZoneInfo

from services.notifier.adapters.digests import DigestView, digest_view
from services.notifier.adapters.rfc5322 import Letter, header_text
from services.notifier.adapters.views import Reading, View, view
from services.notifier.adapters.voice import Voice
from services.notifier.domain.concerns import CONCERN, Concern
from services.notifier.domain.directory import Directory
from services.notifier.domain.identity import kind_of, thread_id
from services.notifier.domain.messages import Locale, Notice
from services.notifier.domain.text import excerpt, one_line
from services.notifier.use_cases.ports import Claimed

_SUBJECT_TITLE = 70

LinkTo = Callable[[Claimed, datetime], tuple[str, datetime]]
UnsubscribeAt = Callable[[Claimed], str]


def mailbox(name: str, address: str) -> Address:
    """``address`` with a display name that cannot end its header. Raises ValueError."""
    return Address(header_text(one_line(name)), addr_spec=address)


@dataclass(frozen=True)
class LetterWriter:
    """Writes the mail of a delivery.

    ``link_to`` gives a recipient's inbox link and when it expires; ``unsubscribe_at`` the address
    that ends mails of this kind. ``sender`` is the From header; its domain is that of the
    Message-IDs.
    """

    voices: dict[Locale, Voice]
    directory: Directory
    cluster: str
    sender: str
    link_to: LinkTo
    unsubscribe_at: UnsubscribeAt

    @property
    def sender_address(self) -> str:
        """The envelope's sender, to which the servers on the way report failures."""
        return parseaddr(self.sender)[1]

    def write(self, claimed: Claimed, now: datetime) -> Letter:
        """The message to send now. Raises ValueError when the address is none."""
        recipient = claimed.recipient
        voice = self.voices[recipient.locale]
        name = claimed.contact_name or recipient.name
        link, expires_at = self.link_to(claimed, now)
        template, shown = self._shown(claimed)
        unsubscribe = self.unsubscribe_at(claimed)
        values = {
            "view": shown,
            "name": one_line(name),
            "recipient": recipient,
            "link": link,
            "preferences": preferences_link(link),
            "unsubscribe": unsubscribe,
            "expires_at": expires_at,
            "cluster": self.directory.label("cluster", self.cluster, recipient.locale),
            "zone": claimed.zone,
        }
        headers: tuple[tuple[str, str | Address], ...] = (
            ("From", self._from),
            ("To", mailbox(name, claimed.address or "")),
            ("Subject", header_text(_subject(voice, shown, claimed.zone))),
            ("Date", format_datetime(now)),
            *self._thread(claimed),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
            *self._let_go(claimed, unsubscribe),
            ("Content-Language", recipient.locale),
        )
        text = voice.text.get_template(f"{template}.txt").render(values)
        html = voice.html.get_template(f"{template}.html").render(values)
        return Letter(headers, text, html)

    @cached_property
    def _from(self) -> Address:
        return mailbox(*parseaddr(self.sender))

    def _shown(self, claimed: Claimed) -> tuple[str, View | DigestView]:
        """The template, and what it shows."""
        message, recipient = claimed.message, claimed.recipient
        if claimed.items:
            return "mail/digest", digest_view(claimed, self.directory, recipient.locale)
        reading = Reading(message, claimed.standing, recipient.inbox, claimed.cards)
        template = "mail/notice" if isinstance(message, Notice) else f"mail/{kind_of(message)}"
        return template, view(reading, self.directory, recipient.locale)

    def _thread(self, claimed: Claimed) -> Iterator[tuple[str, str]]:
        domain = self.sender_address.rpartition("@")[2]
        yield "Message-ID", f"<{claimed.delivery_id}@{domain}>"
        if claimed.items:
            return  # It is about many needs, and belongs to no thread.
        thread = f"<{thread_id(claimed.message.need.id)}@{domain}>"
        yield "In-Reply-To", thread
        yield "References", thread

    def _let_go(self, claimed: Claimed, address: str) -> Iterator[tuple[str, str]]:
        """How to get no more mails of this kind: each kind is a list of its own (RFC 2919, 2369),
        and one click is enough (RFC 8058, which asks for https).
        """
        domain = self.sender_address.rpartition("@")[2]
        yield "List-Id", f"<{concern_of(claimed) or 'digest'}.{domain}>"
        yield "List-Unsubscribe", f"<{address}>"
        if address.startswith("https:"):
            yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def concern_of(claimed: Claimed) -> Concern | None:
    """What a mail is about; None for a digest, which is about everything."""
    return None if claimed.items else CONCERN[kind_of(claimed.message)]


def preferences_link(link: str) -> str:
    """The page on which the reader of an inbox ``link`` chooses how it is told."""
    path, mark, query = link.partition("?")
    return f"{path}/preferences{mark}{query}"


def _subject(voice: Voice, shown: View | DigestView, zone: ZoneInfo) -> str:
    if not isinstance(shown, DigestView):
        return voice.phrase(shown.subject, zone)
    values = {"view": shown, "title": excerpt(shown.about.title, _SUBJECT_TITLE)}
    return voice.text.get_template("mail/digest-subject.txt").render(values)

"""Names that come out the same whenever the same thing is told again (design, I2).

RFC 9562 version 5 UUIDs: a repeated event, a retry and a second process all find the row and
the Message-ID that the first one made.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from services.notifier.domain.messages import (
    AmbassadorNote,
    Channel,
    Message,
    MessageKind,
    Party,
    Recipient,
)

_JISR = UUID("6b1f6f0e-5d0a-5c53-9a77-6a6973720001")


def _name(*parts: object) -> UUID:
    return uuid5(_JISR, "\x1f".join(map(str, parts)))


def kind_of(message: Message) -> MessageKind:
    """What kind of message this is."""
    return "ambassador-note" if isinstance(message, AmbassadorNote) else "proposal"


def subject_of(message: Message) -> str:
    """What a recipient is told about once: a match, or one outcome of one wave of a demand."""
    if isinstance(message, AmbassadorNote):
        need = message.need
        return "\x1f".join((need.id, str(need.version), str(message.wave), message.outcome))
    return message.match_id


def delivery_id(message: Message, recipient: Recipient, channel: Channel) -> UUID:
    """The one id of telling ``recipient`` this by ``channel``, on every retry."""
    kind = kind_of(message)
    return _name("delivery", subject_of(message), recipient.kind, recipient.id, channel, kind)


def entry_id(message: Message, inbox: Party) -> UUID:
    """The one id of the entry about this in ``inbox``."""
    return _name("entry", subject_of(message), inbox.kind, inbox.id, kind_of(message))


def response_id(match_id: str, by: Party) -> UUID:
    """The one id of an answer: whoever was asked answers once."""
    return _name("response", match_id, by.kind, by.id)


def thread_id(need_id: str) -> UUID:
    """The id of the thread that all mails about one need belong to."""
    return _name("thread", need_id)

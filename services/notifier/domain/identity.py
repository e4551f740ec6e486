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
    Notice,
    Party,
    Recipient,
)

_JISR = UUID("6b1f6f0e-5d0a-5c53-9a77-6a6973720001")


def _name(*parts: object) -> UUID:
    return uuid5(_JISR, "\x1f".join(map(str, parts)))


def kind_of(message: Message) -> MessageKind:
    """What kind of message this is."""
    match message:
        case AmbassadorNote():
            return "ambassador-note"
        case Notice():
            return message.kind
    return "proposal"


def subject_of(message: Message) -> str:
    """What a recipient is told about once: a match, one outcome of one wave of a demand, or what
    the matcher raised a notice about.
    """
    match message:
        case AmbassadorNote(need=need):
            return "\x1f".join((need.id, str(need.version), str(message.wave), message.outcome))
        case Notice():
            return message.notice_id
    return message.match_id


def delivery_id(message: Message, recipient: Recipient, channel: Channel) -> UUID:
    """The one id of telling ``recipient`` this by ``channel``, on every retry."""
    kind = kind_of(message)
    return _name("delivery", subject_of(message), recipient.kind, recipient.id, channel, kind)


def entry_id(message: Message, inbox: Party) -> UUID:
    """The one id of the entry about this in ``inbox``; that of a note or a notice names no inbox,
    since it may move with the office of the ambassador.
    """
    match message:
        case AmbassadorNote():
            return _name(
                "entry", subject_of(message), "office", message.need.city, "ambassador-note"
            )
        case Notice():
            return _name("entry", subject_of(message), message.to.kind, message.to.id, message.kind)
    return _name("entry", subject_of(message), inbox.kind, inbox.id, "proposal")


def response_id(match_id: str, by: Party) -> UUID:
    """The one id of an accept or a decline: whoever is asked answers once."""
    return _name("response", match_id, by.kind, by.id)


def saying_id(act: str, about: str, by: Party, words: str = "") -> UUID:
    """The one id of anything else that somebody says on its page: an ``act`` about a match, a need
    or a notice. ``words`` tells two questions apart; the same one sent twice is one.
    """
    return _name("said", act, about, by.kind, by.id, words)


def reply_id(question_id: str) -> UUID:
    """The one id of the answer to a question: whoever answers first has answered it."""
    return _name("said", "reply", question_id)


def thread_id(need_id: str) -> UUID:
    """The id of the thread that all mails about one need belong to."""
    return _name("thread", need_id)


def hook_id(*subject: str) -> UUID:
    """The one id of saying this to an endpoint, on every retry and replay: its ``webhook-id``."""
    return _name("hook", *subject)

"""The two sides of a match, and who stands on which."""

from __future__ import annotations

from services.notifier.domain.messages import (
    AmbassadorNote,
    Message,
    Party,
    Proposal,
    Said,
    Side,
    match_of,
)


def asked_first(match: Proposal) -> Side:
    """The side that a proposal goes to: the supply's for a demand, the need's for an interest."""
    return "need" if match.need.kind == "interest" else "supply"


def other(side: Side) -> Side:
    """The other of the two."""
    return "supply" if side == "need" else "need"


def side_of(match: Proposal, party: Party) -> Side | None:
    """Where ``party`` stands in ``match``; None for whoever is not concerned."""
    if party == match.recipient.inbox:
        return asked_first(match)
    if party == match.need.owner:
        return "need"
    return "supply" if party == match.supply.owner else None


def reader_side(message: Message, reader: Party) -> Side:
    """As what ``reader`` reads ``message``: its asker (``need``), or who may answer it."""
    if isinstance(message, AmbassadorNote):
        return "supply"
    match = match_of(message)
    side = side_of(match, reader) if match else None
    return side or ("need" if reader == message.need.owner else "supply")


def owner_of(match: Proposal, side: Side) -> Party:
    """Who stands behind ``side``."""
    return match.need.owner if side == "need" else match.supply.owner


def last_word(match: Proposal, side: Side) -> Said | None:
    """What ``side`` said last, as the matcher has it."""
    return match.need_said if side == "need" else match.supply_said

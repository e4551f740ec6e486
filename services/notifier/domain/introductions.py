"""Whom somebody is introduced to, and what of the contact data it may see.

The data itself is read from the vault when a page is shown or a mail is written, and is kept
nowhere else (design, I6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.notifier.domain.messages import Message, Notice, Party, Proposal, Side
from services.notifier.domain.sides import asked_first, other, owner_of, side_of
from services.notifier.domain.standing import Standing

Place = tuple[str, str]
"""Kind and id of a row of the vault."""


@dataclass(frozen=True, slots=True)
class VaultCard:
    """One row of the vault."""

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    office_email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """What a row of the vault has, without saying it: a way to a person, and an office's."""

    person: bool
    office: bool


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The other side. ``places``: where its contact data is, the most particular first.

    ``whole``: its person may be named too; without, the organisation's own address at most.
    """

    owner: Party
    places: tuple[Place, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """What is shown. ``kind``: all there is, the organisation alone, or nothing (the ambassador
    then puts both in touch).
    """

    kind: Literal["person", "office", "none"]
    organisation: str
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


def introduced_to(standing: Standing, reader: Party) -> Counterpart | None:
    """Whom ``reader`` is introduced to; None as long as not both sides have accepted.

    The one gate to the vault: what this does not name is not read (design, I6). It opens for both
    sides at once, since both see the same newest state of the match.
    """
    match = standing.match
    side = side_of(match, reader) if match else None
    if match is None or side is None or match.state != "introduced":
        return None
    return counterpart(match, side, owner_of(match, other(side)).id in standing.consents)


def shown_of(standing: Standing, reader: Party) -> Counterpart | None:
    """What an introduction would tell the other side of ``reader``; None where there is none to
    come, nor was one.
    """
    match = standing.match
    side = side_of(match, reader) if match else None
    if match is None or side is None or match.state not in ("proposed", "accepted", "introduced"):
        return None
    return counterpart(match, other(side), owner_of(match, side).id in standing.consents)


def can_be_reached(found: Counterpart, holds: Mapping[Place, Held]) -> bool:
    """Whether the vault ``holds`` something of ``found`` that the other side may see."""
    held = [holds[place] for place in found.places if place in holds]
    return any(one.office or (one.person and found.whole) for one in held)


def tells_contact(message: Message) -> bool:
    """True for the one kind of mail that says whom to talk to."""
    return isinstance(message, Notice) and message.kind == "introduced"


def counterpart(match: Proposal, side: Side, consents: bool) -> Counterpart:
    """Whom the reader on ``side`` of ``match`` is introduced to.

    ``consents``: the counterpart, a member, lets its data cross a border, which the hub's policy
    may not let it all the same; what a city or a committee gives for its demands and offers is
    meant for whoever answers them, anywhere.
    """
    theirs = other(side)
    owner = owner_of(match, theirs)
    places: list[Place] = []
    if theirs == "need" and match.need.kind == "demand":
        places.append(("demand", match.need.id))
    if theirs == "supply" and match.supply.kind == "offer":
        places.append(("offer", match.supply.id))
    places.append((owner.kind, owner.id))
    allowed = consents and match.across_border == "contact"
    whole = not match.crosses_border or owner.kind != "member" or allowed
    return Counterpart(owner, tuple(places), whole)


def to_show(found: Counterpart, cards: Mapping[Place, VaultCard], organisation: str) -> Contact:
    """What the reader sees of ``found``; the first place that has something decides."""
    held = [cards[place] for place in found.places if place in cards]
    if found.whole:
        for card in held:
            if card.email or card.phone:
                return Contact(
                    "person", organisation, card.name or "", card.email or "", card.phone or ""
                )
    for card in held:
        if card.office_email:
            return Contact("office", organisation, "", card.office_email)
    return Contact("none", organisation)


def organisation_of(match: Proposal, side: Side, names: Mapping[Party, str]) -> str | None:
    """What ``side`` is called, as far as the match and ``names`` (of members) tell; None when only
    the directory may know.
    """
    owner = owner_of(match, side)
    if side == "supply" and match.supply.kind == "member":
        return match.supply.title
    if side == asked_first(match) and match.recipient.inbox == owner and match.recipient.name:
        return match.recipient.name
    if side == "need" and match.need.structure:
        return match.need.structure
    return names.get(owner) or None

"""How a matter stands at the moment of showing it, and what its reader can say about it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from services.notifier.domain.answers import Act
from services.notifier.domain.exceptions import AlreadyAnswered, ProposalClosed
from services.notifier.domain.messages import (
    Message,
    Notice,
    Party,
    Proposal,
    Reply,
    is_to_office,
    question_of,
)
from services.notifier.domain.sides import asked_first, last_word, side_of

ENDED = frozenset({"fulfilled", "withdrawn", "expired"})
SETTLED = ENDED | {"introduced"}
"""States of a need in which nobody more is looked for, or asked to hurry."""
MOST_QUESTIONS = 3
_NOTHING: frozenset[Act] = frozenset()


@dataclass(frozen=True, slots=True)
class NeedState:
    """The need as the matcher told it last; ``state`` as in the design, section 6, and empty while
    it has told nothing. ``reach``: of the ``wave``, which is one of ``waves``; ``introduced`` of
    those ``wanted`` are in touch with the asker.
    """

    state: str = ""
    wave: int = 1
    extended: bool = False
    archived: bool = False
    expires_at: datetime | None = None
    waves: int = 1
    reach: Literal["own", "national", "international"] = "own"
    wanted: int = 1
    introduced: int = 0


@dataclass(frozen=True, slots=True)
class Saying:
    """Something that the reader said on its page, perhaps not known to the matcher yet.

    ``about``: the id of the match, need or notice. ``words``: what it wrote, without contacts.
    """

    act: Act
    about: str
    at: datetime
    words: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand: the match and the need in their newest state, what the reader has said,
    and the names of the members concerned. ``other_title``: of the demand that says the same.
    ``reply``: to the question that was told, once somebody answered it.
    """

    match: Proposal | None = None
    need: NeedState = NeedState()
    said: tuple[Saying, ...] = ()
    names: Mapping[Party, str] = field(default_factory=dict)
    consents: frozenset[str] = frozenset()
    other_title: str = ""
    reply: Reply | None = None

    def sayings(self, *acts: Act) -> list[Saying]:
        """What was said by any of ``acts``, newest last."""
        return sorted((one for one in self.said if one.act in acts), key=lambda one: one.at)


def about(act: Act, message: Message) -> str:
    """The id of what ``act`` is about: it is said once of each."""
    match act:
        case "extend":
            return message.need.id
        case "confirm":
            return message.notice_id if isinstance(message, Notice) else message.need.id
        case "reply" if question := question_of(message):
            return question.id
    found = message.match if isinstance(message, Notice) else message
    return found.match_id if isinstance(found, Proposal) else message.need.id


def open_acts(message: Message, standing: Standing, reader: Party, now: datetime) -> frozenset[Act]:
    """What ``reader`` can say now, on the entry of ``message``."""
    if is_to_office(message):
        return _of_ambassador(message, standing, reader, now)
    acts = set(_of_side(standing, reader))
    if isinstance(message, Notice):
        if message.kind in ("outcome-asked", "outcome-reminder"):
            acts |= _outcome(standing, reader)
        if message.kind == "expiry-near" and _can_extend(standing):
            acts.add("extend")
        if _can_reply(message, standing, reader):
            acts.add("reply")
    return frozenset(acts)


def must_be_open(
    act: Act, message: Message, standing: Standing, reader: Party, now: datetime
) -> None:
    """Raise `AlreadyAnswered` or `ProposalClosed` when ``act`` comes too late."""
    if act in open_acts(message, standing, reader, now):
        return
    if any(one.about == about(act, message) for one in standing.sayings(*_same(act))):
        raise AlreadyAnswered
    if act == "reply" and is_answered(standing):
        raise AlreadyAnswered
    match = standing.match
    if match and act in ("accept", "decline") and has_answered(standing, reader):
        raise AlreadyAnswered
    raise ProposalClosed


def _same(act: Act) -> tuple[Act, ...]:
    """The acts that only one of can be done."""
    return ("accept", "decline") if act in ("accept", "decline") else (act,)


def has_answered(standing: Standing, reader: Party) -> bool:
    """True when ``reader`` has accepted or declined, here or by another door."""
    match = standing.match
    side = side_of(match, reader) if match else None
    if match is None or side is None:
        return False
    if standing.sayings("accept", "decline") or last_word(match, side):
        return True
    return side == asked_first(match) and match.state in ("accepted", "declined", "introduced")


def _of_side(standing: Standing, reader: Party) -> frozenset[Act]:
    match = standing.match
    side = side_of(match, reader) if match else None
    if match is None or side is None:
        return _NOTHING
    awaited = asked_first(match) if match.state == "proposed" else None
    if match.state == "accepted":
        awaited = "supply" if asked_first(match) == "need" else "need"
    if awaited is None:
        return _NOTHING
    if side == awaited and not has_answered(standing, reader):
        return _answers(standing, match, side)
    return _NOTHING if _has_withdrawn(standing, match, side) else _withdrawal(standing, match, side)


def _answers(standing: Standing, match: Proposal, side: str) -> frozenset[Act]:
    # A question goes through the ambassador of the need's city, so there must be one.
    asks = side == "supply" and match.need.city is not None
    if asks and len(standing.sayings("question")) < MOST_QUESTIONS:
        return frozenset({"accept", "decline", "question"})
    return frozenset({"accept", "decline"})


def _has_withdrawn(standing: Standing, match: Proposal, side: str) -> bool:
    word = match.need_said if side == "need" else match.supply_said
    return bool(standing.sayings("withdraw")) or (word is not None and word.answer == "withdraw")


def _withdrawal(standing: Standing, match: Proposal, side: str) -> frozenset[Act]:
    word = match.need_said if side == "need" else match.supply_said
    accepted = bool(standing.sayings("accept")) or (word is not None and word.answer == "accept")
    first = side == asked_first(match) and match.state == "accepted"
    return frozenset({"withdraw"}) if accepted or first else _NOTHING


def _outcome(standing: Standing, reader: Party) -> frozenset[Act]:
    match = standing.match
    side = side_of(match, reader) if match else None
    if match is None or side is None or match.state != "introduced":
        return _NOTHING
    if side in match.told_outcome or standing.sayings("outcome"):
        return _NOTHING
    return frozenset({"outcome"})


def _can_extend(standing: Standing) -> bool:
    need = standing.need
    return need.state not in ENDED and not need.extended and not standing.sayings("extend")


def _of_ambassador(
    message: Message, standing: Standing, reader: Party, now: datetime
) -> frozenset[Act]:
    if _can_reply(message, standing, reader):
        return frozenset({"reply"})
    if isinstance(message, Notice) and message.kind == "lead":
        return _of_lead(message, standing)
    if not isinstance(message, Notice) or message.kind != "confirmation-asked":
        return _NOTHING
    over = message.until is not None and message.until <= now
    moved_on = message.wave is not None and standing.need.wave > message.wave
    if over or moved_on or standing.need.state in ENDED or standing.sayings("confirm"):
        return _NOTHING
    return frozenset({"confirm"})


def is_answered(standing: Standing) -> bool:
    """True when the question that was told has its answer, from whomever."""
    return standing.reply is not None or bool(standing.sayings("reply"))


def _can_reply(message: Message, standing: Standing, reader: Party) -> bool:
    """Whether who asked still waits, and ``reader`` is somebody else."""
    question, match = question_of(message), standing.match
    if question is None or match is None or question.by == reader or is_answered(standing):
        return False
    return match.state in ("proposed", "accepted")


def _of_lead(message: Notice, standing: Standing) -> frozenset[Act]:
    """What came of it, which the ambassador says for its city, once."""
    match = standing.match or message.match
    told = match is None or "need" in match.told_outcome
    return _NOTHING if told or standing.sayings("outcome") else frozenset({"outcome"})


def is_pointless(message: Message, standing: Standing, reader: Party, now: datetime) -> bool:
    """True when what a mail would ask for was done, or can be done no longer."""
    acts = open_acts(message, standing, reader, now)
    match message:
        case Proposal():
            return "accept" not in acts
        case Notice(kind="reminder" | "answer-asked"):
            return "accept" not in acts
        case Notice(kind="introduced"):
            return standing.match is None or standing.match.state != "introduced"
        case Notice(kind="outcome-asked" | "outcome-reminder"):
            return "outcome" not in acts
        case Notice(kind="expiry-near"):
            return "extend" not in acts
        case Notice(kind="confirmation-asked"):
            return "confirm" not in acts
        case Notice(kind="question", reply=None):
            return is_answered(standing)
        case Notice(kind="lead"):
            ended = standing.match is not None and standing.match.state == "superseded"
            return ended or "outcome" not in acts
    return False

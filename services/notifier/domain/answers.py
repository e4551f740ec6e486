"""When an answer counts: once, in time, and with a reason when it is a no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from services.notifier.domain.blanking import without_contacts
from services.notifier.domain.exceptions import AlreadyAnswered, BadAnswer, ProposalClosed
from services.notifier.domain.messages import MatchState

DeclineReason = Literal["too-busy", "not-my-field", "conflict-of-interest", "terms", "other"]
DECLINE_REASONS: tuple[DeclineReason, ...] = get_args(DeclineReason)
LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered. ``reason`` is set for a decline, ``text`` (characters) is free."""

    answer: Literal["accept", "decline"]
    reason: DeclineReason | None = None
    text: str = ""


def read_answer(answer: str, reason: str, text: str) -> Answer:
    """The answer that a form's fields mean; its text without addresses and telephone numbers.

    Raises `BadAnswer`.
    """
    printable = "".join(c for c in text.strip() if c.isprintable() or c == "\n")
    kept = without_contacts(printable)[:LONGEST_TEXT]
    if answer == "accept":
        return Answer("accept", None, "")
    if answer == "decline":
        for known in DECLINE_REASONS:
            if reason == known:
                return Answer("decline", known, kept)
    raise BadAnswer


def must_be_open(state: MatchState, answered: bool) -> None:
    """Raise `AlreadyAnswered` or `ProposalClosed` when it is too late for an answer."""
    if answered or state in ("accepted", "declined", "introduced"):
        raise AlreadyAnswered
    if state != "proposed":
        raise ProposalClosed

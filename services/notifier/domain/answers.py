"""What somebody can say on its page, and how a form's fields are read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from services.notifier.domain.blanking import without_contacts
from services.notifier.domain.exceptions import BadAnswer, IncompleteForm

Act = Literal["accept", "decline", "withdraw", "question", "reply", "outcome", "extend", "confirm"]
DeclineReason = Literal["too-busy", "not-my-field", "conflict-of-interest", "terms", "other"]
DECLINE_REASONS: tuple[DeclineReason, ...] = get_args(DeclineReason)
OutcomeKind = Literal["met", "contract", "nothing"]
OUTCOMES: tuple[OutcomeKind, ...] = get_args(OutcomeKind)
RATINGS = range(6)
LONGEST_TEXT = 500
LONGEST_QUESTION = 2000
"""Characters, of an answer to a question too."""
MOST_SUPPLIES = 100
MOST_FIELDS = 500
"""A choice mutes up to 200 cities and 200 fields, and has some sixty fields besides; a confirmation
has two for each candidate.
"""
LONGEST_FORM = 64 * 1024
"""Bytes. A question of 2,000 characters takes up to 24 kB as a form sends it; a confirmation of
100 candidates with the longest names up to 50 kB.
"""
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,119}")

Fields = Mapping[str, Sequence[str]]
"""A form as it came: each name with its values."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer about a match. ``reason`` is set for a decline; ``text`` (characters) is free."""

    act: Literal["accept", "decline", "withdraw"]
    reason: DeclineReason | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an introduction; ``rating`` 0-5, 5 is best."""

    outcome: OutcomeKind
    rating: int | None = None
    act: Literal["outcome"] = "outcome"


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask through the ambassador."""

    text: str
    act: Literal["question"] = "question"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to somebody's question."""

    text: str
    act: Literal["reply"] = "reply"


@dataclass(frozen=True, slots=True)
class Extension:
    """A wish for more time."""

    act: Literal["extend"] = "extend"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An ambassador's word on the candidates; each is the id of a supply."""

    struck: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    act: Literal["confirm"] = "confirm"


Given: TypeAlias = Answer | Outcome | Question | Reply | Extension | Confirmation


def read_given(fields: Fields) -> Given:
    """What the form's ``fields`` say; free text comes out without addresses and numbers.

    Raises `BadAnswer` for a decline without a reason, `IncompleteForm` for anything else.
    """
    match _one(fields, "answer"):
        case "accept":
            return Answer("accept")
        case "withdraw":
            return Answer("withdraw", None, _free(fields, LONGEST_TEXT))
        case "decline":
            return _decline(fields)
        case "question":
            return Question(_told(fields))
        case "reply":
            return Reply(_told(fields))
        case "outcome":
            return _outcome(fields)
        case "extend":
            return Extension()
        case "confirm":
            return _confirmation(fields)
    raise IncompleteForm


def _one(fields: Fields, name: str) -> str:
    values = fields.get(name) or ("",)
    return values[0]


def _free(fields: Fields, limit: int) -> str:
    text = _one(fields, "text").strip()
    printable = "".join(c for c in text if c.isprintable() or c == "\n" or c in "\u200c\u200d")
    return without_contacts(printable)[:limit]


def _decline(fields: Fields) -> Answer:
    asked = _one(fields, "reason")
    for reason in DECLINE_REASONS:
        if asked == reason:
            return Answer("decline", reason, _free(fields, LONGEST_TEXT))
    raise BadAnswer


def _told(fields: Fields) -> str:
    text = _free(fields, LONGEST_QUESTION)
    if not text:
        raise IncompleteForm
    return text


def _outcome(fields: Fields) -> Outcome:
    rating = _one(fields, "rating")
    if rating not in ("", *map(str, RATINGS)):
        raise IncompleteForm
    for outcome in OUTCOMES:
        if _one(fields, "outcome") == outcome:
            return Outcome(outcome, int(rating) if rating else None)
    raise IncompleteForm


def _confirmation(fields: Fields) -> Confirmation:
    """``strike`` names who is struck, ``place:<id>`` gives a number, ``add`` lists further ids."""
    struck = _identifiers(fields.get("strike", ()))
    added = _identifiers(re.split(r"[\s,;،؛]+", " ".join(fields.get("add", ()))))
    places: list[tuple[int, str]] = []
    for name, values in fields.items():
        kind, _, supply = name.partition(":")
        if kind == "place" and supply not in struck and values[0].strip():
            _identifiers([supply])
            places.append((_place(values[0]), supply))
    # Sorting is stable: who has the same number stays in the order of the form.
    order = tuple(supply for _, supply in sorted(places, key=lambda one: one[0]))
    kept = tuple(one for one in added if one not in order and one not in struck)
    if max(len(struck), len(kept), len(order)) > MOST_SUPPLIES:
        raise IncompleteForm
    return Confirmation(struck, kept, order)


def _place(text: str) -> int:
    number = text.strip()
    if not number.isdecimal() or len(number) > 4:
        raise IncompleteForm
    return int(number)


def _identifiers(values: Sequence[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(value.strip() for value in values if value.strip()))
    if not all(_IDENTIFIER.fullmatch(one) for one in found):
        raise IncompleteForm
    return found

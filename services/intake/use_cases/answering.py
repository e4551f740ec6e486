"""Answers to matches, and questions about them, as systems send them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.blanking import without_contacts
from schemas.response import AnswerBody, Question, QuestionBody, Response
from services.intake.domain import answering
from services.intake.domain.answering import Party, may_speak_for
from services.intake.domain.speakers import Speaker
from services.intake.exceptions import (
    ChangedSince,
    Fault,
    Invalid,
    NotFound,
    NotPossible,
    PreconditionRequired,
)
from services.intake.use_cases.ports import Store
from services.intake.use_cases.saying import (
    Kept,
    Voice,
    identity,
    kept,
    known_before,
    owner_of,
    speaking_as,
)

_NO_MATCH = (
    "There is no match with this id. If you were told of it just now, ask again in a moment."
)
_LONGEST_VERSION = 15
"""Digits of a version that a sender may name."""


@dataclass(frozen=True, slots=True)
class Condition:
    """On which state something is said (RFC 9110, section 13.1.1): ``tags`` are entity tags, one
    of which must be the present one; "*" is any. None: it does not say, and must if ``required``.
    """

    tags: frozenset[str] | None = None
    required: bool = False


def etag(match: Mapping[str, Any]) -> str:
    """The entity tag of a match: its version."""
    return f'"{match["version"]}"'


async def open_match(
    store: Store, speaker: Speaker, match_id: str
) -> tuple[Mapping[str, Any], list[Party]]:
    """A match with its need, and the sides that ``speaker`` may answer for. Raises `NotFound`."""
    match = await store.match(match_id)
    # Nor does the time that a refusal takes tell whether there is such a match.
    if match is None:
        raise NotFound(_NO_MATCH, may_pass=True)
    own = [p for p in await parties_of(store, match) if may_speak_for(speaker, p)]
    if not own:
        raise NotFound(_NO_MATCH, may_pass=True)
    return match, own


async def respond(
    store: Store,
    voice: Voice,
    match_id: str,
    body: AnswerBody,
    condition: Condition,
    now: datetime,
) -> Kept:
    """Take one answer to a match.

    Raises `NotFound`, `Invalid`, `PreconditionRequired`, `ChangedSince` or `NotPossible`.
    """
    match, own = await _held_match(store, voice.speaker, match_id)
    party = speaking_as(own, body.by)
    odd = answering.missing_or_odd(body.answer, body.reason, body.outcome, body.rating)
    if odd:
        wanted = {"reason": "decline", "outcome": "outcome", "rating": "outcome"}[odd]
        detail = f"{odd} belongs to the answer {wanted!r}, and to no other."
        raise Invalid(detail, [Fault(f"/{odd}", "does_not_fit", detail)])
    text = blanked(body.text, 500)
    content = body.model_dump(mode="json", include={"answer", "reason", "outcome", "rating"})
    said = {"match": match_id, "by": party.name, "text": text, **content}
    given = _given_version(match, condition)
    said_id, mark = identity(voice, said, given or match["version"])
    if known := await known_before(store, said_id, mark):
        return known
    _require(match, condition)
    if why := answering.objection(match, party.side, body.answer):
        raise NotPossible(why, present=answering.present(match))
    return await kept(
        store,
        said_id,
        mark,
        Response(
            response_id=said_id,
            match_id=match_id,
            need_id=match["need"]["id"],
            by=owner_of(party),
            text=text,
            match_version=given,
            via=voice.door,
            answered_at=now,
            **{k: v for k, v in content.items() if v is not None},
        ),
    )


async def ask(store: Store, voice: Voice, match_id: str, body: QuestionBody, now: datetime) -> Kept:
    """Take a question about a match. Raises `NotFound`, `Invalid` or `NotPossible`."""
    match, own = await _held_match(store, voice.speaker, match_id)
    party = speaking_as(own, body.by)
    text = blanked(body.text, 2000)
    said_id, mark = identity(voice, {"ask": match_id, "by": party.name, "text": text})
    if known := await known_before(store, said_id, mark):
        return known
    if why := answering.no_question(match):
        raise NotPossible(why, present=answering.present(match))
    return await kept(
        store,
        said_id,
        mark,
        Question(
            question_id=said_id,
            match_id=match_id,
            need_id=match["need"]["id"],
            by=owner_of(party),
            text=text,
            via=voice.door,
            asked_at=now,
        ),
    )


async def _held_match(
    store: Store, speaker: Speaker, match_id: str
) -> tuple[Mapping[str, Any], list[Party]]:
    """As `open_match`, and its need is held until the end (I4)."""
    match, _ = await open_match(store, speaker, match_id)
    await store.hold_need(match["need"]["id"])
    return await open_match(store, speaker, match_id)


async def parties_of(store: Store, match: Mapping[str, Any]) -> list[Party]:
    """Both sides of ``match``, with what each is known by."""
    need = match["need"]
    refs = answering.facts_behind(match, need)
    found = await store.behind([ref for side in refs.values() for ref in side])
    owners = {"need": need["owner"], "supply": match["supply"]["owner"]}
    return [
        Party(
            owners[side]["type"],
            owners[side]["id"],
            side,
            tuple(found[ref] for ref in refs[side] if ref in found),
        )
        for side in refs
    ]


def _given_version(match: Mapping[str, Any], condition: Condition) -> int | None:
    """The version that the sender names, which is the present one if the condition holds."""
    if condition.tags is None or "*" in condition.tags:
        return None
    if etag(match) in condition.tags:
        return int(match["version"])
    return min(_versions(condition.tags), default=0)


def _versions(tags: Collection[str]) -> list[int]:
    """The versions that entity tags of matches name."""
    texts = [tag.strip('"') for tag in tags]
    return [int(text) for text in texts if text.isdecimal() and len(text) <= _LONGEST_VERSION]


def _require(match: Mapping[str, Any], condition: Condition) -> None:
    if condition.tags is None:
        if condition.required:
            raise PreconditionRequired(
                f"Send If-Match: {etag(match)} if you answer what GET on this match shows."
            )
        return
    if "*" not in condition.tags and etag(match) not in condition.tags:
        raise ChangedSince(
            f"The match is {match['state']} now, with the ETag {etag(match)}.",
            present=answering.present(match),
            may_pass=max(_versions(condition.tags), default=0) > match["version"],
        )


def blanked(text: str, longest: int) -> str:
    """``text`` as others may read it before both sides have accepted (I6)."""
    return without_contacts(text)[:longest]

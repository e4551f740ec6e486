"""The answer to a question about a match, as systems send it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from schemas.match import AskedQuestion, QuestionReply
from schemas.response import Reply, ReplyBody
from schemas.values import Owner
from services.intake.domain import answering
from services.intake.domain.answering import Party, may_speak_for
from services.intake.domain.speakers import Speaker
from services.intake.exceptions import NotFound, NotPossible
from services.intake.use_cases.answering import blanked, parties_of
from services.intake.use_cases.ports import Asked, Store
from services.intake.use_cases.saying import (
    Kept,
    Voice,
    identity,
    kept,
    known_before,
    owner_of,
    speaking_as,
)

_NO_QUESTION = (
    "There is no question with this id. If you were told of it just now, ask again in a moment."
)


async def reply(
    store: Store, voice: Voice, question_id: str, body: ReplyBody, now: datetime
) -> Kept:
    """Take the answer to a question. Raises `NotFound`, `Invalid` or `NotPossible`."""
    asked, match = await _held(store, question_id)
    sides = [p for p in await parties_of(store, match) if p.name != _name(asked.asked_by)]
    own = [p for p in sides if may_speak_for(voice.speaker, p)]
    offices = await _ambassadors(store, voice.speaker, asked)
    if not own and not offices:
        raise NotFound(_NO_QUESTION, may_pass=True)
    party = _speaking(own, offices, body.by)
    text = blanked(body.text, 2000)
    said_id, mark = identity(voice, {"reply": question_id, "by": party.name, "text": text})
    if known := await known_before(store, said_id, mark):
        return known
    if asked.reply is not None:
        raise NotPossible(
            "The question was answered already.", present={"id": asked.id, "reply": asked.reply}
        )
    if why := answering.no_question(match):
        raise NotPossible(why, present=answering.present(match))
    by = owner_of(party)
    await store.note_replied(question_id, QuestionReply(by=by, text=text))
    question = AskedQuestion(
        question_id=asked.id, by=Owner.model_validate(asked.asked_by), text=asked.text
    )
    said = Reply(
        reply_id=said_id,
        match_id=asked.match_id,
        need_id=asked.need_id,
        question=question,
        by=by,
        text=text,
        via=voice.door,
        replied_at=now,
    )
    return await kept(store, said_id, mark, said)


async def _held(store: Store, question_id: str) -> tuple[Asked, Mapping[str, Any]]:
    """The question and its match, whose need is held until the end (I4)."""
    found = await store.question(question_id)
    if found is not None:
        await store.hold_need(found.need_id)
        found = await store.question(question_id)
    match = await store.match(found.match_id) if found else None
    if found is None or match is None:
        raise NotFound(_NO_QUESTION, may_pass=True)
    return found, match


async def _ambassadors(store: Store, speaker: Speaker, asked: Asked) -> list[Party]:
    """Those of the office that was told, the deputy behind the ambassador, for whom ``speaker`` may
    act; nobody answers its own question.
    """
    if asked.city is None:
        return []
    return [
        party
        for cluster, party in await store.ambassadors(asked.city)
        if cluster == asked.cluster
        and may_speak_for(speaker, party)
        and party.name != _name(asked.asked_by)
    ]


def _speaking(own: Sequence[Party], offices: Sequence[Party], by: Owner | None) -> Party:
    """Who answers: the ambassador speaks first where the sender may speak for the office alone."""
    if by is None and not own:
        return offices[0]
    return speaking_as([*own, *offices], by)


def _name(owner: Mapping[str, Any]) -> tuple[str, str]:
    return str(owner["type"]), str(owner["id"])

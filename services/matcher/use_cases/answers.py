"""What people say about a need and its matches, as what happens to its life.

Only those whom it concerns are heard: nobody answers in the name of somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from schemas.match import Match
from schemas.response import Confirmation, Extension, Question, Reply, Response
from schemas.values import Owner
from services.matcher import metrics
from services.matcher.domain.life.case import Pair, Side
from services.matcher.domain.life.effects import Asking, Replying
from services.matcher.domain.life.happenings import (
    Answered,
    Confirmed,
    Extended,
    OutcomeSaid,
    Questioned,
    Replied,
)
from services.matcher.domain.model import Owner as Party
from services.matcher.use_cases.lives import Life
from services.matcher.use_cases.need_ports import Verdict

Word: TypeAlias = Response | Question | Reply | Confirmation | Extension
"""What may be said on the topic of responses."""


async def hear(life: Life, word: Word) -> None:
    """Let ``word`` happen to the need; what does not fit its present state changes nothing."""
    match word:
        case Response():
            heard = await _answer(life, word)
        case Question():
            heard = await _question(life, word)
        case Reply():
            heard = await _reply(life, word)
        case Confirmation():
            heard = await _confirmation(life, word)
        case Extension():
            heard = _asks(life, word.by) and await life.happens(Extended())
    if not heard:
        metrics.UNHEARD.labels(type(word).__name__.lower()).inc()


async def _answer(life: Life, given: Response) -> bool:
    side, match = _side(life, given.match_id, given.by)
    if match is None or side is None:
        return False
    if given.answer == "outcome":
        said = OutcomeSaid(match.match_id, side, given.outcome or "met", given.rating)
        return given.outcome is not None and await life.happens(said)
    room, batched = True, False
    pair = life.case.pair(match.match_id)
    may_begin = pair is not None and pair.state in ("proposed", "lapsed")
    if pair is not None and may_begin and given.answer == "accept":
        room = side != pair.asked or await life.ledger.supplies.room(pair.supply_id)
        batched = await _batched(life, pair)
    answered = Answered(
        match.match_id,
        side,
        given.answer,
        given.reason,
        room=room,
        batched=batched,
        said_at=given.answered_at,
    )
    return await life.happens(answered)


async def _batched(life: Life, pair: Pair) -> bool:
    """Whether who wants the offer gets in line for its places. Where the offerer is asked first it
    gives them itself, by its answers.
    """
    wants = pair.asked == "need" and pair.supply_kind == "offer"
    return (
        wants and life.policy.batch is not None and await life.ledger.lines.limited(pair.supply_id)
    )


async def _question(life: Life, asked: Question) -> bool:
    side, match = _side(life, asked.match_id, asked.by)
    if match is None or side is None:
        return False
    return await life.happens(Questioned(match.match_id, side, asked.text, asked.question_id))


async def _reply(life: Life, given: Reply) -> bool:
    """Of the other side, or the ambassador's, which intake or the inbox has made sure of."""
    asked = given.question
    side, match = _side(life, given.match_id, asked.by)
    if match is None or side is None or given.by == asked.by:
        return False
    question = Asking(asked.question_id, side, asked.text)
    reply = Replying(Party(given.by.type, given.by.id), given.text)
    return await life.happens(Replied(match.match_id, question, reply))


async def _confirmation(life: Life, given: Confirmation) -> bool:
    """The ambassador's, which intake or the inbox has made sure of; ``by`` is the member it is."""
    before = life.case
    confirmed = Confirmed(given.wave, frozenset(given.struck), given.added, given.order)
    if not await life.happens(confirmed):
        return False
    asked = {pair.supply_id for pair in before.pairs}
    verdicts: dict[str, Verdict] = dict.fromkeys(set(given.struck) - asked, "struck")
    verdicts |= dict.fromkeys(set(given.added) - asked - set(verdicts), "added")
    by = f"{given.by.type}:{given.by.id}"
    await life.ledger.needs.judge(given.need_id, verdicts, by, life.now)
    return True


def _side(life: Life, match_id: str, by: Owner) -> tuple[Side | None, Match | None]:
    """Which side of the match speaks; None: neither."""
    match = life.held.matches.get(match_id)
    if match is None:
        return None, None
    sides: Mapping[Side, Owner] = {"need": match.need.owner, "supply": match.supply.owner}
    return next((side for side, owner in sides.items() if owner == by), None), match


def _asks(life: Life, by: Owner) -> bool:
    owner = life.held.need.owner
    return (owner.type, owner.id) == (by.type, by.id)

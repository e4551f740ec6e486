"""What those who may answer a match, or confirm candidates, read of it; never contact data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from schemas.match import Candidate, NeedBrief, Outcome, QuestionReply
from schemas.values import Owner
from services.intake.domain.answering import Party
from services.intake.handlers.views import MatchView, who_of
from services.intake.use_cases.confirming import Asked
from services.intake.use_cases.ports import Asked as Question


class QuestionView(BaseModel):
    """A question about a match, and its answer."""

    id: str = Field(description="What an answer to it names.")
    by: Owner
    text: str
    asked_at: datetime
    reply: QuestionReply | None = Field(description="Null while nobody has answered.")


class MatchDetail(MatchView):
    """A match as one of its sides reads it."""

    you: list[Owner] = Field(description="For whom this key may answer it.")
    need: NeedBrief
    crosses_border: bool
    need_outcome: Outcome | None = Field(description="Null where it is the other side's.")
    supply_outcome: Outcome | None = Field(description="Null where it is the other side's.")
    questions: list[QuestionView] = Field(description="Oldest first.")


class ToConfirm(BaseModel):
    """The candidates of a wave, best first, until when they wait, and for whose ambassador."""

    demand_id: str
    wave: int
    until: datetime | None
    cluster: str | None
    candidates: list[Candidate]


def match_detail(
    match: Mapping[str, Any], own: Sequence[Party], questions: Sequence[Question] = ()
) -> MatchDetail:
    """``match`` as the sides that are ``own`` may see it."""
    sides = {party.side for party in own}
    hidden = {f"{side}_outcome": None for side in ("need", "supply") if side not in sides}
    you = [{"type": party.type, "id": party.id} for party in own]
    asked = [
        {"id": q.id, "by": q.asked_by, "text": q.text, "asked_at": q.asked_at, "reply": q.reply}
        for q in questions
    ]
    said = {"who": who_of(match), "you": you, "questions": asked}
    return MatchDetail.model_validate({**match, **hidden, **said})


def confirmation_view(demand_id: str, asked: Asked) -> ToConfirm:
    """What an ambassador is asked."""
    return ToConfirm(
        demand_id=demand_id,
        wave=asked.wave,
        until=asked.until,
        cluster=asked.cluster,
        candidates=[Candidate.model_validate(one) for one in asked.candidates],
    )

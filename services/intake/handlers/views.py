"""What a source reads of its facts, and of what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from schemas.demand import Demand
from schemas.match import CloseReason, MatchState, OutcomeKind, Reason, Recipient, Said
from schemas.values import DeclineReason, NeedStatus, Owner, Reach
from services.intake.domain.facts import Fact
from services.intake.domain.story import Line
from services.intake.use_cases.ports import History


def _left_out(description: str = "") -> Any:
    """A field that is not written where it is null."""
    return Field(
        default=None, description=description or None, exclude_if=lambda value: value is None
    )


class Wave(BaseModel):
    """One round of proposals."""

    wave: int
    outcome: str
    proposed: int
    considered: int
    policy_version: str
    score_model: str | None
    decided_at: datetime


class Who(BaseModel):
    """Who was proposed; contact data follows only once both sides accepted, and not here."""

    kind: Literal["member", "offer"]
    id: str
    owner: Owner
    title: str
    recipient: Recipient


class MatchView(BaseModel):
    """One proposal and where it stands."""

    match_id: str
    who: Who
    wave: int
    rank: int
    score: float
    reasons: list[Reason]
    state: MatchState
    version: int = Field(default=1, description="The match's ETag is made of it.")
    decline_reason: str | None
    closed_because: CloseReason | None = None
    need_said: Said | None = None
    supply_said: Said | None = None
    answer_by: datetime | None = None
    proposed_at: datetime | None
    changed_at: datetime | None
    accepted_at: datetime | None = None
    introduced_at: datetime | None = None


class FactView(BaseModel):
    """What is stored of an offer or a member."""

    id: str
    external_id: str
    source: str
    version: int
    state: str
    created_at: datetime
    changed_at: datetime
    content: dict[str, Any]


class DemandSummary(BaseModel):
    """A demand in a list."""

    id: str
    external_id: str
    source: str
    city: str
    title: str
    language: str
    version: int
    state: NeedStatus
    archived: bool = Field(description="Ended so long ago that it was put away.")
    created_at: datetime
    changed_at: datetime


class DemandPage(BaseModel):
    """Demands, newest first; ``next`` is the address of those behind, null at the end."""

    items: list[DemandSummary]
    next: str | None


class Progress(BaseModel):
    """How far a demand has come, as the matcher told."""

    wave: int
    waves: int
    reach: Reach
    wanted: int
    introduced: int
    expires_at: datetime | None
    extended: bool


class Organisation(BaseModel):
    """Who did or heard something. An ambassador is named by its cluster, and as ``id`` its city."""

    type: Literal["member", "city", "committee", "ambassador"]
    id: str
    name: str | None = _left_out()
    cluster: str | None = _left_out()


class StoryLine(BaseModel):
    """One thing that happened to a demand. What does not belong to ``what`` is left out."""

    at: datetime
    what: str = Field(
        description="submitted, changed, reopened, withdrawn, extended, next-wave, "
        "confirmation-asked, confirmed, shortlisted, unmatched, proposed, reminder, question, "
        "question-answered, "
        "accepted, declined, taken-back, answer-asked, introduced, lapsed, closed, outcome, "
        "expiry-near, fulfilled, expired, archived, ..."
    )
    who: Organisation | None = _left_out()
    wave: int | None = _left_out()
    match_id: str | None = _left_out()
    reason: DeclineReason | None = _left_out("Of a decline, in general.")
    because: CloseReason | None = _left_out("Why the hub ended a match.")
    outcome: OutcomeKind | None = _left_out()
    question_id: str | None = _left_out("What an answer to a question names.")
    text: str | None = _left_out("A question, or its answer; or another demand's id.")
    until: datetime | None = _left_out()
    reach: Reach | None = _left_out()
    version: int | None = _left_out("The demand's.")
    considered: int | None = _left_out()
    proposed: int | None = _left_out()
    struck: int | None = _left_out()
    added: int | None = _left_out()


class DemandView(DemandSummary):
    """A demand with all that became of it."""

    withdrawal_reason: str = ""
    demand: Demand
    progress: Progress | None = Field(description="Null until the matcher has told of it.")
    waves: list[Wave]
    matches: list[MatchView]
    timeline: list[StoryLine] = Field(description="Oldest first.")


def fact_view(fact: Fact) -> FactView:
    """What its source may read of an offer or member."""
    return FactView(
        id=fact.id,
        external_id=fact.external_id,
        source=fact.source,
        version=fact.version,
        state=fact.state,
        created_at=fact.created_at,
        changed_at=fact.changed_at,
        content=dict(fact.document),
    )


def demand_summary(fact: Fact) -> DemandSummary:
    """A demand as a line of a list."""
    return DemandSummary(**_summary(fact))


def demand_view(fact: Fact, history: History) -> DemandView:
    """A demand as its source reads it; the document's status gives way to the state."""
    return DemandView(
        **_summary(fact),
        withdrawal_reason=fact.note,
        demand=Demand.model_validate({**fact.document, "status": fact.state}),
        progress=None if history.told is None else Progress.model_validate(history.told),
        waves=[Wave(**wave) for wave in history.waves],
        matches=[_match_view(match) for match in history.matches],
        timeline=[_story_line(line) for line in history.story],
    )


def _story_line(line: Line) -> StoryLine:
    return StoryLine.model_validate(
        {"at": line.at, "what": line.what, "wave": line.wave, **line.details}
    )


def _summary(fact: Fact) -> dict[str, Any]:
    copied = ("city", "title", "language")
    return {
        "id": fact.id,
        "external_id": fact.external_id,
        "source": fact.source,
        "version": fact.version,
        "state": fact.state,
        "archived": fact.archived,
        "created_at": fact.created_at,
        "changed_at": fact.changed_at,
    } | {name: fact.document[name] for name in copied}


def _match_view(match: Mapping[str, Any]) -> MatchView:
    return MatchView.model_validate({**match, "who": who_of(match)})


def who_of(match: Mapping[str, Any]) -> dict[str, Any]:
    """`Who` was proposed."""
    supply = match["supply"]
    who = {name: supply[name] for name in ("kind", "id", "owner", "title")}
    return {**who, "recipient": match["recipient"]}

"""What intake answers over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from schemas.demand import Demand
from schemas.match import MatchState, Reason, Recipient
from schemas.values import NeedStatus, Owner
from services.intake.domain.facts import Fact
from services.intake.domain.versions import Taken, Unchanged


class Receipt(BaseModel):
    """What became of a submission. It is stored when this is read."""

    id: str = Field(description="The hub's id; the same for the same external_id.")
    external_id: str
    version: int
    status: Literal["accepted", "unchanged"] = Field(
        description="unchanged: the same content was known; nothing was published."
    )
    state: str = Field(description="open, withdrawn, ...; of members and the directory: active.")
    warnings: list[Fault] | None = Field(
        default=None,
        description="What was taken and counts for nothing, as a niche that the hub does not "
        "have; missing when there is none.",
    )


class LineResult(BaseModel):
    """What became of one line of an NDJSON body."""

    line: int = Field(description="Counted from 1; blank lines count, and have no result.")
    status: Literal["accepted", "unchanged", "refused"]
    id: str | None = None
    external_id: str | None = None
    version: int | None = None
    state: str | None = None
    warnings: list[Fault] | None = None
    problem: Problem | None = None


class Fault(BaseModel):
    """One thing wrong: in the body (``pointer``, RFC 6901) or in the address (``parameter``)."""

    pointer: str | None = None
    in_: str | None = Field(default=None, alias="in", description="path or query")
    parameter: str | None = None
    code: str
    detail: str


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Fault] = []


class Wave(BaseModel):
    """One round of proposals."""

    wave: int
    outcome: str
    proposed: int
    considered: int
    policy_version: str
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
    decline_reason: str | None
    proposed_at: datetime | None
    changed_at: datetime | None


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
    created_at: datetime
    changed_at: datetime


class DemandPage(BaseModel):
    """Demands, newest first; ``next`` is the address of those behind, null at the end."""

    items: list[DemandSummary]
    next: str | None


class DemandView(DemandSummary):
    """A demand with all that became of it."""

    withdrawal_reason: str = ""
    demand: Demand
    waves: list[Wave]
    matches: list[MatchView]


def receipt(verdict: Taken | Unchanged) -> Receipt:
    """The receipt for an accepted submission."""
    fact = verdict.fact
    return Receipt(
        id=fact.document["id"] if fact.kind == "directory" else fact.id,
        external_id=fact.external_id,
        version=fact.version,
        status="accepted" if isinstance(verdict, Taken) else "unchanged",
        state=fact.state,
        warnings=_warnings(verdict) or None,
    )


def _warnings(verdict: Taken | Unchanged) -> list[Fault]:
    told = verdict.warnings if isinstance(verdict, Taken) else ()
    return [Fault(pointer=w.pointer, code=w.code, detail=w.detail) for w in told]


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


def demand_view(
    fact: Fact, waves: list[dict[str, Any]], matches: list[dict[str, Any]]
) -> DemandView:
    """A demand as its source reads it; the document's status gives way to the state."""
    return DemandView(
        **_summary(fact),
        withdrawal_reason=fact.note,
        demand=Demand.model_validate({**fact.document, "status": fact.state}),
        waves=[Wave(**wave) for wave in waves],
        matches=[_match_view(match) for match in matches],
    )


def _summary(fact: Fact) -> dict[str, Any]:
    copied = ("city", "title", "language")
    return {
        "id": fact.id,
        "external_id": fact.external_id,
        "source": fact.source,
        "version": fact.version,
        "state": fact.state,
        "created_at": fact.created_at,
        "changed_at": fact.changed_at,
    } | {name: fact.document[name] for name in copied}


def _match_view(match: dict[str, Any]) -> MatchView:
    supply = match["supply"]
    who = {name: supply[name] for name in ("kind", "id", "owner", "title")}
    return MatchView.model_validate({**match, "who": {**who, "recipient": match["recipient"]}})

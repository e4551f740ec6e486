"""What intake answers to what it is sent."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from schemas.response import Confirmation, Extension, Question, Reply, Response
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


class SaidReceipt(BaseModel):
    """What became of an answer, a question, a confirmation or an extension."""

    id: str
    status: Literal["accepted", "unchanged"] = Field(
        description="unchanged: it was taken before; nothing was published."
    )
    said: Response | Question | Reply | Confirmation | Extension = Field(
        description="What was taken, as it is published: e-mail addresses and telephone numbers "
        "in a text are blanked."
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
    present: dict[str, Any] | None = Field(
        default=None, description="Of 409 and 412 on an answer: the state that stood in the way."
    )


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

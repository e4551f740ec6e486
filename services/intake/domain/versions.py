"""What becomes of a submission: a new version, nothing new, or a refusal.

The life of one fact (a demand, an offer, a member, a directory entry) as two pure functions,
`submit` and `withdraw`, that return what to do; ``use_cases.py`` carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from services.intake.domain.facts import Draft, Fact, Withdrawal
from services.intake.domain.fitness import Known, Remark, faults, warnings

_REOPENED_BY_NEW_CONTENT = {"withdrawn", "unmatched", "expired", "fulfilled"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A new version: store it and publish it. ``warnings``: what its sender may correct."""

    fact: Fact
    warnings: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing new to tell; ``fact`` may carry a higher ``claim_floor`` to store."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Outdated:
    """Other content under a version that is not above ``floor``."""

    floor: int


@dataclass(frozen=True, slots=True)
class NotTheirs:
    """The fact belongs to another source."""


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such fact to withdraw."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """A new version that the hub cannot take, and why."""

    faults: tuple[Remark, ...]


Verdict: TypeAlias = Taken | Unchanged | Outdated | NotTheirs | Missing | Unfit


def submit(stored: Fact | None, draft: Draft, now: datetime) -> Verdict:
    """What becomes of ``draft``, given what is stored under its id.

    Content decides first: a sender may repeat itself without a thought. A withdrawn demand or
    offer is opened again by new content or a newer version, not by a repetition.
    """
    if stored is None:
        return Taken(_first(draft, now))
    if not draft.speaker.owns(stored.source, stored.cluster):
        return NotTheirs()
    newer = draft.claimed is not None and draft.claimed > stored.claim_floor
    if stored.digest == draft.digest and not (stored.state == "withdrawn" and newer):
        floor = max(stored.claim_floor, draft.claimed or 0)
        return Unchanged(replace(stored, claim_floor=floor))
    if draft.claimed is not None and not newer:
        return Outdated(stored.claim_floor)
    version = max(stored.version + 1, draft.claimed or 0)
    return Taken(
        replace(
            stored,
            version=version,
            claim_floor=draft.claimed or max(version, stored.claim_floor),
            digest=draft.digest,
            state=_state_after(stored, draft),
            note="",
            document=_document(draft, stored.source, version, stored.created_at, now),
            changed_at=now,
            opened=version if stored.state == "withdrawn" else stored.opened,
            archived=False,
        )
    )


def fitting(verdict: Verdict, draft: Draft, known: Known, now: datetime) -> Verdict:
    """``verdict`` on ``draft`` in view of what is ``known``.

    Only what is new is judged: a repetition of what was taken is unchanged, also when its
    deadline is over or its city has gone, so that a sender may repeat itself without a thought.
    """
    if not isinstance(verdict, Taken):
        return verdict
    found = faults(draft, known, now)
    if found:
        return Unfit(tuple(found))
    return Taken(verdict.fact, tuple(warnings(draft, known)))


def withdraw(stored: Fact | None, order: Withdrawal, now: datetime) -> Verdict:
    """What becomes of a withdrawal; a second one changes nothing.

    What belongs to another source is as good as missing: nobody learns that it exists.

    Members and directory entries say themselves whether they are active, so the same content
    sent later makes them active again: their digest is forgotten.
    """
    if stored is None or not order.speaker.owns(stored.source, stored.cluster):
        return Missing()
    if stored.is_off:
        return Unchanged(stored)
    version = stored.version + 1
    if stored.kind in ("demand", "offer"):
        changes: dict[str, Any] = {"status": "withdrawn"}
        kept, state = stored.digest, "withdrawn"
    else:
        changes = {"active": False}
        kept, state = b"", "inactive"
    if stored.kind == "member":
        changes["updated_at"] = iso(now)
    document = {**stored.document, **changes, "version": version}
    return Taken(
        replace(
            stored,
            version=version,
            digest=kept,
            state=state,
            note=order.reason,
            document=document,
            changed_at=now,
        )
    )


def _first(draft: Draft, now: datetime) -> Fact:
    version = draft.claimed or 1
    source = draft.speaker.source
    return Fact(
        kind=draft.kind,
        id=draft.id,
        source=source,
        external_id=draft.external_id,
        version=version,
        claim_floor=version,
        digest=draft.digest,
        state=_initial_state(draft),
        note="",
        document=_document(draft, source, version, now, now),
        created_at=now,
        changed_at=now,
    )


def _initial_state(draft: Draft) -> str:
    if draft.kind in ("demand", "offer"):
        return "open"
    return "active" if draft.content.get("active", True) else "inactive"


def _state_after(stored: Fact, draft: Draft) -> str:
    if draft.kind == "demand" and stored.state not in _REOPENED_BY_NEW_CONTENT:
        return stored.state
    return _initial_state(draft)


def _document(
    draft: Draft, source: str, version: int, first: datetime, now: datetime
) -> dict[str, Any]:
    own: dict[str, Any] = {"version": version}
    if draft.kind == "directory":
        return {**draft.content, **own}
    own |= {f"{draft.kind}_id": draft.id, "source": source}
    if draft.kind == "member":
        own["updated_at"] = iso(now)
    else:
        own |= {"status": "open", "submitted_at": iso(first)}
    return {**draft.content, **own}


def iso(moment: datetime) -> str:
    """RFC 3339 text of ``moment`` in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

"""What somebody says is taken once: who says it, under which id, and what was taken before."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from schemas.values import Owner
from services.intake import metrics
from services.intake.domain.answering import Party
from services.intake.domain.facts import digest
from services.intake.domain.speakers import Speaker
from services.intake.exceptions import Fault, Invalid
from services.intake.use_cases.ports import Store, Utterance

_NAMESPACE = uuid.UUID("a0c1f7b4-6f0d-5c52-9a63-5d8e2a6f3c13")


@dataclass(frozen=True, slots=True)
class Voice:
    """Who says something, and through which door; ``key`` is what makes it the same again."""

    speaker: Speaker
    door: Literal["api", "kafka"] = "api"
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What was taken, as it is published; ``fresh``: now, and not before."""

    id: str
    said: Mapping[str, Any]
    fresh: bool


async def kept(store: Store, said_id: str, mark: bytes, said: Utterance) -> Kept:
    """Store and publish what nobody said before."""
    await store.keep(said_id, mark, said)
    metrics.ANSWERS.labels(type(said).__name__.lower(), "accepted").inc()
    return Kept(said_id, said.model_dump(mode="json"), fresh=True)


def speaking_as(own: Sequence[Party], by: Owner | None) -> Party:
    """Which of the parties that are ``own`` speaks. Raises `Invalid` when it is not clear."""
    names = ", ".join(f"{party.type} {party.id}" for party in own)
    if by is None and len({party.name for party in own}) == 1:
        return own[0]
    if by is None:
        detail = f"Say who answers: {names}."
        raise Invalid(detail, [Fault("/by", "missing", detail)])
    for party in own:
        if party.name == (by.type, by.id):
            return party
    detail = f"This key may answer here as: {names}."
    raise Invalid(detail, [Fault("/by", "not_yours", detail)])


def identity(voice: Voice, said: Mapping[str, Any], on: int | None = None) -> tuple[str, bytes]:
    """The id under which this is the same again, and the mark of what was said.

    By the sender's own key, or else by who says what on which state.
    """
    mark = digest(said)
    source = voice.speaker.source
    name = f"key\n{source}\n{voice.key}" if voice.key else f"said\n{mark.hex()}\n{on}"
    return str(uuid.uuid5(_NAMESPACE, name)), mark


async def known_before(store: Store, said_id: str, mark: bytes) -> Kept | None:
    """What was taken under this id; raises `Invalid` when that was something else."""
    known = await store.taken(said_id)
    if known is None:
        return None
    if known.digest != mark:
        detail = "This Idempotency-Key came with something else before."
        raise Invalid(detail, [Fault("", "key_reused", detail)])
    metrics.ANSWERS.labels("any", "unchanged").inc()
    return Kept(said_id, known.document, fresh=False)


def owner_of(party: Party) -> Owner:
    """The party as events name it."""
    return Owner.model_validate({"type": party.type, "id": party.id})

"""The records of intake: a submission, a withdrawal, and the fact that they are about."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from services.intake.domain.speakers import Speaker

Kind = Literal["demand", "offer", "member", "directory"]
Ref: TypeAlias = tuple[Kind, str]

_NAMESPACES = {
    "demand": uuid.UUID("a0c1f7b4-6f0d-5c52-9a63-5d8e2a6f3c11"),
    "offer": uuid.UUID("a0c1f7b4-6f0d-5c52-9a63-5d8e2a6f3c12"),
}


def identity(kind: Literal["demand", "offer"], source: str, external_id: str) -> str:
    """The hub's id of what ``source`` calls ``external_id``: a UUID v5, the same every time."""
    return str(uuid.uuid5(_NAMESPACES[kind], f"{source}\n{external_id}"))


def digest(content: Mapping[str, Any]) -> bytes:
    """SHA-256 of ``content`` in one canonical JSON form: the order of keys does not matter."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody, on its way to the vault; nothing in it erases what was there.

    ``office_email`` is the organisation's own address, and no person's.
    """

    kind: str
    id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    office_email: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return not (self.name or self.email or self.phone or self.office_email)


@dataclass(frozen=True, slots=True)
class Draft:
    """A validated submission. ``content`` is its data as JSON values, defaults written out.

    ``claimed`` is the version that the sender gave it. ``trace`` is the W3C trace context that
    it came under, carried along unread. ``blanked`` are the JSON Pointers of texts that named an
    address or a telephone number, which ``content`` has no more.
    """

    kind: Kind
    id: str
    external_id: str
    speaker: Speaker
    content: Mapping[str, Any]
    digest: bytes
    claimed: int | None = None
    contact: Contact | None = None
    trace: str | None = None
    blanked: tuple[str, ...] = ()

    @property
    def ref(self) -> Ref:
        """Which fact it is about."""
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A wish to take a fact back."""

    kind: Kind
    id: str
    speaker: Speaker
    reason: str = ""
    trace: str | None = None

    @property
    def ref(self) -> Ref:
        """Which fact it is about."""
        return self.kind, self.id


Order: TypeAlias = Draft | Withdrawal


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact at its newest version; ``document`` is the data of its event.

    ``opened`` is the version from which on it has been open: what was told of an earlier one,
    which was withdrawn, says nothing of it. ``archived``: ended long ago.
    """

    kind: Kind
    id: str
    source: str
    external_id: str
    version: int
    claim_floor: int
    digest: bytes
    state: str
    note: str
    document: Mapping[str, Any]
    created_at: datetime
    changed_at: datetime
    opened: int = 0
    archived: bool = False

    @property
    def ref(self) -> Ref:
        """Its key."""
        return self.kind, self.id

    @property
    def cluster(self) -> str | None:
        """The cluster of a member; None for all else."""
        return str(self.document["cluster"]) if self.kind == "member" else None

    @property
    def is_off(self) -> bool:
        """Whether it was taken back."""
        return self.state in ("withdrawn", "inactive")

"""Who speaks, and what each may say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a source is to the hub; each may do what the one before it may."""

    CITY = "city"
    CLUSTER = "cluster"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class Speaker:
    """A source that proved who it is.

    ``speaks_for``: the cities of a city's source, the clusters of a cluster's; None: any.
    """

    source: str
    role: Role
    speaks_for: frozenset[str] | None = None

    @property
    def is_hub(self) -> bool:
        """Whether it may act for every source."""
        return self.role is Role.HUB

    def may_name(self, role: Role, name: str | None) -> bool:
        """Whether a source of ``role`` that is this one may speak for the city or cluster."""
        return self.role is not role or self.speaks_for is None or name in self.speaks_for

    def owns(self, source: str, cluster: str | None = None) -> bool:
        """Whether what came from ``source`` is this speaker's to read, change and withdraw.

        ``cluster`` is a member's: whoever speaks for that cluster owns the member, and nobody
        else but the hub does, whoever wrote it first.
        """
        if cluster is not None and self.role is Role.CLUSTER and self.speaks_for is not None:
            return cluster in self.speaks_for
        return self.is_hub or self.source == source


@dataclass(frozen=True, slots=True)
class Words:
    """Of a submission, what decides who may say it. ``owner`` stands behind an offer."""

    kind: str
    owner_type: str | None = None
    owner_id: str | None = None
    city: str | None = None
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """Why somebody may not say something, in a sentence; ``pointer`` into the body."""

    pointer: str
    sentence: str


def objection(speaker: Speaker, said: Words) -> Objection | None:
    """Why ``speaker`` may not submit what was ``said``; None when it may."""
    if said.kind == "directory" and not speaker.is_hub:
        return Objection("", "Only the hub itself writes the directory.")
    if speaker.role is Role.CITY:
        return _to_a_city(speaker, said)
    if said.kind == "member" and not speaker.may_name(Role.CLUSTER, said.cluster):
        return Objection("/cluster", f"{_bounds(speaker)} not for {said.cluster!r}.")
    return None


def _to_a_city(speaker: Speaker, said: Words) -> Objection | None:
    if said.kind == "member":
        return Objection("", "A city's source submits demands and offers, not members.")
    if said.kind == "offer" and said.owner_type != "city":
        sentence = "A city's source offers what a city owns: owner.type must be 'city'."
        return Objection("/owner/type", sentence)
    if said.kind == "offer" and not speaker.may_name(Role.CITY, said.owner_id):
        return Objection("/owner/id", f"{_bounds(speaker)} not for {said.owner_id!r}.")
    if said.city is not None and not speaker.may_name(Role.CITY, said.city):
        return Objection("/city", f"{_bounds(speaker)} not for {said.city!r}.")
    return None


def _bounds(speaker: Speaker) -> str:
    return f"{speaker.source} speaks for {', '.join(sorted(speaker.speaks_for or ()))},"


def namesake(source: str, role: Role) -> frozenset[str] | None:
    """Whom a source speaks for by its name: a city's ``city:ID``, a cluster's ``cluster:ID``.

    None when the name does not say.
    """
    kind, _, name = source.partition(":")
    return frozenset({name}) if kind == role and role is not Role.HUB and name else None

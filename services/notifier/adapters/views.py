"""Messages as the templates show them: texts as written, everything else as phrases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from services.notifier.domain import wording
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import (
    AmbassadorNote,
    Candidate,
    Locale,
    Message,
    Need,
    Proposal,
)
from services.notifier.domain.text import excerpt, one_line
from services.notifier.domain.wording import Phrase

_EXCERPT = 420


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about. ``language`` (BCP 47) is that of the title and the texts."""

    heading: Phrase
    title: str
    language: str
    city: str | None
    structure: str | None = None
    structure_kind: Phrase | None = None
    excerpt: str = ""
    summary: str = ""
    description: str = ""
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal to its recipient."""

    lead: Phrase
    about: About
    strength: Phrase
    reasons: list[Phrase]


@dataclass(frozen=True, slots=True)
class CandidateView:
    """One candidate of an ambassador's note."""

    rank: int
    name: str
    score: float
    strength: Phrase
    reasons: list[Phrase]


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note to an ambassador."""

    lead: Phrase
    about: About
    outcome: str
    wave: int
    considered: int
    candidates: list[CandidateView]


View: TypeAlias = ProposalView | NoteView


def view(message: Message, directory: Directory, locale: Locale) -> View:
    """``message`` for a reader of ``locale``."""
    if isinstance(message, Proposal):
        return _proposal(message, directory, locale)
    return _note(message, directory, locale)


def _proposal(message: Proposal, directory: Directory, locale: Locale) -> ProposalView:
    return ProposalView(
        wording.lead(message),
        _offer(message, directory, locale)
        if message.is_offer
        else _about(message.need, directory, locale),
        wording.strength(message.score),
        wording.reasons(message.reasons, directory, locale),
    )


def _note(message: AmbassadorNote, directory: Directory, locale: Locale) -> NoteView:
    chosen = message.proposed if message.outcome == "proposed" else message.nearest
    return NoteView(
        wording.lead(message),
        _about(message.need, directory, locale),
        message.outcome,
        message.wave,
        message.considered,
        [_candidate(one, directory, locale) for one in chosen],
    )


def _candidate(one: Candidate, directory: Directory, locale: Locale) -> CandidateView:
    return CandidateView(
        one.rank,
        one_line(one.name),
        one.score,
        wording.strength(one.score),
        wording.reasons(one.reasons, directory, locale),
    )


def _about(need: Need, directory: Directory, locale: Locale) -> About:
    return About(
        wording.need_kind(need.need_kind),
        one_line(need.title),
        need.language,
        directory.label("city", need.city, locale)
        if need.city
        else directory.party(need.owner, locale),
        one_line(need.structure) if need.structure else None,
        wording.structure_kind(need.structure_kind) if need.structure_kind else None,
        excerpt(need.summary or need.description, _EXCERPT),
        need.summary.strip(),
        need.description.strip(),
        need.deadline,
    )


def _offer(message: Proposal, directory: Directory, locale: Locale) -> About:
    """An offer, of which a match carries no more than the title and the owner."""
    owner = directory.party(message.supply.owner, locale)
    return About(wording.offer(), one_line(message.supply.title), "", owner)

"""What a message is about, as the templates show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.notifier.domain import wording
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Locale, Message, Need, Notice, Proposal, Side
from services.notifier.domain.phrases import Phrase
from services.notifier.domain.text import excerpt, one_line

_EXCERPT = 420


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about. ``language`` (BCP 47) is that of the title and the texts;
    ``topics`` are said in the reader's.
    """

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
    topics: Phrase | None = None


def about_of(
    message: Message, match: Proposal | None, side: Side, directory: Directory, locale: Locale
) -> About:
    """What ``message`` is about, for a reader of ``side``: what is offered to whoever asks for it
    by an interest, the initiative of a lead, else the need.
    """
    if isinstance(message, Notice) and message.kind == "lead" and message.match:
        return _supply(message.match, wording.initiative(), directory, locale)
    if match and match.need.kind == "interest" and side == "need":
        return about_offer(match, directory, locale)
    return about_need(match.need if match else message.need, directory, locale)


def about_need(need: Need, directory: Directory, locale: Locale) -> About:
    """``need`` for a reader of ``locale``."""
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


def about_offer(match: Proposal, directory: Directory, locale: Locale) -> About:
    """The offer of ``match``, in its own words."""
    return _supply(match, wording.offer(), directory, locale)


def _supply(match: Proposal, heading: Phrase, directory: Directory, locale: Locale) -> About:
    supply = match.supply
    return About(
        heading,
        one_line(supply.title),
        supply.language,
        directory.party(supply.owner, locale),
        excerpt=excerpt(supply.summary or supply.description, _EXCERPT),
        summary=supply.summary.strip(),
        description=supply.description.strip(),
        topics=wording.topics(directory.labels_of("niche", supply.niches, locale)),
    )

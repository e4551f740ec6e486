"""A digest as its templates show it."""

from __future__ import annotations

from dataclasses import dataclass

from services.notifier.adapters.abouts import About
from services.notifier.adapters.views import NoticeView, ProposalView, Reading, View, view
from services.notifier.domain import status
from services.notifier.domain.digest import LEAD, Matter, composed
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Locale, is_to_office
from services.notifier.domain.phrases import Phrase
from services.notifier.domain.standing import has_answered
from services.notifier.domain.text import excerpt
from services.notifier.use_cases.ports import Claimed
from services.notifier.use_cases.reader_ports import DigestItem

_MOST_REASONS = 2
_LONGEST_QUOTE = 280
"""Characters of what somebody asked or answered; all of it is on the page."""


@dataclass(frozen=True, slots=True)
class SaidView:
    """One thing that is new: what is told of it, and in its own words the answer to a question, or
    a question that waits for one.
    """

    lead: Phrase
    quote: str = ""


@dataclass(frozen=True, slots=True)
class MatterView:
    """One matter: what it is about, what is new of it, and how it stands."""

    about: About
    said: list[SaidView]
    strength: Phrase | None
    reasons: list[Phrase]
    status: Phrase | None


@dataclass(frozen=True, slots=True)
class PartView:
    """The matters of one city, or of none."""

    city: str | None
    matters: list[MatterView]


@dataclass(frozen=True, slots=True)
class DigestView:
    """All of it. ``about`` is the best matter's; ``others``: how many matters there are besides
    it, those that are not shown (``more``) included.
    """

    lead: Phrase
    about: About
    parts: list[PartView]
    more: int
    others: int


def digest_view(claimed: Claimed, directory: Directory, locale: Locale) -> DigestView:
    """The items of ``claimed`` for a reader of ``locale``. At least one is needed."""
    digest = composed(claimed.items)
    parts = [
        PartView(
            directory.label("city", group.city, locale) if group.city else None,
            [_matter(one, claimed, directory, locale) for one in group.matters],
        )
        for group in digest.groups
    ]
    shown = [matter for part in parts for matter in part.matters]
    return DigestView(LEAD, shown[0].about, parts, digest.more, len(shown) - 1 + digest.more)


def _matter(
    matter: Matter[DigestItem], claimed: Claimed, directory: Directory, locale: Locale
) -> MatterView:
    reader = claimed.recipient.inbox
    views: list[View] = [
        view(Reading(item.message, item.standing, reader), directory, locale)
        for item in matter.items
    ]
    newest, asked = views[0], next((one for one in views if isinstance(one, ProposalView)), None)
    said = [_said(one) for one in views if not isinstance(one, ProposalView)]
    return MatterView(
        newest.about,
        [one for place, one in enumerate(said) if one not in said[:place]],
        asked.strength if asked else None,
        asked.reasons[:_MOST_REASONS] if asked else [],
        _status(matter.items[0], claimed),
    )


def _said(one: View) -> SaidView:
    words = (one.answer or one.quote) if isinstance(one, NoticeView) else ""
    return SaidView(one.lead, excerpt(words, _LONGEST_QUOTE))


def _status(item: DigestItem, claimed: Claimed) -> Phrase | None:
    """Where it stands, when its reader's word is awaited."""
    reader, match = claimed.recipient.inbox, item.standing.match
    if match is None or is_to_office(item.message) or has_answered(item.standing, reader):
        return None
    return status.of_match(item.standing, match, reader)

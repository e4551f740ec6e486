"""Messages as the templates show them: texts as written, everything else as phrases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from services.notifier.adapters.abouts import About, about_need, about_of, about_offer
from services.notifier.domain import notice_wording, wording
from services.notifier.domain.directory import Directory
from services.notifier.domain.introductions import (
    Contact,
    Place,
    VaultCard,
    introduced_to,
    organisation_of,
    tells_contact,
    to_show,
)
from services.notifier.domain.messages import (
    AmbassadorNote,
    Candidate,
    Locale,
    Message,
    Notice,
    Party,
    Proposal,
    Side,
    is_to_office,
)
from services.notifier.domain.notice_wording import Around
from services.notifier.domain.phrases import Phrase
from services.notifier.domain.sides import asked_first, other, owner_of, reader_side, side_of
from services.notifier.domain.standing import SETTLED, Standing
from services.notifier.domain.text import one_line


@dataclass(frozen=True, slots=True)
class Reading:
    """What is told, how the matter stands, and who reads it. ``cards``: as `Entry` has them.
    ``on_page``: it is read on the page that mails speak of. ``is_reachable``: as `Entry` has it;
    whom a mail reaches is.
    """

    message: Message
    standing: Standing
    reader: Party
    cards: Mapping[Place, VaultCard] = field(default_factory=dict, repr=False)
    on_page: bool = False
    is_reachable: bool = True


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal to its recipient."""

    subject: Phrase
    lead: Phrase
    about: About
    strength: Phrase
    reasons: list[Phrase]


@dataclass(frozen=True, slots=True)
class CandidateView:
    """One candidate of an ambassador's note. ``id`` is that of its supply."""

    id: str
    rank: int
    name: str
    score: float
    strength: Phrase
    reasons: list[Phrase]


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note to an ambassador."""

    subject: Phrase
    lead: Phrase
    about: About
    outcome: str
    wave: int
    considered: int
    candidates: list[CandidateView]
    tried: list[Phrase]


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice. ``quote``: what somebody asks, and ``answer``: what was answered, as written.
    ``reasons``: what speaks for the other side, where its reader is to say yes or no, or for an
    initiative. ``contact``: of an introduction alone.
    """

    subject: Phrase
    lead: Phrase
    about: About
    kind: str
    further: list[Phrase]
    quote: str = ""
    answer: str = ""
    strength: Phrase | None = None
    reasons: list[Phrase] = field(default_factory=list)
    candidates: list[CandidateView] = field(default_factory=list)
    contact: Contact | None = field(default=None, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left that its reader could do."""
        return self.kind in ("closed", "declined", "expired")


View: TypeAlias = ProposalView | NoteView | NoticeView


def view(reading: Reading, directory: Directory, locale: Locale) -> View:
    """The message of ``reading`` for a reader of ``locale``."""
    match reading.message:
        case Proposal() as message:
            return _proposal(message, directory, locale)
        case AmbassadorNote() as message:
            return _note(message, directory, locale)
        case message:
            return _notice(message, reading, directory, locale)


def contact_of(reading: Reading, directory: Directory, locale: Locale) -> Contact | None:
    """Whom the reader is introduced to; None as long as it is not."""
    match, found = reading.standing.match, introduced_to(reading.standing, reading.reader)
    if match is None or found is None:
        return None
    side = side_of(match, reading.reader) or "supply"
    name = name_of(match, other(side), reading.standing, directory, locale)
    return to_show(found, reading.cards, name)


def _notice(message: Notice, reading: Reading, directory: Directory, locale: Locale) -> NoticeView:
    match = message.match
    side = reader_side(message, reading.reader)
    if is_to_office(message):
        # An ambassador reads of who asks something, or of whoever was asked first: it accepted.
        asks = side_of(match, message.question.by) if match and message.question else None
        side = other(asks or asked_first(match)) if match else "need"
    name = name_of(match, other(side), reading.standing, directory, locale) if match else ""
    contact = contact_of(reading, directory, locale) if tells_contact(message) else None
    around = Around(
        side,
        name,
        reading.standing.other_title,
        has_address=contact is None or contact.kind != "none",
        is_looking=reading.standing.need.state not in SETTLED,
        on_page=reading.on_page,
        is_reachable=reading.is_reachable,
        axes=directory.labels_of("niche", message.need.niches, locale),
    )
    judged = match if match and message.kind in ("answer-asked", "lead") else None
    return NoticeView(
        notice_wording.subject(message, around),
        notice_wording.lead(message, around),
        about_of(message, match, "need" if is_to_office(message) else side, directory, locale),
        message.kind,
        notice_wording.further(message, around),
        message.text.strip() if message.kind == "question" else "",
        message.reply.text.strip() if message.reply else "",
        wording.strength(judged.score) if judged else None,
        wording.reasons(judged.reasons, directory, locale) if judged else [],
        [_candidate(one, directory, locale) for one in message.candidates],
        contact,
    )


def name_of(
    match: Proposal, side: Side, standing: Standing, directory: Directory, locale: Locale
) -> str:
    """What ``side`` of ``match`` is called."""
    owner = owner_of(match, side)
    known = organisation_of(match, side, standing.names)
    return one_line(known or directory.party(owner, locale) or owner.id)


def _proposal(message: Proposal, directory: Directory, locale: Locale) -> ProposalView:
    return ProposalView(
        wording.subject(message),
        wording.lead(message),
        about_offer(message, directory, locale)
        if message.is_offer
        else about_need(message.need, directory, locale),
        wording.strength(message.score),
        wording.reasons(message.reasons, directory, locale),
    )


def _note(message: AmbassadorNote, directory: Directory, locale: Locale) -> NoteView:
    chosen = message.proposed if message.outcome == "proposed" else message.nearest
    return NoteView(
        wording.subject(message),
        wording.lead(message),
        about_need(message.need, directory, locale),
        message.outcome,
        message.wave,
        message.considered,
        [_candidate(one, directory, locale) for one in chosen],
        [wording.tried(one) for one in message.tried],
    )


def _candidate(one: Candidate, directory: Directory, locale: Locale) -> CandidateView:
    return CandidateView(
        one.supply_id,
        one.rank,
        one_line(one.name),
        one.score,
        wording.strength(one.score),
        wording.reasons(one.reasons, directory, locale),
    )

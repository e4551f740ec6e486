"""The cards of an inbox page: one for each match, however often it was written about, one for each
other matter of a need, and one for each thing that is told to an ambassador.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.notifier.adapters.abouts import About, about_of
from services.notifier.adapters.asking import Asked, Asking
from services.notifier.adapters.views import (
    NoticeView,
    Reading,
    View,
    contact_of,
    name_of,
    view,
)
from services.notifier.domain import status, wording
from services.notifier.domain.answers import Act
from services.notifier.domain.directory import Directory
from services.notifier.domain.introductions import Contact
from services.notifier.domain.messages import (
    Locale,
    Message,
    Notice,
    Party,
    is_to_office,
    match_of,
)
from services.notifier.domain.next_steps import contact_to_give, next_step
from services.notifier.domain.phrases import Phrase
from services.notifier.domain.sides import asked_first, other, reader_side
from services.notifier.domain.standing import ENDED, SETTLED, is_pointless, open_acts
from services.notifier.use_cases.ports import Entry

Section = Literal["answer", "met", "office", "underway", "past"]
_ASKS: frozenset[Act] = frozenset({"accept", "outcome", "extend", "confirm", "reply"})
_WAITS: frozenset[Act] = frozenset({"accept", "extend", "confirm"})


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was told before about the same matter, in its first sentence."""

    at: datetime
    lead: Phrase


@dataclass(frozen=True, slots=True)
class Card:
    """One matter as it stands. ``acts``: what its reader can say now, each with the entry that the
    form is sent to. ``is_first``: the reader is the side that was asked first. ``is_moot``: what
    the newest message asks for was done, or can be done no longer, so it is not said again.
    ``is_asker``: the reader is the side of the need. ``is_settled``: nobody more is
    looked for. ``city``: its id. ``to_give``: what its reader is asked to give, so that the other
    side can reach it. ``questions``: that were asked about it. ``other``: what the other side is
    called.
    """

    id: UUID
    section: Section
    at: datetime
    view: View
    about: About
    status: Phrase | None
    tone: Literal["good", "bad", ""]
    acts: Mapping[Act, UUID]
    is_first: bool = True
    strength: Phrase | None = None
    reasons: list[Phrase] = field(default_factory=list)
    contact: Contact | None = field(default=None, repr=False)
    earlier: list[Earlier] = field(default_factory=list)
    is_moot: bool = False
    next_step: Phrase | None = None
    to_give: Phrase | None = None
    remaining: str = ""
    is_asker: bool = False
    is_settled: bool = False
    city: str = ""
    questions: list[Asked] = field(default_factory=list)
    other: str = ""

    @property
    def waits(self) -> bool:
        """Whether somebody waits for its reader's word; what came of it is asked and can wait."""
        return self.section == "answer" and bool(_WAITS & self.acts.keys())

    @property
    def to_reply(self) -> int:
        """How many questions its reader may answer."""
        return sum(one.entry is not None for one in self.questions)


@dataclass(frozen=True)
class CardMaker:
    """Makes the cards of ``party``, for a reader of ``locale``."""

    party: Party
    directory: Directory
    locale: Locale

    def cards(self, entries: Sequence[Entry], now: datetime) -> list[Card]:
        """The cards of ``entries`` (newest first), the newest matter first."""
        matters: dict[tuple[str, str], list[Entry]] = {}
        for entry in entries:
            matters.setdefault(_matter(entry), []).append(entry)
        cards = [(group[0], self._card(group, now)) for group in matters.values()]
        told: set[tuple[object, ...]] = set()
        return [card for entry, card in cards if not _is_repeated(entry, card, told)]

    def _card(self, group: Sequence[Entry], now: datetime) -> Card:
        newest = group[0]
        message, standing = newest.message, newest.standing
        match = standing.match
        side = reader_side(message, self.party)
        acts = self._acts(group, now)
        to_office = is_to_office(message)
        is_lead = _is_lead(message)
        asked = match if match and ("accept" in acts or is_lead) else None
        reading = self._reading(newest)
        return Card(
            newest.entry_id,
            self._section(newest, acts),
            newest.created_at,
            view(reading, self.directory, self.locale),
            about_of(message, None if to_office else match, side, self.directory, self.locale),
            self._status(newest),
            _tone(newest),
            acts,
            match is None or (side == asked_first(match) and not to_office),
            wording.strength(asked.score) if asked else None,
            wording.reasons(asked.reasons, self.directory, self.locale) if asked else [],
            None if to_office else contact_of(reading, self.directory, self.locale),
            [self._earlier(entry) for entry in group[1:]],
            is_pointless(message, standing, self.party, now),
            None
            if to_office
            else next_step(standing, self.party, is_reachable=newest.is_reachable),
            to_give=None
            if to_office
            else contact_to_give(standing, self.party, is_reachable=newest.is_reachable),
            is_asker=side == "need",
            city=message.need.city or "",
            is_settled=standing.need.state in SETTLED,
            questions=Asking(self.party, self.directory, self.locale).questions(
                group, self._to_reply(group, now)
            ),
            other=name_of(match, other(side), standing, self.directory, self.locale)
            if match and not to_office
            else "",
        )

    def _to_reply(self, group: Sequence[Entry], now: datetime) -> frozenset[UUID]:
        """The entries of questions that may be answered now; a card has a form for each."""
        return frozenset(
            entry.entry_id
            for entry in group
            if "reply" in open_acts(entry.message, entry.standing, self.party, now)
        )

    def _reading(self, entry: Entry) -> Reading:
        return Reading(
            *(entry.message, entry.standing, self.party, entry.cards),
            on_page=True,
            is_reachable=entry.is_reachable,
        )

    def _earlier(self, entry: Entry) -> Earlier:
        shown = view(self._reading(entry), self.directory, self.locale)
        return Earlier(entry.created_at, shown.lead)

    def _acts(self, group: Sequence[Entry], now: datetime) -> dict[Act, UUID]:
        """Each open act with the newest entry on which it is."""
        acts: dict[Act, UUID] = {}
        for entry in group:
            for act in open_acts(entry.message, entry.standing, self.party, now):
                acts.setdefault(act, entry.entry_id)
        return acts

    def _status(self, entry: Entry) -> Phrase | None:
        match = entry.standing.match
        if match is not None and _is_ended_lead(entry):
            return status.of_match(entry.standing, match, self.party)
        if is_to_office(entry.message) or match is None:
            return status.of_need(entry.standing.need)
        return status.of_match(entry.standing, match, self.party)

    def _section(self, entry: Entry, acts: Mapping[Act, UUID]) -> Section:
        match, need = entry.standing.match, entry.standing.need
        if _ASKS & acts.keys() and not _is_lead(entry.message):
            return "answer"
        if is_to_office(entry.message):
            return "past" if need.state in ENDED or _is_ended_lead(entry) else "office"
        if match is None:
            return "past" if need.state in ENDED else "underway"
        if match.state == "introduced":
            return "met"
        said = entry.standing.sayings("accept", "decline", "withdraw")
        is_left = bool(said) and said[-1].act != "accept"
        return "underway" if match.state in ("proposed", "accepted") and not is_left else "past"


def _matter(entry: Entry) -> tuple[str, str]:
    message: Message = entry.message
    if is_to_office(message):
        return ("office", str(entry.entry_id))
    match = match_of(message)
    return ("match", match.match_id) if match else ("need", message.need.id)


def _is_repeated(entry: Entry, card: Card, told: set[tuple[object, ...]]) -> bool:
    """Whether what ``card`` says in the history was ``told`` there already, of which it takes note:
    an ambassador hears of each wave of a demand, and of what is over only that it is.
    """
    if card.section != "past" or not is_to_office(entry.message):
        return False
    shown = card.view
    words = isinstance(shown, NoticeView) and not card.is_moot and (shown.lead, *shown.further)
    said = (entry.message.need.id, card.about.title, repr(card.status), repr(words))
    is_new = said not in told
    told.add(said)
    return not is_new


def _tone(entry: Entry) -> Literal["good", "bad", ""]:
    match, said = entry.standing.match, entry.standing.sayings("accept", "decline", "withdraw")
    if match is None or is_to_office(entry.message):
        return ""
    if match.state == "declined" or (said and said[-1].act != "accept"):
        return "bad"
    return "good" if said or match.state in ("accepted", "introduced") else ""


def _is_ended_lead(entry: Entry) -> bool:
    """Whether an entry tells of an initiative that has ended."""
    match = entry.standing.match
    return _is_lead(entry.message) and match is not None and match.state == "superseded"


def _is_lead(message: Message) -> bool:
    return isinstance(message, Notice) and message.kind == "lead"

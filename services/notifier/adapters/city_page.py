"""What stands on an ambassador's page about its cities, ready for the template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.notifier.adapters.abouts import About, about_need
from services.notifier.adapters.cards import Card
from services.notifier.adapters.views import NoticeView
from services.notifier.adapters.voice import Voice
from services.notifier.domain import status
from services.notifier.domain.city_watch import OpenDemand, Silence, silences, state_of
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Notice
from services.notifier.domain.phrases import Phrase
from services.notifier.domain.text import one_line
from services.notifier.use_cases.ports import Entry


@dataclass(frozen=True, slots=True)
class DemandLine:
    """An open demand. ``asked``: who, and where it stands with each."""

    id: str
    about: About
    status: Phrase | None
    is_unmatched: bool
    remaining: str
    asked: list[tuple[str, Phrase]]


@dataclass(frozen=True, slots=True)
class SilenceLine:
    """Somebody who has not answered. ``demand``: the id of its `DemandLine`."""

    name: str
    demand: str
    title: str
    language: str
    state: Phrase
    remaining: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """A card of the inbox that something can be done on. ``id``: of its entry; ``said``: what
    there is to know of it besides, a sentence each; ``quote``: what somebody asks.
    """

    id: UUID
    about: About
    said: list[Phrase]
    until: datetime | None = None
    quote: str = ""


@dataclass(frozen=True)
class CityPage:
    """The parts of the page for a reader of ``voice``'s language."""

    directory: Directory
    voice: Voice
    now: datetime

    def demands(self, open_ones: Sequence[OpenDemand]) -> list[DemandLine]:
        """The open demands, in the order given."""
        return [
            DemandLine(
                one.need.id,
                about_need(one.need, self.directory, self.voice.locale),
                status.of_need(one.state),
                one.state.state == "unmatched",
                self._remaining(one.need.deadline),
                [(one_line(asked.name), state_of(asked)) for asked in one.asked],
            )
            for one in open_ones
        ]

    def silences(self, open_ones: Sequence[OpenDemand]) -> list[SilenceLine]:
        """Who lets the time pass, what runs out first in front."""
        return [self._silence(one) for one in silences(open_ones, self.now)]

    def _silence(self, one: Silence) -> SilenceLine:
        need, asked = one.demand.need, one.asked
        return SilenceLine(
            one_line(asked.name),
            need.id,
            one_line(need.title),
            need.language,
            state_of(asked),
            self._remaining(asked.answer_by),
        )

    def pointers(self, kind: str, entries: Sequence[Entry], cards: Sequence[Card]) -> list[Pointer]:
        """The cards of notices of ``kind`` on which something is to be said still."""
        messages = {entry.entry_id: entry.message for entry in entries}
        found = []
        for card in cards:
            message = messages[card.id]
            if card.acts and isinstance(card.view, NoticeView) and card.view.kind == kind:
                until = message.until if isinstance(message, Notice) else None
                told = card.view
                found.append(Pointer(card.id, card.about, told.further, until, told.quote))
        return found

    def _remaining(self, due: datetime | None) -> str:
        return self.voice.remaining(due, self.now) if due and due > self.now else ""

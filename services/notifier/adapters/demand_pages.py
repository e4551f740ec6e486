"""The pages on which a city sees its own demands: a list, and one of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from services.notifier.adapters.abouts import About, about_need
from services.notifier.adapters.cards import CardMaker
from services.notifier.adapters.pages import SCRIPT_PATH, Pages, Visit
from services.notifier.domain import status
from services.notifier.domain.city_watch import OpenDemand, state_of, wave_of
from services.notifier.domain.messages import Locale
from services.notifier.domain.phrases import Phrase
from services.notifier.domain.standing import ENDED
from services.notifier.domain.tabs import DEMANDS, Tab
from services.notifier.domain.text import one_line
from services.notifier.use_cases.ports import Entry


@dataclass(frozen=True, slots=True)
class OwnDemand:
    """A demand as its asker sees it. ``path``: of its page, after the link's own; ``asked``: who,
    and where it stands with each; ``waits``: how many things wait for the asker's word.
    """

    path: str
    about: About
    status: Phrase | None
    is_unmatched: bool
    is_over: bool
    wave: Phrase
    asked: list[tuple[str, Phrase]]
    accepted: int
    introduced: int
    wanted: int
    waits: int
    closes_at: datetime | None
    remaining: str


@dataclass(frozen=True)
class DemandPages:
    """Renders the pages with what `Pages` has."""

    pages: Pages

    def listed(
        self,
        visit: Visit,
        demands: Sequence[OpenDemand],
        entries: Sequence[Entry],
        locale: Locale,
    ) -> str:
        """The list of the open demands, those that wait for the city's word in front."""
        waits = self._waits(visit, entries, locale)
        shown = [self._own(one, waits.get(one.need.id, 0), visit.now, locale) for one in demands]
        return self.pages.opened(
            "page/demands.html",
            *(DEMANDS, visit, locale),
            demands=sorted(shown, key=lambda one: one.waits == 0),
        )

    def one(
        self, visit: Visit, demand: OpenDemand, entries: Sequence[Entry], locale: Locale
    ) -> str:
        """The page of one demand, with what the inbox has about it."""
        waits = self._waits(visit, entries, locale).get(demand.need.id, 0)
        shown = self._own(demand, waits, visit.now, locale)
        return self.pages.opened(
            "page/demand.html",
            *(Tab(shown.path, DEMANDS.name), visit, locale),
            item=shown,
            demand_id=demand.need.id,
            script=SCRIPT_PATH,
            sections=self.pages.sections(visit, entries, locale),
            **self.pages.forms(),
        )

    def _own(self, one: OpenDemand, waits: int, now: datetime, locale: Locale) -> OwnDemand:
        voice, need, state = self.pages.voices[locale], one.need, one.state
        due = need.deadline
        return OwnDemand(
            path_of(need.id),
            about_need(need, self.pages.directory, locale),
            status.of_need(state),
            state.state == "unmatched",
            state.state in ENDED,
            wave_of(state),
            [(one_line(asked.name), state_of(asked, to_asker=True)) for asked in one.asked],
            sum(asked.has_accepted for asked in one.asked),
            state.introduced,
            state.wanted,
            waits,
            state.expires_at,
            voice.remaining(due, now) if due and due > now else "",
        )

    def _waits(self, visit: Visit, entries: Sequence[Entry], locale: Locale) -> Mapping[str, int]:
        """How many cards wait for the reader's word, by demand."""
        messages = {entry.entry_id: entry.message for entry in entries}
        counted: defaultdict[str, int] = defaultdict(int)
        maker = CardMaker(visit.visitor.party, self.pages.directory, locale)
        for card in maker.cards(entries, visit.now):
            if card.section == "answer":
                counted[messages[card.id].need.id] += 1
        return counted


def path_of(demand_id: str) -> str:
    """Where the page of a demand is, after the link's own path."""
    return f"{DEMANDS.path}/{quote(demand_id, safe='')}"

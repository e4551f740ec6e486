"""The pages: an inbox, and what is said when a link or an answer is no good."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from services.notifier.adapters.cards import Card, CardMaker
from services.notifier.adapters.city_page import CityPage
from services.notifier.adapters.voice import Voice
from services.notifier.domain import wording
from services.notifier.domain.answers import (
    DECLINE_REASONS,
    LONGEST_QUESTION,
    LONGEST_TEXT,
    OUTCOMES,
    RATINGS,
)
from services.notifier.domain.city_watch import OpenDemand
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import LOCALES, Locale
from services.notifier.domain.tabs import CITY, INBOX, SYSTEMS, Tab
from services.notifier.use_cases.inbox import Visitor
from services.notifier.use_cases.ports import Entry
from services.runtime.endpoints.book import Endpoint

STYLE = (Path(__file__).parent.parent / "assets" / "inbox.css").read_bytes()
STYLE_PATH = f"/assets/inbox-{hashlib.sha256(STYLE).hexdigest()[:12]}.css"
SCRIPT = (Path(__file__).parent.parent / "assets" / "live.js").read_bytes()
SCRIPT_PATH = f"/assets/live-{hashlib.sha256(SCRIPT).hexdigest()[:12]}.js"

PROBLEM_KINDS = (
    *("forged", "expired", "foreign", "bad", "incomplete", "stranger", "answered", "closed"),
    *("home", "away", "unknown", "revoked", "nowhere"),
)
"""What `Pages.problem` can say, as templates/page/problem.html names it."""
_SERVICES = {
    "discord": "Discord",
    "gchat": "Google Chat",
    "pover": "Pushover",
    "slack": "Slack",
    "tgram": "Telegram",
    "twilio": "Twilio",
    "vonage": "Vonage",
    "whatsapp": "WhatsApp",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One showing of a page that a link opens: whose, by which link, with which news on top.

    ``cities``: where the visitor represents the cluster. ``tabs``: the pages that the link opens.
    ``mark``: that of the inbox as it is shown (`adapters/live.py`).
    """

    visitor: Visitor
    token: str
    form_token: str
    now: datetime
    notice: str | None = None
    cities: tuple[str, ...] = ()
    tabs: tuple[Tab, ...] = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class EndpointsVisit:
    """One showing of somebody's own endpoints. ``fresh``: the one whose secret was just made;
    ``typed``: what stood in a form that was refused for ``problem``; ``services``: of pushes.
    """

    visit: Visit
    endpoints: Sequence[Endpoint]
    fresh: Endpoint | None = None
    done: str | None = None
    problem: str | None = None
    typed: Mapping[str, str] = field(default_factory=dict)
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pages:
    """Renders pages in the language of the reader. ``style``: where the style sheet is."""

    voices: dict[Locale, Voice]
    directory: Directory
    cluster: str
    style: str = STYLE_PATH

    def inbox(
        self,
        visit: Visit,
        entries: list[Entry],
        locale: Locale,
        members: Sequence[tuple[str, str]] = (),
    ) -> str:
        """The inbox page. ``members`` (id, name): whom an ambassador may add to candidates."""
        party = visit.visitor.party
        name = self.directory.party(party, locale) or visit.visitor.known.name or party.id
        return self.opened(
            "page/inbox.html",
            *(INBOX, visit, locale),
            name=name,
            script=SCRIPT_PATH,
            sections=self.sections(visit, entries, locale),
            members=members,
            **self.forms(),
        )

    def sections(
        self, visit: Visit, entries: Sequence[Entry], locale: Locale
    ) -> Mapping[str, list[Card]]:
        """The cards of ``entries`` by the section in which they are shown."""
        cards = CardMaker(visit.visitor.party, self.directory, locale).cards(entries, visit.now)
        sections: defaultdict[str, list[Card]] = defaultdict(list)
        for card in cards:
            shown = replace(card, remaining=self._remaining(card, locale, visit.now))
            sections[card.section].append(shown)
        return sections

    def forms(self) -> dict[str, Any]:
        """What the forms of cards are made of (templates/page/forms.html)."""
        return {
            "reasons_to_decline": [
                (reason, wording.decline_reason(reason)) for reason in DECLINE_REASONS
            ],
            "outcomes": [(outcome, wording.outcome(outcome)) for outcome in OUTCOMES],
            "ratings": RATINGS,
            "longest": {"text": LONGEST_TEXT, "question": LONGEST_QUESTION},
        }

    def city(
        self,
        visit: Visit,
        demands: Sequence[OpenDemand],
        entries: Sequence[Entry],
        locale: Locale,
    ) -> str:
        """The page about the cities in which the visitor represents the cluster."""
        parts = CityPage(self.directory, self.voices[locale], visit.now)
        cards = CardMaker(visit.visitor.party, self.directory, locale).cards(entries, visit.now)
        return self.opened(
            "page/city.html",
            *(CITY, visit, locale),
            cities=[self.directory.label("city", city, locale) for city in visit.cities],
            demands=parts.demands(demands),
            silences=parts.silences(demands),
            to_confirm=parts.pointers("confirmation-asked", entries, cards),
            to_reply=parts.pointers("question", entries, cards),
            leads=parts.pointers("lead", entries, cards),
        )

    def opened(
        self, template: str, here: Tab, visit: Visit, locale: Locale, **values: object
    ) -> str:
        """A page that a link opens, made of ``template`` (which extends page/opened.html);
        ``here`` is the one that is shown.
        """
        values |= {"path": f"/inbox/{visit.token}", "zone": visit.visitor.known.preferences.zone}
        return self.render(template, locale, here=here, visit=visit, **values)

    def endpoints(self, shown: EndpointsVisit, locale: Locale) -> str:
        """The page of somebody's own endpoints."""
        return self.opened(
            "page/endpoints.html",
            *(SYSTEMS, shown.visit, locale),
            endpoints=shown.endpoints,
            fresh=shown.fresh,
            done=shown.done,
            problem=shown.problem,
            services=", ".join(map(_service_name, shown.services)),
            typed={"url": "", "note": ""} | dict(shown.typed),
        )

    def problem(self, kind: str, locale: Locale | None, back: str | None = None) -> str:
        """A friendly page about ``kind``; in all languages where the reader's is unknown."""
        voices = [self.voices[locale]] if locale else [self.voices[one] for one in LOCALES]
        bodies = [
            (voice, voice.html.get_template("page/problem.html").render(kind=kind, back=back))
            for voice in voices
        ]
        return self.render("page/problems.html", locale or "fr", kind=kind, bodies=bodies)

    def render(self, template: str, locale: Locale, **values: object) -> str:
        """``template`` with ``values`` and what every page has."""
        cluster = self.directory.label("cluster", self.cluster, locale)
        page = self.voices[locale].html.get_template(template)
        return page.render(values, style=self.style, cluster=cluster)

    def _remaining(self, card: Card, locale: Locale, now: datetime) -> str:
        """The time to the deadline, in words; empty when there is none ahead."""
        due = card.about.deadline
        return self.voices[locale].remaining(due, now) if due and due > now else ""


def _service_name(scheme: str) -> str:
    """What people call a service of pushes, and how its addresses begin."""
    return f"{_SERVICES.get(scheme, scheme)} ({scheme}://)"

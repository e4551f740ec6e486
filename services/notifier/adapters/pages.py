"""The pages: an inbox, and what is said when a link or an answer is no good."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.notifier.adapters.views import NoteView, ProposalView, View, view
from services.notifier.adapters.voice import Voice
from services.notifier.domain import wording
from services.notifier.domain.answers import DECLINE_REASONS
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import LOCALES, Locale
from services.notifier.domain.wording import Phrase
from services.notifier.use_cases.inbox import Visitor
from services.notifier.use_cases.ports import Entry

STYLE = (Path(__file__).parent.parent / "assets" / "inbox.css").read_bytes()
STYLE_PATH = f"/assets/inbox-{hashlib.sha256(STYLE).hexdigest()[:12]}.css"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry as the page shows it. ``remaining`` is the time to the deadline, in words."""

    entry: Entry
    view: View
    status: Phrase
    remaining: str | None


@dataclass(frozen=True, slots=True)
class Visit:
    """One showing of an inbox: whose, by which link, with which news on top."""

    visitor: Visitor
    token: str
    form_token: str
    notice: str | None
    now: datetime


@dataclass(frozen=True)
class Pages:
    """Renders pages in the language of the reader."""

    voices: dict[Locale, Voice]
    directory: Directory
    cluster: str

    def inbox(self, visit: Visit, entries: list[Entry], locale: Locale) -> str:
        """The inbox page."""
        items = [self._item(entry, locale, visit.now) for entry in entries]
        party = visit.visitor.party
        name = self.directory.party(party, locale) or visit.visitor.known.name or party.id
        return self._render(
            "page/inbox.html",
            locale,
            visit=visit,
            name=name,
            path=f"/inbox/{visit.token}",
            open=[item for item in items if item.entry.is_open],
            notes=[item for item in items if isinstance(item.view, NoteView)],
            past=[
                item
                for item in items
                if isinstance(item.view, ProposalView) and not item.entry.is_open
            ],
            reasons_to_decline=[
                (reason, wording.decline_reason(reason)) for reason in DECLINE_REASONS
            ],
        )

    def problem(self, kind: str, locale: Locale | None, back: str | None = None) -> str:
        """A friendly page about ``kind``; in all languages where the reader's is unknown."""
        voices = [self.voices[locale]] if locale else [self.voices[one] for one in LOCALES]
        bodies = [
            (voice, voice.html.get_template("page/problem.html").render(kind=kind, back=back))
            for voice in voices
        ]
        return self._render("page/problems.html", locale or "fr", kind=kind, bodies=bodies)

    def _render(self, template: str, locale: Locale, **values: object) -> str:
        cluster = self.directory.label("cluster", self.cluster, locale)
        page = self.voices[locale].html.get_template(template)
        return page.render(values, style=STYLE_PATH, cluster=cluster)

    def _item(self, entry: Entry, locale: Locale, now: datetime) -> Item:
        shown = view(entry.message, self.directory, locale)
        due = shown.about.deadline
        soon = self.voices[locale].remaining(due, now) if due and due > now else None
        return Item(entry, shown, _status(entry), soon)


def _status(entry: Entry) -> Phrase:
    if entry.state == "proposed" and entry.answer is not None:
        return wording.state({"accept": "accepted", "decline": "declined"}[entry.answer])
    return wording.state(entry.state)

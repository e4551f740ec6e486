"""Writes a folder to look through: each mail as HTML and as plain text, and the pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.notifier.adapters.letters import LetterWriter
from services.notifier.adapters.owner_letters import OwnerLetterWriter
from services.notifier.adapters.pages import PROBLEM_KINDS, STYLE, Pages, Visit
from services.notifier.adapters.preference_page import Choosing, PreferencePage
from services.notifier.adapters.voice import voices
from services.notifier.domain.choices import BadPreferences, Wrong, preferences_of, read
from services.notifier.domain.links import Link
from services.notifier.domain.messages import LOCALES, Locale, Party
from services.notifier.domain.phrases import Phrase
from services.notifier.domain.preference_form import as_fields
from services.notifier.domain.preference_wording import CONCERN_WORDS
from services.notifier.domain.preferences import PUSHED, Preferences
from services.notifier.domain.tabs import tabs_of
from services.notifier.preview.people import AMBASSADOR, CITY, MEMBER, NOW, PEOPLE, directory
from services.notifier.preview.stories import digest, stories, watched
from services.notifier.preview.systems import letter, systems, systems_refused
from services.notifier.use_cases.inbox import Visitor
from services.notifier.use_cases.ports import Claimed, Known

_LINK = "https://hub.example/inbox/a-signed-link"
_UNSUBSCRIBE = "https://hub.example/unsubscribe/a-signed-token"
_EXPIRES_AT = NOW + timedelta(days=60)
_READERS = {"member": MEMBER, "city": CITY, "ambassador": AMBASSADOR}


@dataclass(frozen=True)
class Shown:
    """A mail as its reader gets it. ``name`` is that of its story."""

    name: str
    locale: Locale
    subject: str
    html: str
    text: str


def write(folder: Path) -> Path:
    """Fill ``folder`` and return its ``index.html``. Raises OSError."""
    for part in ("mail", "page"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "page" / "page.css").write_bytes(STYLE)
    shown = list(mails())
    for mail in shown:
        stem = folder / "mail" / f"{mail.name}-{mail.locale}"
        stem.with_suffix(".html").write_text(mail.html, "utf-8")
        stem.with_suffix(".txt").write_text(mail.text, "utf-8")
    names = []
    for name, html in pages():
        (folder / "page" / f"{name}.html").write_text(html, "utf-8")
        names.append(name)
    index = folder / "index.html"
    index.write_text(_index(shown, names), "utf-8")
    return index


def mails() -> Iterator[Shown]:
    """Every mail in every language, those of one story together."""
    writer = LetterWriter(
        *(voices(), directory(), "mnc", "Jisr <hub@jisr.example>"),
        lambda *_: (_LINK, _EXPIRES_AT),
        lambda _: _UNSUBSCRIBE,
    )
    for told in zip(*(stories(locale) for locale in LOCALES), strict=True):
        for story in told:
            yield _shown(story.name, story.claimed(), writer)
    for locale in LOCALES:
        yield _shown("digest", digest(locale), writer)
    owners = OwnerLetterWriter(voices(), directory(), "mnc", "Jisr <hub@jisr.example>")
    for locale in LOCALES:
        told_owner = owners.write(letter(locale), NOW)
        subject, html, text = told_owner["Subject"], told_owner.html, told_owner.text
        yield Shown("endpoint-off", locale, subject, html, text)


def _shown(name: str, claimed: Claimed, writer: LetterWriter) -> Shown:
    letter = writer.write(claimed, NOW)
    subject, html, text = letter["Subject"], letter.html, letter.text
    return Shown(name, claimed.recipient.locale, subject, html, text)


def pages() -> Iterator[tuple[str, str]]:
    """Each page with its name: the inboxes of a member, a city and an ambassador, and problems."""
    shown = Pages(voices(), directory(), "mnc", style="page.css")
    for locale in LOCALES:
        told = stories(locale)
        for name, party in _READERS.items():
            told_it = [story.entry() for story in told if story.recipient.inbox == party]
            visit = _visit(party, locale)
            members = [(one.id, name) for one, name in PEOPLE.items()] if visit.cities else []
            yield f"{name}-{locale}", shown.inbox(visit, told_it, locale, members)
            if visit.cities:
                yield f"{name}-city-{locale}", shown.city(visit, watched(), told_it, locale)
        for name, shown_systems in (("systems", systems), ("systems-refused", systems_refused)):
            page = shown_systems(_visit(MEMBER, locale))
            yield f"member-{name}-{locale}", shown.endpoints(page, locale)
        yield from _choices(shown, locale)
        yield from _unsubscribing(shown, locale)
        for kind in PROBLEM_KINDS:
            yield f"problem-{kind}-{locale}", shown.problem(kind, locale, back="#")


def _choices(shown: Pages, locale: Locale) -> Iterator[tuple[str, str]]:
    """The page on which a member chooses how it is told, as it is and refused."""
    page, visit = PreferencePage(shown), _visit(MEMBER, locale)
    there = as_fields(preferences_of(read({"quiet_days": ["sunday"], "muted_cities": [CITY.id]})))
    wrong: tuple[Wrong, ...] = ()
    try:
        read({"most_a_day": 0, "quiet_hours": "08:00-08:00"})
    except BadPreferences as bad:
        wrong = bad.problems
    choosing = Choosing(visit, there, PUSHED, saved=True)
    yield f"preferences-{locale}", page.show(choosing, locale)
    refused = there | {"most_a_day": ["0"], "quiet_from": ["08:00"]}
    yield (
        f"preferences-refused-{locale}",
        page.show(Choosing(visit, refused, problems=wrong), locale),
    )


def _unsubscribing(shown: Pages, locale: Locale) -> Iterator[tuple[str, str]]:
    for name, gets in (("unsubscribe", True), ("unsubscribed", False)):
        values = {"gets": gets, "changed": not gets, "path": "#"}
        concern = Phrase(CONCERN_WORDS["news"])
        html = shown.render("page/unsubscribe.html", locale, concern=concern, **values)
        yield f"{name}-{locale}", html


def _visit(party: Party, locale: Locale) -> Visit:
    known = Known(PEOPLE.get(party, ""), locale, Preferences(), active=True, link_epoch=1)
    visitor = Visitor(party, known, Link(party, 1, _EXPIRES_AT))
    cities = (CITY.id,) if party == AMBASSADOR else ()
    tabs = tabs_of(represents=bool(cities))
    return Visit(visitor, "a-signed-link", "", NOW, cities=cities, tabs=tabs)


def _index(shown: Sequence[Shown], names: Sequence[str]) -> str:
    environment = Environment(
        loader=PackageLoader("services.notifier", "preview"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    told = [(name, list(group)) for name, group in groupby(shown, lambda mail: mail.name)]
    return environment.get_template("index.html").render(told=told, names=names, locales=LOCALES)

"""Writes a folder to look through: each mail as HTML and as plain text, and the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.notifier.adapters.demand_pages import DemandPages
from services.notifier.adapters.letters import LetterWriter
from services.notifier.adapters.owner_letters import OwnerLetterWriter
from services.notifier.adapters.pages import PROBLEM_KINDS, STYLE, Pages, Visit
from services.notifier.adapters.preference_page import Choosing, PreferencePage
from services.notifier.adapters.rfc5322 import Letter
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
from services.notifier.use_cases.ports import Claimed, Entry, Known

_LINK = "https://hub.example/inbox/a-signed-link"
_UNSUBSCRIBE = "https://hub.example/unsubscribe/a-signed-token"
_EXPIRES_AT = NOW + timedelta(days=60)
_READERS = {"member": MEMBER, "city": CITY, "ambassador": AMBASSADOR}


@dataclass(frozen=True)
class Shown:
    """A mail as its reader gets it, written when it is looked at. ``name`` is that of its story."""

    name: str
    locale: Locale
    _write: Callable[[], Letter]

    @cached_property
    def _letter(self) -> Letter:
        return self._write()

    @property
    def subject(self) -> str:
        """Its subject, decoded."""
        return self._letter["Subject"]

    @property
    def html(self) -> str:
        """Its HTML form, a whole document."""
        return self._letter.html

    @property
    def text(self) -> str:
        """Its plain form."""
        return self._letter.text


@dataclass(frozen=True)
class ShownPage:
    """A page as its reader gets it, rendered when it is looked at. ``name``: that of its file."""

    name: str
    _render: Callable[[], str]

    @cached_property
    def html(self) -> str:
        """The whole document."""
        return self._render()


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
    told = list(pages())
    for page in told:
        (folder / "page" / f"{page.name}.html").write_text(page.html, "utf-8")
    index = folder / "index.html"
    index.write_text(_index(shown, [page.name for page in told]), "utf-8")
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
        yield Shown("endpoint-off", locale, partial(owners.write, letter(locale), NOW))


def _shown(name: str, claimed: Claimed, writer: LetterWriter) -> Shown:
    return Shown(name, claimed.recipient.locale, partial(writer.write, claimed, NOW))


def pages() -> Iterator[ShownPage]:
    """The inboxes of a member, a city and an ambassador, what else they open, and problems."""
    shown = Pages(voices(), directory(), "mnc", style="page.css")
    for locale in LOCALES:
        told = stories(locale)
        for name, party in _READERS.items():
            told_it = [story.entry() for story in told if story.recipient.inbox == party]
            visit = _visit(party, locale)
            members = [(one.id, name) for one, name in PEOPLE.items()] if visit.cities else []
            inbox = partial(shown.inbox, visit, told_it, locale, members)
            yield ShownPage(f"{name}-{locale}", inbox)
            if visit.cities:
                city = partial(shown.city, visit, watched(), told_it, locale)
                yield ShownPage(f"{name}-city-{locale}", city)
            if party == CITY:
                yield from _own_demands(shown, visit, told_it, locale)
        for name, shown_systems in (("systems", systems), ("systems-refused", systems_refused)):
            page = shown_systems(_visit(MEMBER, locale))
            yield ShownPage(f"member-{name}-{locale}", partial(shown.endpoints, page, locale))
        yield from _choices(shown, locale)
        yield from _unsubscribing(shown, locale)
        for kind in PROBLEM_KINDS:
            problem = partial(shown.problem, kind, locale, back="#")
            yield ShownPage(f"problem-{kind}-{locale}", problem)


def _own_demands(
    shown: Pages, visit: Visit, told: Sequence[Entry], locale: Locale
) -> Iterator[ShownPage]:
    """The pages of a city about its demands: all, and one of them."""
    own, demands = DemandPages(shown), watched()
    listed = partial(own.listed, visit, demands, told, locale)
    yield ShownPage(f"city-demands-{locale}", listed)
    of_it = [one for one in told if one.message.need.id == demands[0].need.id]
    yield ShownPage(f"city-demand-{locale}", partial(own.one, visit, demands[0], of_it, locale))


def _choices(shown: Pages, locale: Locale) -> Iterator[ShownPage]:
    """The page on which a member chooses how it is told, as it is and refused."""
    page, visit = PreferencePage(shown), _visit(MEMBER, locale)
    there = as_fields(preferences_of(read({"quiet_days": ["sunday"], "muted_cities": [CITY.id]})))
    wrong: tuple[Wrong, ...] = ()
    try:
        read({"most_a_day": 0, "quiet_hours": "08:00-08:00"})
    except BadPreferences as bad:
        wrong = bad.problems
    choosing = Choosing(visit, there, PUSHED, saved=True)
    yield ShownPage(f"preferences-{locale}", partial(page.show, choosing, locale))
    typed = there | {"most_a_day": ["0"], "quiet_from": ["08:00"]}
    refused = Choosing(visit, typed, problems=wrong)
    yield ShownPage(f"preferences-refused-{locale}", partial(page.show, refused, locale))


def _unsubscribing(shown: Pages, locale: Locale) -> Iterator[ShownPage]:
    for name, gets in (("unsubscribe", True), ("unsubscribed", False)):
        values = {"gets": gets, "changed": not gets, "path": "#"}
        values["concern"] = Phrase(CONCERN_WORDS["news"])
        page = partial(shown.render, "page/unsubscribe.html", locale, **values)
        yield ShownPage(f"{name}-{locale}", page)


def _visit(party: Party, locale: Locale) -> Visit:
    known = Known(PEOPLE.get(party, ""), locale, Preferences(), active=True, link_epoch=1)
    visitor = Visitor(party, known, Link(party, 1, _EXPIRES_AT))
    cities = (CITY.id,) if party == AMBASSADOR else ()
    tabs = tabs_of(represents=bool(cities), asks=party == CITY)
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

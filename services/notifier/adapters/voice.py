"""One language of the hub: its catalogue, and dates, numbers and lists by CLDR."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel import Locale as CldrLocale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from services.notifier.adapters.catalogues import FOLDER, translations
from services.notifier.domain.messages import LOCALES, Locale
from services.notifier.domain.phrases import Phrase, Value
from services.notifier.domain.text import direction, isolate

_TIME_ZONE = ZoneInfo("Africa/Casablanca")
# The regional forms give Moroccan month names in Arabic and day-month order in English.
_CLDR = {"fr": "fr_MA", "ar": "ar_MA", "en": "en_GB"}
_TEMPLATES = FOLDER.parent / "templates"


class Voice:
    """Says phrases, dates and numbers in one language, in HTML or in plain text."""

    def __init__(self, locale: Locale) -> None:
        self.locale = locale
        self.direction = direction(locale)
        self.cldr = CldrLocale.parse(_CLDR[locale])
        self.translations = translations(locale)
        self.html = self._environment(html=True)
        self.text = self._environment(html=False)

    def _environment(self, *, html: bool) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=html,  # noqa: S701 - plain text has nothing to escape
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            auto_reload=False,  # else each mail asks for the age of each file
        )
        environment.install_gettext_translations(  # type: ignore[attr-defined]
            self.translations, newstyle=True
        )
        say = self.phrase_html if html else self.phrase
        environment.globals.update(locale=self.locale, direction=self.direction, LOCALES=LOCALES)
        environment.filters.update(
            say=say,
            day=self.day,
            percent=self.percent,
            apart=bdi if html else self.apart,
            mailto=mailto,
            tel=tel,
        )
        return environment

    def phrase(self, phrase: Phrase) -> str:
        """``phrase`` in plain text; values that run the other way are isolated."""
        values = {name: self._plain(value) for name, value in phrase.values.items()}
        return self.translations.ugettext(phrase.message) % values

    def phrase_html(self, phrase: Phrase) -> Markup:
        """``phrase`` in HTML; each value stands in a ``bdi`` of its own."""
        values = {name: self._marked(value) for name, value in phrase.values.items()}
        return Markup(self.translations.ugettext(phrase.message)) % values  # noqa: S704

    def _plain(self, value: Value) -> str:
        match value:
            case Phrase():
                return self.phrase(value)
            case datetime():
                return self.day(value)
            case str():
                return self.apart(value)
        return self._comma.join(self.apart(part) for part in value)

    def _marked(self, value: Value) -> Markup:
        match value:
            case Phrase():
                return self.phrase_html(value)
            case datetime():
                return escape(self.day(value))
            case str():
                return bdi(value)
        return escape(self._comma).join(bdi(part) for part in value)

    @property
    def _comma(self) -> str:
        # An enumeration, not a sentence: CLDR's lists would join Arabic "and" to Latin words.
        return "، " if self.locale == "ar" else ", "

    def apart(self, text: str) -> str:
        """``text`` isolated from a sentence of this language, where it runs the other way."""
        return isolate(text, self.locale)

    def day(self, moment: datetime) -> str:
        """The day of ``moment`` in Morocco, in words."""
        return format_date(moment.astimezone(_TIME_ZONE), "long", self.cldr)

    def remaining(self, until: datetime, now: datetime) -> str:
        """How far away ``until`` is, as "in 3 weeks"."""
        return format_timedelta(until - now, add_direction=True, locale=self.cldr)

    def percent(self, share: float) -> str:
        """``share`` (0-1) as a whole percentage."""
        return format_percent(share, "#,##0 %" if self.locale == "fr" else None, self.cldr)


def bdi(text: str) -> Markup:
    """``text`` in an element that keeps its direction to itself (HTML, section 4.5.24)."""
    return Markup("<bdi>{}</bdi>").format(escape(text))


def mailto(address: str) -> str:
    """The link that writes to ``address`` (RFC 6068, section 2)."""
    return "mailto:" + quote(address, safe="@")


def tel(number: str) -> str:
    """The link that calls ``number`` (RFC 3966, section 3): digits, and a plus in front."""
    return "tel:" + "".join(c for c in number if c in "+0123456789")


def voices() -> dict[Locale, Voice]:
    """Every language of the hub, read once at start."""
    return {locale: Voice(locale) for locale in LOCALES}

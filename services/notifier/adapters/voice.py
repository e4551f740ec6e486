"""One language of the hub: its catalogue, and dates, numbers and lists by CLDR."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel import Locale as CldrLocale
from babel.dates import (
    format_date,
    format_time,
    format_timedelta,
    get_datetime_format,
    get_timezone_location,
)
from babel.numbers import format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from services.notifier.adapters.catalogues import FOLDER, translations
from services.notifier.domain.local_time import named_day
from services.notifier.domain.messages import LOCALES, Locale
from services.notifier.domain.phrases import Phrase, Value
from services.notifier.domain.preferences import MOROCCO
from services.notifier.domain.text import direction, isolate

HUB_ZONE = ZoneInfo(MOROCCO)
"""Where demands are written, and the clock of whoever is not known to have another."""
_HUB_USUAL = timezone(timedelta(hours=1))
"""Its offset but for Ramadan, when the clock goes back to UTC."""

# The regional forms give Moroccan month names in Arabic and day-month order in English.
_CLDR = {"fr": "fr_MA", "ar": "ar_MA", "en": "en_GB"}
_UNIT_FROM = 1.5
"""Of a larger unit there must be so many before a time is said in it."""
_TEMPLATES = FOLDER.parent / "templates"


class Voice:
    """Says phrases, dates and numbers in one language, in HTML or in plain text.

    Days are those of the reader's clock: templates take its ``zone`` from what they render.
    """

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
        environment.globals.update(
            locale=self.locale, direction=self.direction, LOCALES=LOCALES, zone=HUB_ZONE
        )
        environment.filters.update(
            say=_on_the_readers_clock(say),
            day=_on_the_readers_clock(self.day),
            deadline=_on_the_readers_clock(self.deadline),
            percent=self.percent,
            apart=bdi if html else self.apart,
            mailto=mailto,
            tel=tel,
        )
        return environment

    def phrase(self, phrase: Phrase, zone: ZoneInfo = HUB_ZONE) -> str:
        """``phrase`` in plain text; values that run the other way are isolated."""
        values = {name: self._plain(value, zone) for name, value in phrase.values.items()}
        return self.translations.ugettext(phrase.message) % values

    def phrase_html(self, phrase: Phrase, zone: ZoneInfo = HUB_ZONE) -> Markup:
        """``phrase`` in HTML; each value stands in a ``bdi`` of its own."""
        values = {name: self._marked(value, zone) for name, value in phrase.values.items()}
        return Markup(self.translations.ugettext(phrase.message)) % values  # noqa: S704

    def _plain(self, value: Value, zone: ZoneInfo) -> str:
        match value:
            case Phrase():
                return self.phrase(value, zone)
            case datetime():
                return self.day(value, zone)
            case str():
                return self.apart(value)
        return self._comma.join(self.apart(part) for part in value)

    def _marked(self, value: Value, zone: ZoneInfo) -> Markup:
        match value:
            case Phrase():
                return self.phrase_html(value, zone)
            case datetime():
                return escape(self.day(value, zone))
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

    def day(self, moment: datetime, zone: ZoneInfo = HUB_ZONE) -> str:
        """The day of ``moment`` on the clock of ``zone``, in words."""
        return self._said(moment.astimezone(zone))

    def deadline(self, moment: datetime, zone: ZoneInfo = HUB_ZONE) -> str:
        """The day that was named, for every reader the same; where an hour was named, the day and
        the hour on the clock of ``zone``, which is named too.
        """
        day = named_day(moment, HUB_ZONE, _HUB_USUAL)
        if day is not None:
            return self._said(day)
        local = moment.astimezone(zone)
        hour = format_time(local, "short", locale=self.cldr)
        both = str(get_datetime_format("long", self.cldr))
        said = both.replace("{1}", self.day(moment, zone)).replace("{0}", hour)
        return f"{said} ({self.apart(self.place(zone))})"

    def _said(self, day: date) -> str:
        """``day`` in words; the first of a month is "1er" in French, which CLDR does not have."""
        said = format_date(day, "long", self.cldr)
        return f"1er{said[1:]}" if self.locale == "fr" and day.day == 1 else said

    def place(self, zone: ZoneInfo) -> str:
        """What a clock is called: its city, as CLDR names it."""
        return get_timezone_location(zone, self.cldr, return_city=True)

    def remaining(self, until: datetime, now: datetime) -> str:
        """How far away ``until`` is, as "in 3 weeks"."""
        # Babel rounds from .85 of a unit, and ten months and a half would be said as a year.
        return format_timedelta(
            until - now, threshold=_UNIT_FROM, add_direction=True, locale=self.cldr
        )

    def percent(self, share: float) -> str:
        """``share`` (0-1) as a whole percentage."""
        return format_percent(share, "#,##0 %" if self.locale == "fr" else None, self.cldr)


def _on_the_readers_clock(said: Callable[[Any, ZoneInfo], str]) -> Callable[[Context, Any], str]:
    """A filter that gives ``said`` the ``zone`` of what is rendered."""

    @pass_context
    def filtered(context: Context, value: Any) -> str:
        zone = context.resolve("zone")
        return said(value, zone if isinstance(zone, ZoneInfo) else HUB_ZONE)

    return filtered


def bdi(text: str) -> Markup:
    """``text`` in an element that keeps its direction to itself (HTML, section 4.5.24)."""
    return Markup("<bdi>{}</bdi>").format(escape(text))


def mailto(address: str) -> str:
    """The link that writes to ``address`` (RFC 6068, section 2)."""
    return "mailto:" + quote(address, safe="@")


def tel(number: str) -> str:
    """The link that calls ``number`` (RFC 3966, section 3): digits, and a plus in front."""
    return "tel:" + "".join(c for c in number if c in "+0123456789")


@cache
def _voice(locale: Locale) -> Voice:
    return Voice(locale)


def voices() -> dict[Locale, Voice]:
    """Every language of the hub, read once a process: a voice never changes."""
    return {locale: _voice(locale) for locale in LOCALES}

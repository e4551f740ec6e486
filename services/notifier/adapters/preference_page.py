"""The page on which somebody chooses how it is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.notifier.adapters.pages import Pages, Visit
from services.notifier.domain import wording
from services.notifier.domain.answers import Fields
from services.notifier.domain.choice_fields import MOST_A_DAY
from services.notifier.domain.choices import Wrong
from services.notifier.domain.concerns import Concern
from services.notifier.domain.messages import Channel, Locale
from services.notifier.domain.muting import path
from services.notifier.domain.phrases import Phrase
from services.notifier.domain.preference_wording import (
    CHANNEL_WORDS,
    CONCERN_WORDS,
    FIELD_WORDS,
    PACE_WORDS,
    PROBLEM_WORDS,
)
from services.notifier.domain.preferences import WEEK
from services.notifier.domain.tabs import CHOICES
from services.notifier.domain.text import sorted_as

_ZONES = (
    *("Africa/Casablanca", "Africa/Algiers", "Africa/Dakar", "Africa/Tunis", "America/Montreal"),
    *("America/New_York", "Asia/Dubai", "Asia/Shanghai", "Europe/Brussels", "Europe/London"),
    *("Europe/Madrid", "Europe/Paris", "UTC"),
)
_STRENGTHS = ("0.4", "0.6", "0.8")
_MUTING = ("muted_cities", "muted_niches", "kept_niches")
_OWN_NAMES: dict[Locale, str] = {"fr": "Français", "ar": "العربية", "en": "English"}


@dataclass(frozen=True, slots=True)
class Choosing:
    """One showing of the form. ``fields``: as it stands; ``channels``: that its reader has, which
    it offers; ``problems``: what cannot be taken.
    """

    visit: Visit
    fields: Fields
    channels: tuple[Channel, ...] = ("mail",)
    problems: tuple[Wrong, ...] = ()
    saved: bool = False


Named = tuple[str, str]
"""The id and the name of a city or a field."""


@dataclass(frozen=True, slots=True)
class Group:
    """A field with fields below it: ``alone`` have none below themselves, ``groups`` have.
    ``below``: all of them. The outermost, of what stands below nothing, has no id and no name.
    """

    id: str
    name: str
    alone: Sequence[Named]
    groups: Sequence[Group]
    below: Sequence[Named]


@dataclass(frozen=True)
class PreferencePage:
    """Renders the page with what `Pages` has."""

    pages: Pages

    def show(self, choosing: Choosing, locale: Locale) -> str:
        """The page in ``locale``."""
        chosen = {of: choosing.fields.get(of, ()) for of in _MUTING}
        niches = [*chosen["muted_niches"], *chosen["kept_niches"]]
        return self.pages.opened(
            "page/preferences.html",
            *(CHOICES, choosing.visit, locale),
            choosing=choosing,
            wrong=[one.field for one in choosing.problems],
            problems=[(one.field, _what_to_do(one)) for one in choosing.problems],
            concerns=_phrases(
                {name: words for name, words in CONCERN_WORDS.items() if _concerns(choosing, name)}
            ),
            channels=_phrases({one: CHANNEL_WORDS[one] for one in choosing.channels}),
            paces=_phrases(PACE_WORDS),
            labels=dict(_phrases(FIELD_WORDS)),
            days=list(zip(WEEK, self._days(locale), strict=True)),
            zones=_ZONES,
            strengths=[(one, wording.strength(float(one))) for one in _STRENGTHS],
            tongues=list(_OWN_NAMES.items()),
            most_a_day=MOST_A_DAY,
            cities=self._names("city", chosen["muted_cities"], locale),
            fields=self._fields(niches, locale),
            chosen=chosen,
        )

    def _days(self, locale: Locale) -> list[str]:
        names = self.pages.voices[locale].cldr.days["stand-alone"]["wide"]
        return [names[day] for day in range(len(WEEK))]

    def _names(self, kind: str, chosen: Sequence[str], locale: Locale) -> list[tuple[str, str]]:
        """All that can be muted, by name in ``locale``; with what was, known or not."""
        directory = self.pages.directory
        known = {name for found, name in directory.labels if found == kind} | set(chosen)
        named = [(one, directory.label(kind, one, locale)) for one in known]  # type: ignore[arg-type]
        return sorted(named, key=_by_name)

    def _fields(self, chosen: Sequence[str], locale: Locale) -> Group:
        """All fields, each below what it stands below."""
        names, tree = self._names("niche", chosen, locale), self.pages.directory.parents
        known = {one for one, _ in names}
        below: dict[str, list[Named]] = defaultdict(list)
        for one in names:
            # The nearest above it that has a name; in a circle nothing is above anything.
            steps = path(one[0], tree)
            is_circle = tree.get(steps[-1]) in steps
            above = () if is_circle else steps[1:]
            below[next((step for step in above if step in known), "")].append(one)

        def group(of: Named) -> Group:
            own = below[of[0]]
            groups = [group(one) for one in own if one[0] in below]
            further = [one for inner in groups for one in inner.below]
            everything = sorted([*own, *further], key=_by_name)
            return Group(*of, [one for one in own if one[0] not in below], groups, everything)

        return group(("", ""))


def _by_name(one: Named) -> tuple[str, str]:
    return sorted_as(one[1]), one[0]


def _what_to_do(wrong: Wrong) -> Phrase:
    words = PROBLEM_WORDS.get(wrong.field)
    return Phrase(words) if words else wrong.what


def _concerns(choosing: Choosing, concern: Concern) -> bool:
    """Whether ``concern`` is shown: what an office is told concerns who holds one."""
    return concern != "office" or bool(choosing.visit.cities)


def _phrases(words: Mapping[Any, str]) -> list[tuple[str, Phrase]]:
    return [(name, Phrase(text)) for name, text in words.items()]

"""What somebody chose, as data: read field by field, laid over one another, made `Preferences`.

A choice has the form in which it is stored, sent and shown: JSON. What is left out was not chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from types import MappingProxyType

from services.notifier.domain.choice_fields import READERS, VALUES, Json, Unfit
from services.notifier.domain.concerns import CONCERNS
from services.notifier.domain.directory import Directory, EntryKind
from services.notifier.domain.messages import Channel
from services.notifier.domain.phrases import N_, Phrase
from services.notifier.domain.preferences import PUSHED, WEEK, Preferences
from services.notifier.domain.text import excerpt

Choices = Mapping[str, Json]
"""Field to value, each as `read` gives it. The fields are those of `Preferences`, and
``time_zone`` for its zone.
"""
NOTHING: Choices = MappingProxyType({})
_NAMED: Mapping[str, EntryKind] = {
    "muted_cities": "city",
    "muted_niches": "niche",
    "kept_niches": "niche",
}
FIELDS: tuple[str, ...] = tuple(READERS)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One value that cannot be taken: the ``field``, and ``what`` to write instead."""

    field: str
    what: Phrase

    def in_english(self) -> str:
        """``what``, for programs and logs."""
        return self.what.message % self.what.values


class BadPreferences(ValueError):
    """Some of these preferences cannot be taken"""

    def __init__(self, problems: tuple[Wrong, ...]) -> None:
        super().__init__("; ".join(f"{one.field}: {one.in_english()}" for one in problems))
        self.problems = problems


def read(raw: Mapping[str, object]) -> dict[str, Json]:
    """``raw`` (as it came by JSON) in the form that is kept. None takes a choice back.

    Raises `BadPreferences` with every value that cannot be taken.
    """
    found: dict[str, Json] = {}
    problems: list[Wrong] = []
    for name, value in raw.items():
        if name not in READERS:
            fields = ", ".join(READERS)
            unknown = Phrase(N_("there is no such preference; there are: %(fields)s"))
            problems.append(Wrong(str(name), Phrase(unknown.message, {"fields": fields})))
            continue
        try:
            found[name] = None if value is None else READERS[name](value)
        except Unfit as unfit:
            problems.append(Wrong(name, unfit.what))
    if problems:
        raise BadPreferences(tuple(problems))
    return found


def must_be_known(directory: Directory, raw: Mapping[str, object]) -> None:
    """Raise `BadPreferences` for cities and niches that ``directory`` does not have: what is
    mistyped would silence nothing. A directory without any of a kind says nothing about it.
    """
    problems = []
    for name, kind in _NAMED.items():
        value, known = raw.get(name), directory.named(kind)
        ids = [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
        strange = [one for one in ids if one not in known]
        if strange and known:
            values = {"values": excerpt(", ".join(strange), 300)}
            what = Phrase(N_("the directory does not have: %(values)s"), values)
            problems.append(Wrong(name, what))
    if problems:
        raise BadPreferences(tuple(problems))


def read_leniently(raw: Mapping[str, object]) -> tuple[dict[str, Json], list[str]]:
    """As `read`, without what cannot be taken; and the names of that."""
    found: dict[str, Json] = {}
    refused: list[str] = []
    for name, value in raw.items():
        try:
            found |= read({name: value})
        except BadPreferences:
            refused.append(str(name))
    return {name: value for name, value in found.items() if value is not None}, refused


def laid_over(chosen: Choices, changes: Choices) -> dict[str, Json]:
    """``chosen`` after ``changes`` (of `read`): a None in it takes a choice back; of channels and
    paces, each concern is a choice of its own.
    """
    result = dict(chosen)
    for name, value in changes.items():
        if isinstance(value, Mapping):
            by_concern = {**result.get(name, {}), **value}
            value = {concern: one for concern, one in by_concern.items() if one is not None}
        if value is None or value == {}:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def differing(wanted: Choices, given: Preferences) -> dict[str, Json]:
    """The changes after which ``wanted`` (of `read`) holds over ``given``: what is as given is no
    choice of its own, and follows the hub.
    """
    base = shown(given)
    changes: dict[str, Json] = {}
    for name, value in wanted.items():
        if isinstance(value, Mapping):
            changes[name] = {
                concern: None if base[name][concern] == one else one
                for concern, one in value.items()
            }
        else:
            changes[name] = None if value == base[name] else value
    return changes


def preferences_of(*layers: Choices) -> Preferences:
    """The preferences that ``layers`` make, the last over those before, over the defaults."""
    chosen: dict[str, Json] = {}
    for layer in layers:
        chosen = laid_over(chosen, layer)
    values = {
        name: VALUES[name](value) if name in VALUES else value for name, value in chosen.items()
    }
    defaults = Preferences()
    for name, given in (("channels", defaults.channels), ("pace", defaults.pace)):
        if name in values:
            values[name] = {**given, **values[name]}
    if "time_zone" in values:
        values["zone"] = values.pop("time_zone")
    return Preferences(**values)


def shown(preferences: Preferences) -> dict[str, Json]:
    """``preferences`` in full, in the form of a choice; `read` takes it as it is."""
    quiet = preferences.quiet_hours
    paused = preferences.paused_until
    return {
        "locale": preferences.locale,
        "channels": {c: _ordered(preferences.channels[c]) for c in CONCERNS},
        "pace": {concern: preferences.pace[concern] for concern in CONCERNS},
        "instant_score": "never"
        if preferences.instant_score is None
        else preferences.instant_score,
        "digest_at": _clock(preferences.digest_at),
        "digest_day": WEEK[preferences.digest_day],
        "quiet_hours": f"{_clock(quiet.begin)}-{_clock(quiet.end)}" if quiet else "none",
        "quiet_days": [WEEK[day] for day in sorted(preferences.quiet_days)],
        "time_zone": preferences.zone.key,
        "least_score": preferences.least_score,
        "most_a_day": preferences.most_a_day,
        "paused_until": paused.isoformat() if paused else None,
        "muted_niches": sorted(preferences.muted_niches),
        "kept_niches": sorted(preferences.kept_niches),
        "muted_cities": sorted(preferences.muted_cities),
    }


def _ordered(channels: frozenset[Channel]) -> list[str]:
    return [channel for channel in PUSHED if channel in channels]


def _clock(moment: time) -> str:
    return f"{moment:%H:%M}"

"""The form on which somebody chooses how it is told: its fields as a choice, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from services.notifier.domain.answers import Fields
from services.notifier.domain.choices import shown
from services.notifier.domain.concerns import CONCERNS, Concern
from services.notifier.domain.local_time import instants
from services.notifier.domain.preferences import PUSHED, Preferences


def as_fields(preferences: Preferences, now: datetime | None = None) -> dict[str, list[str]]:
    """``preferences`` as the fields of a form that was opened ``now``: a pause that is over by then
    is none.
    """
    told = shown(preferences)
    quiet = preferences.quiet_hours
    paused = preferences.pause_at(now) if now else preferences.paused_until
    fields = {
        name: [str(told[name])]
        for name in ("digest_at", "digest_day", "time_zone", "most_a_day", "least_score")
    }
    fields |= {
        "locale": [preferences.locale or ""],
        "instant_score": [str(told["instant_score"])],
        "quiet": ["on"] if quiet else [],
        "quiet_from": [f"{quiet.begin:%H:%M}" if quiet else "20:00"],
        "quiet_until": [f"{quiet.end:%H:%M}" if quiet else "08:00"],
        "quiet_days": told["quiet_days"],
        "paused_until": [paused.astimezone(preferences.zone).date().isoformat() if paused else ""],
        "muted_cities": told["muted_cities"],
        "muted_niches": told["muted_niches"],
        "kept_niches": told["kept_niches"],
    }
    for concern in CONCERNS:
        fields[f"pace:{concern}"] = [preferences.pace[concern]]
        for channel in PUSHED:
            fields[f"{channel}:{concern}"] = ["on"] if preferences.wants(channel, concern) else []
    return fields


def as_choice(fields: Fields, present: Preferences, now: datetime | None = None) -> dict[str, Any]:
    """What ``fields`` of a form that was opened before ``now`` choose, for `choices.read` to judge:
    everything that the form shows. It shows the concerns that have a pace in it, and of the
    channels the mail and those that ``channel`` names; the others stay as they are in ``present``.
    """
    shown_ones = [concern for concern in CONCERNS if f"pace:{concern}" in fields]
    return {
        "locale": _one(fields, "locale") or None,
        "pace": {concern: _one(fields, f"pace:{concern}") for concern in shown_ones},
        "channels": {concern: _channels(fields, present, concern) for concern in shown_ones},
        "instant_score": _number(_one(fields, "instant_score"), float),
        "least_score": _number(_one(fields, "least_score"), float),
        "digest_at": _one(fields, "digest_at"),
        "digest_day": _one(fields, "digest_day"),
        "quiet_hours": f"{_one(fields, 'quiet_from')}-{_one(fields, 'quiet_until')}"
        if fields.get("quiet")
        else "none",
        "quiet_days": list(fields.get("quiet_days", ())),
        "time_zone": _one(fields, "time_zone").strip(),
        "most_a_day": _number(_one(fields, "most_a_day"), int),
        "paused_until": _pause(fields, present, now),
        "muted_cities": list(fields.get("muted_cities", ())),
        "muted_niches": list(fields.get("muted_niches", ())),
        "kept_niches": list(fields.get("kept_niches", ())),
    }


def filled_in(fields: Fields) -> dict[str, Sequence[str]]:
    """``fields`` as they were sent, and empty what was not: a box that is not ticked, for one."""
    empty = {name: [] if is_box else [""] for name, is_box in _IS_BOX.items()}
    return {**empty, **fields}


def _one(fields: Fields, name: str) -> str:
    values = fields.get(name) or ("",)
    return values[0]


def _number(text: str, kind: type[int] | type[float]) -> int | float | str:
    try:
        return kind(text)
    except ValueError:
        return text


def _channels(fields: Fields, present: Preferences, concern: Concern) -> list[str]:
    on_the_form = {"mail", *fields.get("channel", ())}
    return [
        channel
        for channel in PUSHED
        if (
            bool(fields.get(f"{channel}:{concern}"))
            if channel in on_the_form
            else present.wants(channel, concern)
        )
    ]


def _pause(fields: Fields, present: Preferences, now: datetime | None) -> str | None:
    """The begin of the chosen day on the reader's clock; a pause to another hour of the same day
    stays, and one that is over, neither of which the form shows.
    """
    text = _one(fields, "paused_until").strip()
    if [text] == as_fields(present, now)["paused_until"]:
        return present.paused_until.isoformat() if present.paused_until else None
    if not text:
        return None
    named = _one(fields, "time_zone").strip()
    zone = ZoneInfo(named) if named in available_timezones() else present.zone
    try:
        day = date.fromisoformat(text)
        return instants(day, time(0, 0), zone)[0].isoformat()
    except (ValueError, OverflowError):
        return text


_IS_BOX = {
    name: name.startswith(tuple(f"{channel}:" for channel in PUSHED))
    or name in ("quiet", "quiet_days", "muted_cities", "muted_niches", "kept_niches")
    for name in as_fields(Preferences())
}

"""How the readers of a simulated year want to be told, as a model: half never chose anything."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from services.notifier.domain.concerns import CONCERNS
from services.notifier.domain.messages import Party
from services.notifier.domain.preferences import PACES, WEEK

CHOOSES, CHANGES_A_YEAR = 0.5, 0.6
_ZONES = ("Africa/Casablanca", "Africa/Casablanca", "Europe/Paris", "Africa/Dakar", "Asia/Dubai")


def chance_of(seed: int, reader: Party, *about: object) -> np.random.Generator:
    """The generator for what a reader does."""
    words = ("mail", reader.kind, reader.id, *map(str, about))
    return np.random.default_rng([seed, 11, *(zlib.crc32(word.encode()) for word in words)])


def first_choice(seed: int, reader: Party) -> dict[str, Any]:
    """What a reader chose before the year."""
    chance = chance_of(seed, reader, "first")
    return choice(chance, None) if chance.random() < CHOOSES else {}


def changes(seed: int, reader: Party, begin: datetime, days: int) -> list[datetime]:
    """When a reader chooses anew."""
    chance = chance_of(seed, reader, "changes")
    many = int(chance.poisson(CHANGES_A_YEAR * days / 365))
    return sorted(begin + timedelta(days=days * float(chance.random())) for _ in range(many))


def choice(chance: np.random.Generator, now: datetime | None) -> dict[str, Any]:
    """Something to choose, as JSON has it; a pause only from ``now`` on."""
    begin, end = chance.choice(24, 2, replace=False)
    concern = str(chance.choice(CONCERNS))
    offered: dict[str, Any] = {
        "pace": str(chance.choice(PACES)),
        "instant_score": [0.6, 0.9, "never"][chance.integers(3)],
        "digest_at": f"{chance.integers(24):02}:{chance.choice((0, 15, 30)):02}",
        "digest_day": str(chance.choice(WEEK)),
        "quiet_hours": f"{begin:02}:00-{end:02}:30" if chance.random() < 0.8 else "none",
        "quiet_days": [str(day) for day in chance.choice(WEEK, chance.integers(1, 3), False)],
        "time_zone": str(chance.choice(_ZONES)),
        "least_score": float(chance.choice((0.3, 0.5))),
        "most_a_day": int(chance.integers(1, 6)),
        "channels": {concern: []},
    }
    if now is not None:
        offered["paused_until"] = (now + timedelta(days=float(chance.uniform(1, 30)))).isoformat()
    taken = {name: value for name, value in offered.items() if chance.random() < 0.35}
    if isinstance(taken.get("pace"), str) and chance.random() < 0.5:
        taken["pace"] = {concern: taken["pace"]}
    return taken

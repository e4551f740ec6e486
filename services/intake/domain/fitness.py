"""What a submission says against what the hub knows: its cities, its niches, and the time.

A city that the directory does not have is a fault: nobody would be its ambassador, and its name
is most likely mistyped. A niche that the vocabulary does not have is worth a warning only: the
texts say what is meant, and vocabularies grow. While the directory has no city at all (or no
niche), there is nothing to judge by, and a first load may come in any order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.facts import Draft


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that does not fit. ``pointer`` is an RFC 6901 JSON Pointer into the body."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Known:
    """Which entries of the directory are active, of those asked for, as "city:oujda"; and
    whether it has any city and any niche.
    """

    entries: frozenset[str] = frozenset()
    has_cities: bool = False
    has_niches: bool = False


def named(draft: Draft) -> set[str]:
    """The entries of the directory that ``draft`` names."""
    cities = {f"city:{city}" for _, city in _cities(draft)}
    return cities | {f"niche:{niche}" for niche in _niches(draft)}


def faults(draft: Draft, known: Known, now: datetime) -> list[Remark]:
    """Why the hub cannot take ``draft`` as a new version; a deadline is judged at ``now``."""
    found = [
        Remark(
            pointer,
            "unknown_city",
            f"The directory has no city {city!r}. Correct the id, or ask the hub to add the city.",
        )
        for pointer, city in _cities(draft)
        if known.has_cities and f"city:{city}" not in known.entries
    ]
    deadline = draft.content.get("deadline")
    if deadline is not None and datetime.fromisoformat(deadline) <= now:
        detail = f"{deadline} is over. Give a moment ahead, or leave it out."
        found.append(Remark("/deadline", "past", detail))
    return found


def warnings(draft: Draft, known: Known) -> list[Remark]:
    """What its sender may want to correct, although ``draft`` is taken."""
    told = [
        Remark(
            pointer,
            "contact_blanked",
            "An address or a telephone number stood here and was left out. Send it as `contact`: "
            "both sides are given it when both have accepted.",
        )
        for pointer in draft.blanked
    ]
    return told + [
        Remark(
            f"/niches/{place}",
            "unknown_niche",
            f"The vocabulary has no niche {niche!r}: it counts for nothing until it has.",
        )
        for place, niche in enumerate(_niches(draft))
        if known.has_niches and f"niche:{niche}" not in known.entries
    ]


def _cities(draft: Draft) -> Iterable[tuple[str, str]]:
    """Where a demand or an offer names a city, and which."""
    if draft.kind not in ("demand", "offer"):
        return
    if city := draft.content.get("city"):
        yield "/city", city
    owner = draft.content.get("owner") or {}
    if owner.get("type") == "city":
        yield "/owner/id", owner["id"]


def _niches(draft: Draft) -> list[str]:
    return [] if draft.kind == "directory" else list(draft.content.get("niches", ()))

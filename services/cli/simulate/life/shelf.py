"""What a folder's members look for, and what is offered: the other half of the matching."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.cli import taken
from services.cli.demo.samples import lines
from services.matcher.adapters import events, supply_events
from services.matcher.adapters.supply_events import supply_of_offer
from services.matcher.domain import analysis
from services.matcher.domain.model import Need, Supply


def interests_of(folder: Path) -> Sequence[Need]:
    """The interests of the folder's members, as needs; judged by their words."""
    members = [taken.member(item) for item in lines(folder / "members.jsonl")]
    needs = (
        events.need_of_interests(one, analysis.language_of(" ".join(one.interests)))
        for one in members
    )
    return [need for need in needs if need.is_open]


def offers_of(folder: Path) -> Sequence[Supply]:
    """The folder's offers, as long as the year is; none where it has no file of them."""
    path = folder / "offers.jsonl"
    found = [taken.offer(item) for item in lines(path)] if path.exists() else []
    supplies = (supply_of_offer(one.model_copy(update={"deadline": None})) for one in found)
    return [supply_events.supply(one, None) for one in supplies]

"""The lines for places of offers in a simulated hub: as `adapters/lines.py` keeps them, on the
virtual clock; who gets a place is decided by the service's own `share`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from services.cli.simulate.life.clock import Clock
from services.cli.simulate.life.opened import Opened
from services.cli.simulate.life.supplies import Supplies
from services.matcher.domain.allocation import Application, share
from services.matcher.domain.life.case import Pair
from services.matcher.domain.life.happenings import Happening, Numbered, PlaceGiven
from services.matcher.domain.model import match_id
from services.matcher.domain.policy import Policy


@dataclass
class Lines:
    """``needs`` are all that there are, ``scores`` those of their matches, by the match's id;
    ``happens`` lets something happen to a need.
    """

    policy: Policy
    supplies: Supplies
    clock: Clock
    needs: dict[str, Opened]
    scores: dict[str, float]
    happens: Callable[[str, Happening], None]
    given: int = 0
    _due: dict[str, datetime] = field(default_factory=dict)

    def takes(self, pair: Pair) -> bool:
        """Whether who accepts ``pair`` gets in line for a place; see `answers._batched`."""
        limited = self.supplies.facts[pair.supply_id].capacity is not None
        wants = pair.asked == "need" and pair.supply_kind == "offer"
        return wants and limited and self.policy.batch is not None

    def join(self, supply_id: str) -> None:
        """Somebody gets in line: places are given with those of the same kind not long after."""
        if supply_id in self._due or self.policy.batch is None:
            return
        now, batch, offer = self.clock.now, self.policy.batch, self.supplies.facts[supply_id]
        rounds = [
            due
            for other, due in self._due.items()
            if self.supplies.facts[other].offers == offer.offers and due >= now + batch / 2
        ]
        due = min(rounds, default=now + batch)
        others = sum(pair.in_line for _, pair in self._waiting([supply_id]))
        if others > 1 and not self.supplies.has_room(supply_id):
            due = now
        self._at(supply_id, min(due, offer.deadline) if offer.deadline else due)

    def look(self, supply_id: str) -> None:
        """A place came free, or somebody went: the line is looked at now."""
        if supply_id not in self._due and any(self._waiting([supply_id])):
            self._at(supply_id, self.clock.now)

    def forgotten(self) -> list[tuple[str, str]]:
        """Who waits (the need, the offer) though a place is free and no batch is to come."""
        left = [i for i in self.supplies.facts if i not in self._due and self._free(i)]
        return [(need_id, pair.supply_id) for need_id, pair in self._waiting(left)]

    def _at(self, supply_id: str, due: datetime) -> None:
        self._due[supply_id] = due
        self.clock.at(due, lambda: self._give(supply_id))

    def _give(self, supply_id: str) -> None:
        """Give the places of every offer of one kind whose time has come."""
        if supply_id not in self._due:
            return  # it was given with another one
        facts, now = self.supplies.facts, self.clock.now
        kind = facts[supply_id].offers
        offers = {i for i, due in self._due.items() if due <= now and facts[i].offers == kind}
        for offer in offers:
            del self._due[offer]
        places = {i: self._free(i) for i in offers if facts[i].active}
        wanted = [
            Application(
                need_id,
                pair.supply_id,
                self.scores[pair.match_id],
                1 if (said := pair.said_by(pair.other)) and said.answer == "accept" else None,
            )
            for need_id, pair in self._waiting(places)
        ]
        holders = {
            one.need_id for one in wanted if self._holds(self.needs[one.need_id].case.pairs, kind)
        }
        found = share(wanted, places, holders=holders, binding=self.policy.rankings_bind)
        for need_id, offer_id in found.given:
            self.happens(need_id, PlaceGiven(match_id(need_id, offer_id)))
        for offer_id, line in found.lines.items():
            for number, need_id in enumerate(line, start=1):
                self.happens(need_id, Numbered(match_id(need_id, offer_id), number))
        self.given += len(found.given)

    def _free(self, supply_id: str) -> int:
        capacity = self.supplies.facts[supply_id].capacity
        return 0 if capacity is None else max(capacity - self.supplies.taken[supply_id], 0)

    def _holds(self, pairs: Iterable[Pair], kind: str | None) -> bool:
        facts = self.supplies.facts
        return any(p.place == "held" and facts[p.supply_id].offers == kind for p in pairs)

    def _waiting(self, supply_ids: Iterable[str]) -> list[tuple[str, Pair]]:
        wanted = set(supply_ids)
        return [
            (need_id, pair)
            for need_id, opened in sorted(self.needs.items())
            if opened.need.kind == "interest"
            for pair in opened.case.pairs
            if pair.in_line and pair.supply_id in wanted
        ]

"""The supplies of a simulated hub: their facts, their places, and what their owners were asked."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Owner, Supply
from services.matcher.domain.policy import Spread
from services.matcher.domain.spread import Load, load_of

_DAY = timedelta(days=1)


@dataclass
class Supplies:
    """``facts`` by id, as their owners tell them; ``index`` has them with the places taken.
    ``moved`` are the kinds of supply of which one changed, or was full and is no more, or is now.
    """

    facts: dict[str, Supply]
    index: SupplyIndex
    moved: set[str] = field(default_factory=set)
    taken: Counter[str] = field(default_factory=Counter)
    _revision: int = 0

    def change(self, supply: Supply) -> None:
        """A supply comes in a newer version."""
        self.facts[supply.supply_id] = supply
        self._publish(supply.supply_id)
        self.moved.add(supply.kind)

    def has_room(self, supply_id: str) -> bool:
        """Whether a place is left."""
        capacity = self.facts[supply_id].capacity
        return capacity is None or self.taken[supply_id] < capacity

    def take(self, supply_id: str, places: int) -> bool:
        """Take a place, or free it (-1); whether it is the last one, or was."""
        before = self.has_room(supply_id)
        self.taken[supply_id] += places
        self._publish(supply_id)
        edge = before != self.has_room(supply_id)
        if edge:
            self.moved.add(self.facts[supply_id].kind)
        return edge

    def _publish(self, supply_id: str) -> None:
        """As the service: another revision for the index, whatever changed."""
        self._revision += 1
        facts = self.facts[supply_id]
        version = facts.version + self._revision
        self.index.put(replace(facts, taken=self.taken[supply_id], version=version))


@dataclass
class Asked:
    """Who was asked for demands, and when; ``waits`` says whether one still does."""

    spread: Spread | None
    waits: Callable[[str, str], bool]
    _asked: dict[Owner, deque[tuple[datetime, str, str]]] = field(
        default_factory=lambda: defaultdict(deque)
    )

    def note(self, owner: Owner, need_id: str, supply_id: str, now: datetime) -> None:
        """``owner`` is asked."""
        self._asked[owner].append((now, need_id, supply_id))

    def loads(self, owners: Iterable[Owner], now: datetime) -> Mapping[Owner, Load]:
        """The load of each of ``owners``."""
        spread = self.spread
        return {owner: self._load(owner, now, spread) for owner in owners} if spread else {}

    def _load(self, owner: Owner, now: datetime, spread: Spread) -> Load:
        asked = self._asked[owner]
        while asked and now - asked[0][0] > spread.window * _DAY:
            asked.popleft()
        waiting = sum(self.waits(need_id, supply_id) for _, need_id, supply_id in asked)
        return load_of(((now - when) / _DAY for when, _, _ in asked), waiting, spread)

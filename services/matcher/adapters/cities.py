"""What the directory says of cities: their axes, and who speaks there for the hub's cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.directory import Ambassador, City, DirectoryItem
from services.matcher.domain.inference import Niche
from services.matcher.use_cases.leads import City as Known

_LANGUAGE = "fr"


@dataclass
class Cities:
    """The active cities and the offices of the ambassadors, as told last."""

    cluster: str
    _cities: dict[str, City] = field(default_factory=dict)
    _offices: dict[str, Ambassador] = field(default_factory=dict)

    def take(self, entry: DirectoryItem) -> None:
        """Learn an entry; those of other kinds, and offices of other clusters, are left out."""
        if isinstance(entry, City):
            self._cities[entry.id] = entry
        elif isinstance(entry, Ambassador) and entry.cluster == self.cluster:
            self._offices[entry.city] = entry

    def ambassadors(self, city: str) -> frozenset[str]:
        """The members that hold the office of a city, the deputy included."""
        office = self._offices.get(city)
        if office is None or not office.active:
            return frozenset()
        return frozenset(filter(None, (office.member_id, office.deputy_id)))

    def known(self, niches: Mapping[str, Niche]) -> dict[str, Known]:
        """The active cities with their axes, which ``niches`` name."""
        return {
            city.id: Known(city.axes, ", ".join(_label(niches.get(a), a) for a in city.axes))
            for city in self._cities.values()
            if city.active
        }


def _label(niche: Niche | None, axis: str) -> str:
    return niche.labels.get(_LANGUAGE, axis) if niche is not None else axis

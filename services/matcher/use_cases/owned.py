"""The open needs that a replica owns: those of its partitions, and what it last decided on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.matcher import metrics
from services.matcher.domain.judging import Judgement
from services.matcher.domain.model import Need
from services.matcher.use_cases.need_ports import Place


@dataclass(kw_only=True)
class OwnedNeeds:
    """``needs`` by id. In memory alone: whoever takes a partition over loads its needs anew."""

    needs: dict[str, Need] = field(default_factory=dict)
    _places: dict[str, Place] = field(default_factory=dict)
    _judged: dict[str, Judgement] = field(default_factory=dict)

    def owned(self, need_id: str) -> tuple[Need, Place] | None:
        """A need that is kept in mind, and where it came from."""
        need = self.needs.get(need_id)
        return (need, self._places[need_id]) if need is not None else None

    def keep(self, need: Need, place: Place, judged: Judgement | None) -> bool:
        """Keep ``need`` in mind while it is open, in place of an older version; whether it is."""
        known = self.needs.get(need.need_id)
        if known is not None and known.version > need.version:
            return False
        self.disown_one(need.need_id)
        if need.is_open:
            self.needs[need.need_id] = need
            self._places[need.need_id] = place
            if judged is not None:
                self._judged[need.need_id] = judged
        metrics.NEEDS.set(len(self.needs))
        return need.is_open

    def disown_one(self, need_id: str) -> None:
        """Forget one need."""
        for memory in (self.needs, self._places, self._judged):
            memory.pop(need_id, None)

    def disown(self, place: Place) -> None:
        """Leave the needs of a partition to the replica that owns it now."""
        for need_id in [n for n, kept in self._places.items() if kept == place]:
            self.disown_one(need_id)
        metrics.NEEDS.set(len(self.needs))

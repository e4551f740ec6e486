"""What is known of every supply beside its texts, in columns: one place a slot."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.columns import Codes, Column, extend
from services.matcher.domain.model import Supply, Wish
from services.matcher.domain.policy import REACH_ORDER

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NEVER = np.iinfo(np.int64).max
MEMBER = 0
"""The code of a member in `Facts.offers`; kinds of offer have codes from 1."""


def instant(moment: datetime) -> int:
    """Microseconds since 1970, UTC. Raises TypeError for a time without a zone."""
    return (moment - _EPOCH) // _MICROSECOND


def _limit(supply: Supply) -> int:
    return _NEVER if supply.deadline is None else instant(supply.deadline)


class Facts:
    """Columns by slot, and the codes that they are written in.

    What few supplies differ in (sets of languages, of certificates, what is asked of a taker) has
    a code for each distinct one, so that a rule looks at each once instead of at each supply.
    ``names`` are the ids of owners; the index writes those of supplies in the same codes, for most
    supplies are members.
    """

    def __init__(self) -> None:
        self.kinds_of_offer: Codes[str | None] = Codes()
        self.member_kinds: Codes[str | None] = Codes()
        self.clusters: Codes[str | None] = Codes()
        self.countries: Codes[str] = Codes()
        self.cities: Codes[str | None] = Codes()
        self.names: Codes[str] = Codes()
        self.owner_types: Codes[str] = Codes()
        self.sets: Codes[frozenset[str]] = Codes()
        self.wishes: Codes[Wish] = Codes()
        self.offers = Column(np.int32)
        self.member_kind = Column(np.int32)
        self.cluster = Column(np.int32)
        self.country = Column(np.int32)
        self.city = Column(np.int32)
        self.owner = Column(np.int32)
        self.owner_type = Column(np.int8)
        self.languages = Column(np.int32)
        self.certifications = Column(np.int32)
        self.wish = Column(np.int32)
        self.opted_out = Column(np.int32)
        self.reach = Column(np.int8)
        self.deadline = Column(np.int64, _NEVER)
        self.active = Column(np.bool_)
        self.has_room = Column(np.bool_)
        self._columns = [c for c in vars(self).values() if isinstance(c, Column)]
        self._affiliates: dict[int, frozenset[str]] = {}
        self._naming: defaultdict[str, set[int]] = defaultdict(set)

    def __len__(self) -> int:
        return self.active.size

    @staticmethod
    def check(supply: Supply) -> None:
        """Raise what `put` would raise: TypeError for a deadline without a time zone."""
        try:
            _limit(supply)
        except TypeError:
            raise TypeError(
                f"{supply.supply_id}: the deadline {supply.deadline} needs a time zone"
            ) from None

    def extend(self) -> None:
        """Add a slot."""
        extend(self._columns)

    def put(self, slot: int, supply: Supply) -> None:
        """Write what the rules read of ``supply`` into ``slot``."""
        self.offers[slot] = (
            MEMBER if supply.kind == "member" else 1 + self.kinds_of_offer.code(supply.offers)
        )
        self.member_kind[slot] = self.member_kinds.code(supply.member_kind)
        self.cluster[slot] = self.clusters.code(supply.cluster)
        self.country[slot] = self.countries.code(supply.country)
        self.city[slot] = self.cities.code(supply.city)
        self.owner[slot] = self.names.code(supply.owner.id)
        self.owner_type[slot] = self.owner_types.code(supply.owner.type)
        self.languages[slot] = self.sets.code(supply.languages)
        self.certifications[slot] = self.sets.code(supply.certifications)
        self.wish[slot] = self.wishes.code(supply.wish)
        self.opted_out[slot] = self.sets.code(supply.opted_out)
        self.reach[slot] = REACH_ORDER[supply.reach]
        self.deadline[slot] = _limit(supply)
        self.active[slot] = supply.active
        self.has_room[slot] = supply.capacity is None or supply.taken < supply.capacity
        self._put_affiliates(slot, supply.affiliates)

    def _put_affiliates(self, slot: int, affiliates: frozenset[str]) -> None:
        for name in self._affiliates.pop(slot, frozenset()):
            self._naming[name].discard(slot)
            if not self._naming[name]:
                del self._naming[name]
        if affiliates:
            self._affiliates[slot] = affiliates
            for name in affiliates:
                self._naming[name].add(slot)

    def naming(self, name: str) -> list[int]:
        """The slots of the supplies that have ``name`` among their affiliates."""
        return sorted(self._naming.get(name, ()))

    def in_city(self, city: str | None, slots: NDArray[np.intp]) -> NDArray[np.bool_]:
        """For each of ``slots`` whether it is known to be in ``city``."""
        code = None if city is None else self.cities.find(city)
        if code is None:
            return np.zeros(len(slots), bool)
        found: NDArray[np.bool_] = self.city.values.take(slots) == code
        return found

    def are_offers(self, slots: NDArray[np.intp]) -> NDArray[np.bool_]:
        """For each of ``slots`` whether it is an offer rather than a member."""
        found: NDArray[np.bool_] = self.offers.values.take(slots) != MEMBER
        return found

"""What the use cases need of the lines for places; see `ports`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Batch:
    """Offers of one kind whose places are to be given now, claimed until the transaction ends."""

    offer_kind: str
    supply_ids: frozenset[str]
    batch_ids: tuple[int, ...]


class Lines(Protocol):
    """Who waits for places of offers, and when they are given."""

    async def limited(self, supply_id: str) -> bool:
        """Whether the supply has a limited number of places."""
        ...

    async def join(self, supply_id: str, batch: timedelta) -> None:
        """Somebody gets in line: its places are given after ``batch``, with those of the same kind
        of offer where that is not long after, and by the offer's deadline. The caller has the
        supply locked.
        """
        ...

    async def look(self, supply_id: str) -> None:
        """A place came free, or somebody went: the line is looked at now, where a batch is not
        still being collected. The caller has the supply locked.
        """
        ...

    async def edited(self, supply_id: str) -> None:
        """The offer came in a new version: perhaps there are more places, or less time. The caller
        has the supply locked.
        """
        ...

    async def claim(self) -> Batch | None:
        """What is to be given now, claimed; None where nothing is, or others have it."""
        ...

    async def waiting(self, supply_ids: Collection[str]) -> list[str]:
        """The needs in line for any of these, in the order of their ids."""
        ...

    async def free(self, supply_ids: Collection[str], unlimited: int) -> dict[str, int]:
        """How many places each has left, ``unlimited`` where that is not limited (any more). They
        are locked in the order of their ids, so that it stays so. Those taken back are left out.
        """
        ...

    async def holders(self, need_ids: Collection[str], offer_kind: str) -> frozenset[str]:
        """Those of the needs that have a place of an offer of this kind."""
        ...

    async def done(self, batch: Batch) -> None:
        """The batch needs no look any more, before what follows from it is stored."""
        ...

    async def put_off(self, batch: Batch, by: timedelta) -> None:
        """Let the batch be due again only after ``by``."""
        ...

    async def next_due(self) -> timedelta | None:
        """How long until the next batch is due; None when there is none."""
        ...

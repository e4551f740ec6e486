"""Gives the places of offers when their batch is over, or when one comes free; any replica may.

In one transaction: the batch is claimed, the needs in line are locked in the order of their ids,
then the offers. Replicas that meet otherwise all the same are told apart by PostgreSQL (one of
them is rolled back as a deadlock, and comes again).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from services.matcher import metrics
from services.matcher.domain.allocation import Allocation, Application, share
from services.matcher.domain.life.happenings import Numbered, PlaceGiven
from services.matcher.domain.model import match_id
from services.matcher.exceptions import LifeUnreadable
from services.matcher.use_cases.line_ports import Batch
from services.matcher.use_cases.lives import Life
from services.matcher.use_cases.ports import Ledger, Transactions

logger = logging.getLogger(__name__)

_LOOK = timedelta(seconds=1)
"""How long a batch that another replica has opened may stay unseen."""
_LEAST_S = 0.05  # what is due may be in another replica's hands

LifeOf = Callable[[Ledger, str], Awaitable[Life | None]]
"""Locks a need and takes up its life."""


async def give(ledger: Ledger, batch: Batch, life_of: LifeOf, *, binding: bool) -> Sequence[Life]:
    """Give the places of a batch that was claimed; the lives that it was about, to be stored in
    their order. A need whose life cannot be read keeps its turn, and none of the others waiting.
    """
    needs = await ledger.lines.waiting(batch.supply_ids)
    lives: dict[str, Life] = {}
    for need_id in needs:
        try:
            life = await life_of(ledger, need_id)
        except LifeUnreadable:
            logger.exception("%s is left out of the line", need_id)
            continue
        if life is not None:
            lives[need_id] = life
    places = await ledger.lines.free(batch.supply_ids, len(lives))
    if set(await ledger.lines.waiting(batch.supply_ids)) <= set(needs):
        await ledger.lines.done(batch)  # else somebody came meanwhile: there is one more look
    holders = await ledger.lines.holders(list(lives), batch.offer_kind)
    wanted = [one for life in lives.values() for one in _applications(life, places)]
    found = await asyncio.to_thread(share, wanted, places, holders=holders, binding=binding)
    await _follow(found, lives)
    return list(lives.values())


def _applications(life: Life, places: Mapping[str, int]) -> list[Application]:
    """What a need waits for. An offerer that said yes before it was asked ranks whom it did."""
    return [
        Application(
            need_id=life.case.need_id,
            offer_id=pair.supply_id,
            score=life.held.matches[pair.match_id].score,
            theirs=1 if (said := pair.said_by(pair.other)) and said.answer == "accept" else None,
        )
        for pair in life.case.pairs
        if pair.in_line and pair.supply_id in places
    ]


async def _follow(found: Allocation, lives: Mapping[str, Life]) -> None:
    for need_id, offer_id in found.given:
        await lives[need_id].happens(PlaceGiven(match_id(need_id, offer_id)))
    for offer_id, line in found.lines.items():
        for number, need_id in enumerate(line, start=1):
            await lives[need_id].happens(Numbered(match_id(need_id, offer_id), number))
    metrics.PLACES.labels("given").inc(len(found.given))
    metrics.PLACES.labels("waiting").inc(sum(map(len, found.lines.values())))


class PlaceKeeper:
    """A worker; ``give`` gives the places of one batch and says whether any was due."""

    def __init__(self, transaction: Transactions, give: Callable[[], Awaitable[bool]]) -> None:
        self._transaction = transaction
        self._give = give

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            while await self._give():
                pass
            async with self._transaction() as ledger:
                due_in = await ledger.lines.next_due()
            wait = min(due_in, _LOOK) if due_in is not None else _LOOK
            await asyncio.sleep(max(wait.total_seconds(), _LEAST_S))

"""Settles a need after something happened to it: judged again where somebody else may be asked,
stored, and kept in mind. Whoever rings timers or gives places goes this way too.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from services.matcher import metrics
from services.matcher.domain.judging import Judgement
from services.matcher.domain.model import Need
from services.matcher.use_cases import places
from services.matcher.use_cases.line_ports import Batch
from services.matcher.use_cases.lives import Life
from services.matcher.use_cases.matchmaker import Matchmaker
from services.matcher.use_cases.need_ports import OpenNeed, Place
from services.matcher.use_cases.need_vectors import of_needs
from services.matcher.use_cases.ports import Ledger
from services.matcher.use_cases.stored_needs import Reader, readable
from services.runtime.exceptions import is_transient

logger = logging.getLogger(__name__)
T = TypeVar("T")

_PUT_OFF = timedelta(minutes=5)
Owned = tuple[Need, Place]
Judged = tuple[Need, Place, Judgement | None] | None


@dataclass(frozen=True)
class Settler:
    """Around one `Matchmaker`; ``need_of`` reads a stored need."""

    maker: Matchmaker
    need_of: Reader

    async def settle(self, life: Life) -> Judged:
        """Judge the need again where somebody else may be asked now, and store its life. Whoever
        judges a need keeps it in mind, also when another replica owns it: that one does not hear
        of the answer, and a supply may come to it first.
        """
        judged = await self._judge_again(life) if life.look and life.case.looking else None
        await life.store()
        return judged

    async def _judge_again(self, life: Life) -> Judged:
        need_id = life.held.need.need_id
        known = self.maker.owned(need_id)
        judged = await self.maker.examine(life, known[0]) if known else None
        if known is None or judged is None:  # or it is another version now
            stored = await self.stored(await life.ledger.needs.open_one(need_id), compute=False)
            if not stored:
                return None
            known = stored[0]
            judged = await self.maker.examine(life, known[0])
        return (*known, judged)

    def own(self, judged: Sequence[Judged]) -> None:
        """Keep in mind what was judged, once its transaction has committed."""
        for one in judged:
            if one is not None:
                self.maker.own(*one)

    async def ring(self) -> bool:
        """Ring the timers of the need whose timer is longest due; False when nothing is due."""
        return await self._one_due(
            lambda ledger: ledger.needs.due(),
            self._ring,
            lambda ledger, need_id: ledger.needs.put_off(need_id, _PUT_OFF),
        )

    async def _ring(self, ledger: Ledger, need_id: str) -> list[Judged]:
        life = await self.maker.life(ledger, need_id)
        assert life is not None  # it was locked
        await life.ring()
        return [await self.settle(life)]

    async def give_places(self) -> bool:
        """Give the places of the batch that is longest due; False when nothing is due."""
        return await self._one_due(
            lambda ledger: ledger.lines.claim(),
            self._give,
            lambda ledger, batch: ledger.lines.put_off(batch, _PUT_OFF),
        )

    async def _give(self, ledger: Ledger, batch: Batch) -> list[Judged]:
        maker = self.maker
        binding = maker.policy.rankings_bind
        lives = await places.give(ledger, batch, maker.life, binding=binding)
        return [await self.settle(life) for life in lives]

    async def _one_due(
        self,
        claim: Callable[[Ledger], Awaitable[T | None]],
        do: Callable[[Ledger, T], Awaitable[list[Judged]]],
        put_off: Callable[[Ledger, T], Awaitable[None]],
    ) -> bool:
        """Claim what is longest due and do it, in one transaction; False when nothing is due.

        What cannot be done, for a reason that time does not mend, is put off, so that the others
        are not kept waiting.
        """
        due = None
        async with self.maker.lock:
            try:
                async with self.maker.transaction() as ledger:
                    due = await claim(ledger)
                    if due is None:
                        return False
                    judged = await do(ledger, due)
                self.own(judged)
            except Exception as error:
                if due is None or is_transient(error):
                    raise
                logger.exception("%s cannot be settled now; put off by %s", due, _PUT_OFF)
                metrics.PUT_OFF.inc()
                async with self.maker.transaction() as ledger:
                    await put_off(ledger, due)
        return True

    async def with_vectors(self, needs: Sequence[Need], *, compute: bool = True) -> list[Need]:
        """In a transaction nothing waits for the model: ``compute`` False takes what there is."""
        embedder = self.maker.embedder
        vectors = await of_needs(embedder.embed if compute else embedder.known, needs)
        return [replace(need, vector=v) for need, v in zip(needs, vectors, strict=True)]

    async def stored(self, rows: Sequence[OpenNeed], *, compute: bool = True) -> list[Owned]:
        """Needs as they are stored, each with its vector and where it came from; those that can be
        read.
        """
        stated = readable(rows, self.need_of)
        needs = await self.with_vectors([need for _, need in stated], compute=compute)
        return [(need, row.place) for need, (row, _) in zip(needs, stated, strict=True)]

"""Gives a vector to what was taken in without one, once the model can be used again.

While the model is away nothing waits for it: needs are judged by their words, supplies are
published without vectors. Afterwards needs get their vector and are judged again; supplies are
published again, as a new version of the matcher's own, so that every replica hears of it. The
labels of niches always get theirs here: the directory is not kept waiting.
"""

from __future__ import annotations

import asyncio

from services.matcher import metrics
from services.matcher.use_cases import supplies
from services.matcher.use_cases.labels import of_niches
from services.matcher.use_cases.matchmaker import Incomplete, Matchmaker
from services.matcher.use_cases.need_vectors import of_needs


class Filler:
    """A worker beside the `Matchmaker`."""

    def __init__(self, maker: Matchmaker) -> None:
        self._maker = maker

    async def run(self) -> None:
        """Work until cancelled. Without a model there is nothing to give."""
        maker = self._maker
        while True:
            while maker.embedder.model_name is None:
                maker.lacking.clear()
                await maker.lacking.wait()
            while maker.embedder.away is not None:
                await asyncio.sleep(maker.embedder.away_for)
                await maker.embedder.check()
            maker.lacking.clear()
            await self._needs()
            await self._supplies()
            await self._labels()
            self._count()
            if maker.embedder.away is None:
                await maker.lacking.wait()

    async def _needs(self) -> None:
        maker = self._maker
        for need in [need for need in maker.needs.values() if need.vector is None]:
            embedder = maker.embedder
            (vector,) = await of_needs(embedder.embed, [need])
            if vector is not None:
                async with maker.lock:
                    if maker.embedder is embedder:
                        maker.learn(need, vector)

    async def _labels(self) -> None:
        maker = self._maker
        niches, embedder = maker.niches, maker.embedder
        if not maker.supplies.vocabulary.missing:
            return
        found = await of_niches(embedder.embed, niches)
        async with maker.lock:
            still = maker.embedder is embedder and maker.niches is niches
            if still and any(text in found for text in maker.supplies.vocabulary.missing):
                await maker.name(niches, found)

    async def _supplies(self) -> None:
        incomplete = self._maker.incomplete
        for supply_id, known in list(incomplete.items()):
            if not await self._supply(supply_id, known):
                return  # the model went away: it is this supply's turn again when it is back
            if incomplete.get(supply_id) is known:
                del incomplete[supply_id]  # done, or its texts are refused

    async def _supply(self, supply_id: str, known: Incomplete) -> bool:
        """Whether the model had its say; False: it is away.

        Another replica may do the same; the version says who was first.
        """
        maker = self._maker
        async with maker.transaction() as ledger:
            stored = await ledger.supplies.facts(supply_id)
        if stored is None:
            return True
        embedder = maker.embedder
        texts = supplies.passages(stored)
        vectors = await embedder.embed(texts, "passage")
        missing = sum(v is None for text, v in zip(texts, vectors, strict=True) if text)
        if missing < known.missing:
            async with maker.transaction() as ledger:
                renewed = await ledger.supplies.renew(supply_id, known.version)
                if renewed is not None:
                    await supplies.publish(ledger, embedder, renewed)
        return embedder.away is None

    def _count(self) -> None:
        maker = self._maker
        needs = sum(need.vector is None for need in maker.needs.values())
        metrics.LACKING.set(needs + len(maker.incomplete))

